// A call's first packet to a neighbour whom nobody has spoken to before: a core and the slow path in virtual
// time, as often as their threads take turns.
#include <map>

#include <gtest/gtest.h>

#include "dataplane/core/media_core.h"
#include "dataplane/dpdk/slow_path.h"
#include "dataplane/net/arp_packet.h"
#include "dataplane/net/udp_packet.h"
#include "dataplane/rtp/rtp_packet.h"
#include "near_host.h"
#include "virtual_clock.h"

namespace tutti::dpdk {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kCalls = base::kTick / kStep;
constexpr net::EthernetStation kFarStation{.mac = kFarMac};

struct Heard {
  std::uint16_t sequence = 0;
  base::Duration after{};  // its address was told to the core
  bool operator==(const Heard&) const = default;
};

// Calls one after the other.
class Calls {
 public:
  Calls()
      : host_({.limits = {.endpoints = kCalls, .receive_buffers = 256, .transmit_buffers = 64},
               .clock = &tell_virtual_now}),
        slow_(host_.device(), host_.exchange(), options(), nullptr) {
    slow_.add(host_.port().next_hops());
    core::CoreOptions core;
    core.capacity = {kCalls, 4};
    core.ntp_clock = &no_wall_clock;
    core_.emplace(core, host_.port(), mailbox_);
    EXPECT_TRUE(mailbox_.post(mailbox::OpenConference{{0, 1}, 0, 0}));
    pass(1s);
  }

  // Ours rings at `remote`, who answers after `ringing`; what it hears in the 100 ms from then on.
  std::vector<Heard> next(const base::SocketAddress& remote, base::Duration ringing) {
    const auto opened = host_.allocator().open(true);
    mailbox::AttachParticipant attach;
    attach.participant = {call_++, 1};
    attach.conference = {0, 1};
    attach.endpoint = opened->handles;
    attach.media.codecs[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
    attach.media.codec_count = 1;
    attach.media.may_send = false;
    attach.ssrc = rtp::Ssrc{1'000};
    EXPECT_TRUE(mailbox_.post(attach));
    pass(ringing);
    heard_.clear();
    told_at_ = virtual_now;
    attach.media.may_send = true;
    attach.media.remote_rtp = remote;
    attach.media.remote_rtcp = remote.with_port(static_cast<std::uint16_t>(remote.port + 1));
    EXPECT_TRUE(mailbox_.post(mailbox::UpdateMedia{attach.participant, attach.media}));
    pass(100ms);
    EXPECT_TRUE(mailbox_.post(mailbox::DetachParticipant{attach.participant}));
    const std::vector<Heard> heard = heard_;
    pass(100ms);
    EXPECT_EQ(host_.drops(base::DropReason::kSendFailed), 0u);
    return heard;
  }
  std::uint64_t held() { return host_.port().queue_counters().held.value(); }

 private:
  net::IpHostOptions options() {
    return {.mac = kNearMac,
            .addresses = {host_.ip()},
            .ipv4 = {.prefix_bits = 24, .gateway = *base::parse_ip("10.0.0.254")}};
  }

  void pass(base::Duration time) {
    for (const base::Instant end = virtual_now + time; virtual_now < end; virtual_now += kStep) {
      if (virtual_now >= slow_at_) {
        slow_.turn(virtual_now);
        slow_at_ = virtual_now + SlowPath::kTurnEvery;
      }
      if (virtual_now >= core_at_) {
        const base::RealtimeSection turn;
        core_at_ = core_->run_once(virtual_now);
      }
      listen();
      std::array<mailbox::CoreEvent, 16> events;
      while (mailbox_.drain(events) > 0) {
      }
    }
  }

  // Everyone at the far end answers at once.
  void listen() {
    for (const std::string& bytes : host_.far().end().receive()) {
      const auto frame = net::parse_ethernet_frame(std::as_bytes(std::span(bytes)), kFarStation);
      if (!frame) continue;
      if (frame->type == net::EtherType::kArp) {
        const auto arp = net::parse_arp_packet(frame->payload);
        if (arp && arp->target_ip.with_port(0) != host_.ip()) answer(*arp);
        continue;
      }
      const auto packet = net::parse_udp_packet(frame->payload, net::Checksums::kUnknown);
      if (!packet || packet->destination.port % 2 != 0) continue;
      const auto rtp = rtp::parse_rtp(packet->payload);
      if (rtp) heard_.push_back({rtp->header.sequence_number.value(), virtual_now - told_at_});
    }
  }
  void answer(const net::ArpPacket& question) {
    const net::ArpPacket tells{.kind = net::ArpPacket::Kind::kReply,
                               .sender_mac = kFarMac,
                               .sender_ip = question.target_ip,
                               .target_mac = kNearMac,
                               .target_ip = question.sender_ip};
    std::string frame(14 + net::ArpPacket::kBytes, '\0');
    auto* const at = reinterpret_cast<std::byte*>(frame.data());
    const std::size_t head = net::write_ethernet_head({.mac = kFarMac}, kNearMac, net::EtherType::kArp, at);
    net::write_arp_packet(tells, at + head);
    ASSERT_TRUE(host_.far().end().send(frame));
  }

  NearHost host_;
  SlowPath slow_;
  mailbox::Mailbox mailbox_{256};
  std::optional<core::MediaCore> core_;
  std::uint32_t call_ = 0;
  base::Instant slow_at_ = virtual_now + kStep;  // not at the core's moments
  base::Instant core_at_ = virtual_now;
  base::Instant told_at_{};
  std::vector<Heard> heard_;
};

// How long a core and the slow path may take to know a neighbour that answers at once: the command waits for
// the core's turn, the question for the slow path's, the answer for either's.
constexpr base::Duration kKnownWithin = 2 * (2'500us + SlowPath::kTurnEvery);

TEST(FirstPacketTest, ArrivesWheneverTheAddressBecomesKnown) {
  std::map<std::size_t, base::Duration> lateness;
  int in_time_after_5ms = 0;
  int later_than_5ms = 0;
  std::vector<std::vector<Heard>> all;
  std::uint64_t held = 0;
  // Over a whole tick, in steps; behind the gateway, which is known, and on the link, where each is a new
  // neighbour.
  for (const bool on_link : {false, true}) {
    virtual_now = base::Instant(100s);
    Calls calls;
    for (std::uint32_t i = 0; i < kCalls; ++i) {
      auto remote = *base::parse_ip(on_link ? "10.0.0.9" : "10.9.0.9", 40'000);
      remote.ip[3] = static_cast<std::uint8_t>(remote.ip[3] + i);
      all.push_back(calls.next(remote, 100ms + i * kStep));
    }
    held = calls.held();  // some are due before anybody can know
    EXPECT_EQ(held == 0, !on_link);
  }
  for (std::size_t call = 0; call < kCalls; ++call) {
    const std::vector<Heard>& expected = all[call];
    const std::vector<Heard>& heard = all[kCalls + call];
    ASSERT_GE(expected.size(), 4u);
    ASSERT_EQ(heard.size(), expected.size());
    for (std::size_t i = 0; i < heard.size(); ++i) {
      ASSERT_EQ(heard[i].sequence, expected[i].sequence);
      const base::Duration late = heard[i].after - expected[i].after;
      if (expected[i].after >= kKnownWithin) {
        EXPECT_EQ(late.count(), 0) << "packet " << i;
      }
      EXPECT_LE(heard[i].after, std::max(expected[i].after, kKnownWithin + 2'500us)) << "packet " << i;
      lateness[i] = std::max(lateness[i], late);
      if (i == 0 && expected[i].after >= 5ms) (late.count() == 0 ? in_time_after_5ms : later_than_5ms) += 1;
    }
  }
  std::printf(
      "of first packets due 5 ms and more after the address was told %d left when due and %d later; the "
      "latest of all first ones %.1f ms late, %llu packets were held, none lost\n",
      in_time_after_5ms, later_than_5ms, static_cast<double>(lateness[0].count()) * 1e-6,
      static_cast<unsigned long long>(held));
  EXPECT_EQ(lateness[1].count(), 0);
}

}  // namespace
}  // namespace tutti::dpdk
