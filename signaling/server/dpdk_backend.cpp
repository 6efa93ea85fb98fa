#include "signaling/server/dpdk_backend.h"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "signaling/server/log.h"

namespace tutti::server {
namespace {

using base::Result;

// How long a link may take to come up: what a card negotiates, or a bridge listens.
constexpr std::chrono::seconds kLinkPatience{5};

// Of each core, in packets: those that other cores hand it, and those that its queue had no room for.
constexpr std::uint32_t kWaiting = 1'024;

void tell(net::BypassLogLevel level, std::string_view line) {
  switch (level) {
    case net::BypassLogLevel::kError:
      return log::error(line);
    case net::BypassLogLevel::kWarning:
      return log::warning(line);
    case net::BypassLogLevel::kInfo:
      return log::info(line);
  }
}

net::BypassOptions bypass_options(const Configuration& configuration, std::size_t cores) {
  const DpdkConfiguration& dpdk = configuration.dpdk;
  net::BypassOptions options;
  options.device = dpdk.devices[0];
  options.addresses = media_addresses(configuration);
  const bool ipv6 = options.addresses[0].family == base::AddressFamily::kIpv6;
  (ipv6 ? options.prefix_ipv6 : options.prefix_ipv4) = dpdk.addresses[0].prefix;
  (ipv6 ? options.gateway_ipv6 : options.gateway_ipv4) = dpdk.gateway;
  options.vlan = dpdk.vlan;
  options.kernel_beside = dpdk.kernel_path == KernelPath::kTap;
  options.cores = static_cast<std::uint16_t>(cores);
  options.first_port = configuration.media.rtp_port_low;
  options.last_port = configuration.media.rtp_port_high;
  options.limits = {.endpoints = configuration.cores.participants_per_core,
                    .receive_buffers = kWaiting,
                    .transmit_buffers = kWaiting};
  options.receive_descriptors = dpdk.receive_descriptors;
  options.transmit_descriptors = dpdk.transmit_descriptors;
  options.huge_pages = dpdk.huge_pages;
  options.memory_mb = dpdk.memory_mb;
  options.arguments = dpdk.eal;
  return options;
}

// What is wrong with the link when our patience ends; empty when it is up.
std::string wait_for_link(const net::PacketBypass& bypass) {
  const auto until = std::chrono::steady_clock::now() + kLinkPatience;
  std::string complaint = bypass.complaint();
  while (!complaint.empty() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    complaint = bypass.complaint();
  }
  return complaint;
}

}  // namespace

Result<std::unique_ptr<MediaBackend>, StartError> DpdkBackend::start(const Configuration& configuration,
                                                                     std::size_t cores) {
  auto bypass = net::load_bypass(bypass_options(configuration, cores), &tell);
  if (!bypass) return base::unexpected(StartError{"DPDK cannot be used: " + bypass.error()});
  if (const std::string complaint = wait_for_link(**bypass); !complaint.empty()) {
    return base::unexpected(StartError{"DPDK cannot be used: " + complaint});
  }
  for (const std::string& line : (*bypass)->description()) log::info("DPDK: " + line);
  return std::unique_ptr<MediaBackend>(new DpdkBackend(media_addresses(configuration), std::move(*bypass)));
}

Result<std::unique_ptr<net::PacketPort>, StartError> DpdkBackend::make_port(std::size_t core) {
  ++cores_;
  return bypass_->make_port(static_cast<std::uint16_t>(core));
}

std::optional<CardFacts> DpdkBackend::card() const {
  CardFacts facts;
  for (std::uint16_t core = 0; core < cores_; ++core) facts.queues.push_back(bypass_->queue(core));
  facts.slow_path = bypass_->slow_path();
  facts.host = &bypass_->host_counters();
  facts.neighbours = &bypass_->neighbour_counters();
  facts.device = bypass_->device_counters();
  return facts;
}

}  // namespace tutti::server
