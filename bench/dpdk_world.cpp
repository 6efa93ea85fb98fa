#include "bench/dpdk_world.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/cable_macs.h"
#include "dataplane/base/check.h"
#include "tests/support/cable_callers.h"

namespace tutti::bench {
namespace {

constexpr std::uint16_t kFirstPort = 1'024;
constexpr std::uint16_t kLastPort = 65'535;

struct Gateway final : net::NeighbourResolver {
  std::optional<net::MacAddress> ask(const base::SocketAddress&, base::Instant) override { return kFarMac; }
};

// Five hold 131,072 pairs of ports.
std::vector<base::SocketAddress> ips() {
  std::vector<base::SocketAddress> all;
  for (int i = 1; i <= 5; ++i) all.push_back(*base::parse_ip("10.0.0." + std::to_string(i)));
  return all;
}
std::vector<dpdk::LocalAddresses::Address> addresses() {
  std::vector<dpdk::LocalAddresses::Address> all;
  for (const auto& ip : ips()) all.push_back({ip, 24});
  return all;
}

std::unique_ptr<dpdk::Device> open(const std::string& name, const net::PortLimits& limits,
                                   std::uint32_t ring) {
  auto device = dpdk::Device::open(
      {.name = name, .limits = limits, .transmit_descriptors = static_cast<std::uint16_t>(ring)});
  if (device) return std::move(*device);
  std::fprintf(stderr, "%s\n", device.error().c_str());
  std::exit(4);
}

}  // namespace

DpdkWorld::DpdkWorld(const Options& options)
    : plan_(options.plan),
      clock_(options.clock),
      limits_{.endpoints = plan_.participants(), .receive_buffers = 1'024, .transmit_buffers = 1'024},
      device_(open(options.device, limits_, options.ring)),
      addresses_(addresses(), *base::parse_ip("10.0.0.254"), {}),
      exchange_(addresses_, {.cores = 1, .first_port = kFirstPort, .last_port = kLastPort}),
      factory_(addresses_),
      allocator_(factory_, {ips(), kFirstPort, kLastPort}),
      directory_(1, plan_.shares()),
      mailbox_(2 * std::size_t{plan_.participants()} + 16'384) {
  std::vector<net::Endpoint> endpoints;
  for (std::uint32_t i = 0; i < plan_.participants(); ++i) {
    const auto endpoint = allocator_.open(true);
    CHECK(endpoint.has_value());
    endpoints.push_back(*endpoint);
    servers_.push_back(endpoint->rtp);
  }
  post_all(endpoints);
}

core::CoreOptions DpdkWorld::core_options() {
  core::CoreOptions options;
  options.rings = &directory_;
  options.capacity = {plan_.participants(), plan_.shares()};
  return options;
}

std::unique_ptr<dpdk::DpdkPort> DpdkWorld::make_port() {
  auto port = std::make_unique<dpdk::DpdkPort>(*device_, 0, exchange_, net::EthernetStation{.mac = kNearMac},
                                               limits_, clock_);
  Gateway gateway;
  port->next_hops().answer(gateway, base::monotonic_now());
  return port;
}

void DpdkWorld::post_all(const std::vector<net::Endpoint>& endpoints) {
  const auto post = [&](const mailbox::CoreCommand& command) { CHECK(mailbox_.post(command)); };
  for (std::uint32_t i = 0; i < plan_.shares(); ++i) {
    post(mailbox::OpenConference{{i, 1}, 0, plan_.one_room() ? i : 0});
  }
  for (std::uint32_t i = 0; plan_.one_room() && i < plan_.shares(); ++i) {
    for (std::uint32_t j = 0; j < plan_.shares(); ++j) {
      if (i != j) post(mailbox::LinkShare{{i, 1}, j, 0, {j, 1}});
    }
  }
  for (std::uint32_t i = 0; i < plan_.participants(); ++i) {
    mailbox::AttachParticipant attach;
    attach.participant = {i, 1};
    attach.conference = {i / plan_.share_size(), 1};
    attach.endpoint = endpoints[i].handles;
    attach.media.remote_rtp = attach.media.remote_rtcp = dpdk::CableCallers::address(i);
    ++attach.media.remote_rtcp.port;
    attach.media.codecs[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
    attach.media.codec_count = 1;
    attach.ssrc = rtp::Ssrc{1'000'000 + i};
    post(attach);
  }
}

void DpdkWorld::drain_events() {
  std::array<mailbox::CoreEvent, 256> events;
  while (mailbox_.drain(events) != 0) {
  }
}

}  // namespace tutti::bench
