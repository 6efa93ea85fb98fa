#include "bench/dpdk_world.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "dataplane/base/check.h"

namespace tutti::bench {
namespace {

constexpr std::uint16_t kFirstPort = 1'024;
constexpr std::uint16_t kLastPort = 65'535;
const net::MacAddress kNear{2, 0, 0, 0, 0, 1};
const net::MacAddress kFar{2, 0, 0, 0, 0, 2};

struct Gateway final : net::NeighbourResolver {
  std::optional<net::MacAddress> ask(const base::SocketAddress&, base::Instant) override { return kFar; }
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
  if (!device) std::fprintf(stderr, "%s\n", device.error().c_str());
  CHECK(device.has_value());
  return std::move(*device);
}

}  // namespace

DpdkWorld::DpdkWorld(const WorldOptions& options)
    : participants_(options.participants),
      one_room_(options.one_room),
      share_size_(one_room_
                      ? std::max(kShare, (participants_ + mailbox::kSharesMax - 1) / mailbox::kSharesMax)
                      : kRoom),
      conferences_((participants_ + share_size_ - 1) / share_size_),
      clock_(options.clock),
      limits_{
          .endpoints = participants_, .receive_buffers = 1'024, .transmit_buffers = options.transmit_buffers},
      rings_(1, options.ring),
      device_(open(rings_.near(), limits_, options.ring)),
      callers_(rings_.far(), kFar, kNear, voices_, options.ring + 2'048),
      addresses_(addresses(), *base::parse_ip("10.0.0.254"), {}),
      exchange_(addresses_, {.cores = 1, .first_port = kFirstPort, .last_port = kLastPort}),
      factory_(addresses_),
      allocator_(factory_, {ips(), kFirstPort, kLastPort}),
      directory_(1, conferences_),
      mailbox_(2 * std::size_t{participants_} + 16'384) {
  CHECK(participants_ >= kTalkers * kRoom && participants_ % kRoom == 0);
  std::vector<net::Endpoint> endpoints;
  for (std::uint32_t i = 0; i < participants_; ++i) {
    const auto endpoint = allocator_.open(true);
    CHECK(endpoint.has_value());
    endpoints.push_back(*endpoint);
    callers_.add(endpoint->rtp, talks(i));
  }
  // Everyone of four rooms; of one room its talkers, and some who do not talk beside each.
  for (std::uint32_t i = 0; i < kTalkers; ++i) {
    const std::uint32_t first = talker(i) / kRoom * kRoom;
    for (std::uint32_t member = 0; member < kRoom; ++member) sample_.push_back(first + member);
  }
  callers_.begin(20'261'126, sample_);
  post_all(endpoints);
}

core::CoreOptions DpdkWorld::core_options() {
  core::CoreOptions options;
  options.rings = &directory_;
  options.capacity = {participants_, conferences_};
  return options;
}

std::unique_ptr<dpdk::DpdkPort> DpdkWorld::make_port() {
  auto port = std::make_unique<dpdk::DpdkPort>(*device_, 0, exchange_, net::EthernetStation{.mac = kNear},
                                               limits_, clock_);
  Gateway gateway;
  port->next_hops().answer(gateway, base::monotonic_now());
  return port;
}

void DpdkWorld::post_all(const std::vector<net::Endpoint>& endpoints) {
  const auto post = [&](const mailbox::CoreCommand& command) { CHECK(mailbox_.post(command)); };
  for (std::uint32_t i = 0; i < conferences_; ++i) {
    post(mailbox::OpenConference{{i, 1}, 0, one_room_ ? i : 0});
  }
  if (one_room_) {
    for (std::uint32_t i = 0; i < conferences_; ++i) {
      for (std::uint32_t j = 0; j < conferences_; ++j) {
        if (i != j) post(mailbox::LinkShare{{i, 1}, j, 0, {j, 1}});
      }
    }
  }
  for (std::uint32_t i = 0; i < participants_; ++i) {
    mailbox::AttachParticipant attach;
    attach.participant = {i, 1};
    attach.conference = {i / share_size_, 1};
    attach.endpoint = endpoints[i].handles;
    attach.media.remote_rtp = attach.media.remote_rtcp = dpdk::CableCallers::address(i);
    ++attach.media.remote_rtcp.port;
    attach.media.codecs[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
    attach.media.codec_count = 1;
    attach.ssrc = rtp::Ssrc{1'000'000 + i};
    post(attach);
  }
}

std::vector<std::uint32_t> DpdkWorld::talkers_beside(std::uint32_t caller) const {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < (one_room_ ? kTalkers : kRoom); ++i) {
    const std::uint32_t other = one_room_ ? talker(i) : caller / kRoom * kRoom + i;
    if (other != caller) all.push_back(other);
  }
  return all;
}

void DpdkWorld::drain_events() {
  std::array<mailbox::CoreEvent, 256> events;
  while (mailbox_.drain(events) != 0) {
  }
}

void DpdkWorld::end() {
  while (callers_.receive() != 0) {
  }
}

}  // namespace tutti::bench
