#include "signaling/server/dpdk_backend.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "dataplane/dpdk/host_facts.h"
#include "signaling/server/log.h"

namespace tutti::server {
namespace {

using base::Result;

// What a bridge or a card's own negotiation takes.
constexpr std::chrono::seconds kLinkPatience{5};

// Of each core, in packets: those that other cores hand it, and those that its queue had no room for.
constexpr std::uint32_t kWaiting = 1'024;
// Of DPDK's memory: a packet's buffer with its head; what else it needs.
constexpr std::uint64_t kBufferBytes = 2'560;
constexpr std::uint64_t kBesideMb = 96;

net::PortLimits limits_of(const Configuration& configuration) {
  return {.endpoints = configuration.cores.participants_per_core,
          .receive_buffers = kWaiting,
          .transmit_buffers = kWaiting};
}

std::uint32_t memory_mb(const Configuration& configuration, std::size_t cores) {
  if (configuration.dpdk.memory_mb != 0) return configuration.dpdk.memory_mb;
  const std::uint64_t buffers =
      cores * (4 * std::uint64_t{kWaiting} + configuration.dpdk.receive_descriptors +
               configuration.dpdk.transmit_descriptors);
  return static_cast<std::uint32_t>(kBesideMb + buffers * kBufferBytes / (1U << 20));
}

void tell(dpdk::LogLevel level, std::string_view line) {
  switch (level) {
    case dpdk::LogLevel::kError:
      return log::error(line);
    case dpdk::LogLevel::kWarning:
      return log::warning(line);
    case dpdk::LogLevel::kInfo:
      return log::info(line);
  }
}

// The first device carries media. The others are made known to DPDK before it: the members of a bond.
dpdk::EalOptions eal_options(const Configuration& configuration, std::size_t cores) {
  dpdk::EalOptions options;
  const auto& devices = configuration.dpdk.devices;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (dpdk::is_card(devices[i])) {
      options.cards.push_back(devices[i]);
    } else if (i > 0) {
      options.arguments.push_back("--vdev=" + devices[i]);
    }
  }
  options.huge_pages = configuration.dpdk.huge_pages;
  options.memory_mb = memory_mb(configuration, cores);
  options.arguments.insert(options.arguments.end(), configuration.dpdk.eal.begin(),
                           configuration.dpdk.eal.end());
  return options;
}

dpdk::LocalAddresses local_addresses(const DpdkConfiguration& dpdk) {
  std::vector<dpdk::LocalAddresses::Address> addresses;
  for (const auto& address : dpdk.addresses) addresses.push_back({address.ip, address.prefix});
  const bool ipv6 = dpdk.gateway.family == base::AddressFamily::kIpv6;
  return {addresses, ipv6 ? base::SocketAddress{} : dpdk.gateway,
          ipv6 ? dpdk.gateway : base::SocketAddress{}};
}

net::IpHostOptions host_options(const DpdkConfiguration& dpdk, const net::MacAddress& mac) {
  net::IpHostOptions options;
  options.mac = mac;
  options.vlan = dpdk.vlan;
  for (const auto& address : dpdk.addresses) options.addresses.push_back(address.ip);
  const bool ipv6 = dpdk.addresses[0].ip.family == base::AddressFamily::kIpv6;
  (ipv6 ? options.ipv6 : options.ipv4) = {dpdk.addresses[0].prefix, dpdk.gateway};
  return options;
}

}  // namespace

Result<std::unique_ptr<MediaBackend>, StartError> DpdkBackend::start(const Configuration& configuration,
                                                                     std::size_t cores) {
  auto eal = dpdk::Eal::start(eal_options(configuration, cores), &tell);
  if (!eal) return base::unexpected(StartError{"DPDK cannot be used: " + eal.error()});
  const net::PortLimits limits = limits_of(configuration);
  auto device = dpdk::Device::open({.name = configuration.dpdk.devices[0],
                                    .cores = static_cast<std::uint16_t>(cores),
                                    .limits = limits,
                                    .receive_descriptors = configuration.dpdk.receive_descriptors,
                                    .transmit_descriptors = configuration.dpdk.transmit_descriptors});
  if (!device) return base::unexpected(StartError{"DPDK: " + device.error()});
  if (auto up = (*device)->wait_for_link(kLinkPatience); !up) {
    return base::unexpected(StartError{"DPDK: " + up.error()});
  }
  std::unique_ptr<DpdkBackend> backend(
      new DpdkBackend(configuration, std::move(*eal), std::move(*device), limits));
  log::info(fmt::format("DPDK: {} by {}; {}", backend->device_->name(), backend->device_->driver(),
                        backend->steering_.description()));
  return backend;
}

DpdkBackend::DpdkBackend(const Configuration& configuration, std::unique_ptr<dpdk::Eal> eal,
                         std::unique_ptr<dpdk::Device> device, const net::PortLimits& limits)
    : limits_(limits),
      addresses_(media_addresses(configuration)),
      local_(local_addresses(configuration.dpdk)),
      endpoints_(local_),
      eal_(std::move(eal)),
      device_(std::move(device)),
      exchange_(local_, {.cores = device_->cores(),
                         .first_port = configuration.media.rtp_port_low,
                         .last_port = configuration.media.rtp_port_high}),
      steering_(*device_, local_, configuration.media.rtp_port_low),
      slow_path_(*device_, exchange_, host_options(configuration.dpdk, device_->mac()), &tell) {}

DpdkBackend::~DpdkBackend() = default;

Result<std::unique_ptr<net::PacketPort>, StartError> DpdkBackend::make_port(std::size_t core) {
  auto port = std::make_unique<dpdk::DpdkPort>(*device_, static_cast<std::uint16_t>(core), exchange_,
                                               slow_path_.station(), limits_);
  slow_path_.add(port->next_hops());
  return port;
}

void DpdkBackend::start() {
  slow_path_.start();
}

void DpdkBackend::stop() {
  slow_path_.stop();
}

}  // namespace tutti::server
