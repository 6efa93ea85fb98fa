// A core with room for 131,072 participants at five addresses: whoever has the last slots is heard like
// anybody. Memory of the others is never touched.
#include <algorithm>

#include <gtest/gtest.h>

#include "dataplane/core/media_core.h"
#include "dataplane/rtp/rtp_packet.h"
#include "near_host.h"
#include "virtual_clock.h"

namespace tutti::dpdk {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kParticipants = 131'072;
constexpr std::uint32_t kConferences = 32'768;
constexpr int kPackets = 40;

TEST(LargestCoreTest, TheLastSlotsAreLikeAnyOthers) {
  virtual_now = base::Instant(100s);
  NearHost host({.limits = {.endpoints = kParticipants, .receive_buffers = 256, .transmit_buffers = 64},
                 .addresses = 5,
                 .clock = &tell_virtual_now});
  mailbox::Mailbox mailbox(256);
  core::CoreOptions options;
  options.capacity = {kParticipants, kConferences};
  core::MediaCore core(options, host.port(), mailbox);
  const mailbox::ConferenceHandle room{kConferences - 1, 1};
  ASSERT_TRUE(mailbox.post(mailbox::OpenConference{room, 0, 0}));
  struct Caller {
    mailbox::ParticipantHandle handle;
    base::SocketAddress rtp;
    net::Endpoint endpoint;
    std::vector<std::uint8_t> heard{};
  };
  std::vector<Caller> callers;
  for (std::uint32_t i = 0; i < 5; ++i) {
    Caller& caller = callers.emplace_back(
        Caller{{kParticipants - 1 - i, 7}, host.far().open(), *host.allocator().open(true)});
    EXPECT_EQ(caller.endpoint.rtp.ip[3], 1 + i) << "each address in turn";
    mailbox::AttachParticipant attach;
    attach.participant = caller.handle;
    attach.conference = room;
    attach.endpoint = caller.endpoint.handles;
    attach.media.remote_rtp = caller.rtp;
    attach.media.remote_rtcp = caller.rtp;
    attach.media.codecs[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
    attach.media.codec_count = 1;
    attach.ssrc = rtp::Ssrc{1'000 + i};
    ASSERT_TRUE(mailbox.post(attach));
  }
  base::Instant due = virtual_now;
  const auto turn = [&](base::Duration time) {
    for (const base::Instant end = virtual_now + time; virtual_now < end; virtual_now += kStep) {
      if (virtual_now >= due) {
        const base::RealtimeSection section;
        due = core.run_once(virtual_now);
      }
      std::array<mailbox::CoreEvent, 64> events;
      while (mailbox.drain(events) > 0) {
      }
      for (Caller& caller : callers) {
        while (const auto datagram = host.far().receive(caller.rtp)) {
          const auto rtp = rtp::parse_rtp(std::as_bytes(std::span(datagram->payload)));
          if (rtp && rtp->header.payload_type == rtp::PayloadType{0})
            caller.heard.push_back(std::to_integer<std::uint8_t>(rtp->payload[80]));
        }
      }
    }
  };
  turn(10ms);
  // The first one talks, loudly, in words of a byte.
  std::vector<std::uint8_t> said;
  for (int i = 0; i < kPackets; ++i) {
    said.push_back(static_cast<std::uint8_t>(0x80 + i));
    std::string packet(rtp::kRtpHeaderBytes + 160, static_cast<char>(said.back()));
    rtp::write_rtp_header(std::as_writable_bytes(std::span(packet)),
                          {rtp::PayloadType{0}, false, rtp::SequenceNumber(static_cast<std::uint16_t>(i)),
                           rtp::RtpTimestamp(static_cast<std::uint32_t>(160 * i)), rtp::Ssrc{77}});
    ASSERT_TRUE(host.far().send(callers[0].rtp, callers[0].endpoint.rtp, packet));
    turn(20ms);
  }
  turn(200ms);
  for (std::size_t i = 1; i < callers.size(); ++i) {
    const auto& heard = callers[i].heard;
    // But what its gate and its probation took.
    EXPECT_NE(std::search(heard.begin(), heard.end(), said.begin() + 5, said.end()), heard.end()) << i;
  }
  const auto report = core.reports().read(callers[0].handle);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->has_source);
  EXPECT_EQ(core.counters().participants.value(), 5);
  EXPECT_EQ(host.port().counters().drops.total(), 0u);
  for (const Caller& caller : callers) ASSERT_TRUE(mailbox.post(mailbox::DetachParticipant{caller.handle}));
  turn(100ms);
  EXPECT_EQ(core.counters().participants.value(), 0);
}

}  // namespace
}  // namespace tutti::dpdk
