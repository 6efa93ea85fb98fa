// RTCP of a participant, and what silence and BYE mean.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/rtp/rtcp_writer.h"
#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

std::vector<std::byte> report_of(std::uint32_t ssrc, bool bye = false) {
  std::vector<std::byte> bytes(rtp::rtcp_bytes_max(1));
  rtp::OutgoingReport report;
  report.sender = rtp::Ssrc{ssrc};
  report.cname = std::span<const char>("c", 1);
  report.bye = bye;
  bytes.resize(rtp::write_rtcp(bytes, report));
  return bytes;
}

TEST(Rtcp, ReportsWhatWasSentAndHeardEveryFewSeconds) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  caller.talk(participant.endpoint.rtp, 30s);
  const auto datagrams = caller.take_rtcp();
  const auto rtp = caller.take_rtp();
  // 5 s on average, each between half and one and a half times over e - 3/2 (RFC 3550, 6.3.1).
  ASSERT_GE(datagrams.size(), 3U);
  ASSERT_LE(datagrams.size(), 15U);
  for (const auto& datagram : datagrams) {
    auto compound = rtp::RtcpCompound::parse(datagram.payload);
    ASSERT_TRUE(compound.has_value());
    const auto report = compound->next();
    ASSERT_TRUE(report.has_value());
    ASSERT_EQ(report->type(), rtp::RtcpType::kSenderReport);
    EXPECT_EQ(report->ssrc(), rtp.front().header.ssrc);
    ASSERT_EQ(report->report_count(), 1U);
    EXPECT_EQ(report->report(0).source, rtp::Ssrc{caller.ssrc()});
    EXPECT_EQ(report->report(0).cumulative_lost, 0);
    std::size_t sent = 0;
    for (const auto& packet : rtp) sent += packet.arrival <= datagram.arrival ? 1 : 0;
    EXPECT_NEAR(report->sender_info().packets, static_cast<double>(sent), 1.0);
    EXPECT_EQ(report->sender_info().octets, report->sender_info().packets * 160);
    const auto description = compound->next();
    ASSERT_TRUE(description.has_value());
    EXPECT_EQ(description->type(), rtp::RtcpType::kSourceDescription);
  }
}

TEST(Rtcp, SharesTheRtpPortWhereThatWasAgreed) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  auto media = caller.media();
  media.rtcp_mux = true;
  media.remote_rtcp = media.remote_rtp;
  const auto participant = wire.server.join(wire.server.open_conference(), media);
  caller.talk(participant.endpoint.rtp, 10s);
  caller.take_rtp();
  EXPECT_FALSE(caller.muxed_rtcp.empty());
  EXPECT_TRUE(caller.take_rtcp().empty());
  caller.send_raw(participant.endpoint.rtp, report_of(caller.ssrc(), true));
  wire.run_for(20ms);
  EXPECT_EQ(wire.server.events_of<mailbox::RemoteBye>().size(), 1U);
}

TEST(Rtcp, AByeOfTheSourceIsToldOnceAndAnyOthersNot) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  caller.talk(participant.endpoint.rtp, 100ms);
  caller.send_raw(participant.endpoint.rtcp, report_of(0xBAD, true), WireCaller::kRtcpPort);
  wire.run_for(20ms);
  EXPECT_TRUE(wire.server.events_of<mailbox::RemoteBye>().empty());
  for (int i = 0; i < 2; ++i) {
    caller.send_raw(participant.endpoint.rtcp, report_of(caller.ssrc(), true), WireCaller::kRtcpPort);
    wire.run_for(20ms);
  }
  EXPECT_EQ(wire.server.events_of<mailbox::RemoteBye>().size(), 1U);
}

TEST(Rtcp, AStrangersReportIsCountedAndNotBelieved) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  WireCaller stranger(wire, "10.0.0.9");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  caller.talk(participant.endpoint.rtp, 100ms);
  stranger.send_raw(participant.endpoint.rtcp, report_of(caller.ssrc(), true), WireCaller::kRtcpPort);
  wire.run_for(20ms);
  EXPECT_TRUE(wire.server.events_of<mailbox::RemoteBye>().empty());
  EXPECT_EQ(wire.drops(base::DropReason::kStranger), 1U);
}

TEST(Liveness, SilenceIsToldOnceAfterTheAgreedTimeAndRtcpCountsAsLife) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  auto media = caller.media();
  media.silence_timeout_s = 3;
  const auto participant = wire.server.join(wire.server.open_conference(), media);
  caller.talk(participant.endpoint.rtp, 1s);
  for (int second = 0; second < 5; ++second) {
    caller.send_raw(participant.endpoint.rtcp, report_of(caller.ssrc()), WireCaller::kRtcpPort);
    wire.run_for(1s);
  }
  EXPECT_TRUE(wire.server.events_of<mailbox::MediaTimedOut>().empty());
  wire.run_for(2'500ms);
  EXPECT_EQ(wire.server.events_of<mailbox::MediaTimedOut>().size(), 1U);
  wire.run_for(5s);
  EXPECT_EQ(wire.server.events_of<mailbox::MediaTimedOut>().size(), 1U);
}

// Each for as long as was agreed: the second silence counts from the last packet that came between.
TEST(Liveness, WhoIsHeardAgainMayFallSilentAgain) {
  for (const auto speech : {20ms, 700ms, 2'900ms}) {
    Wire wire;
    WireCaller caller(wire, "10.0.0.1");
    auto media = caller.media();
    media.silence_timeout_s = 3;
    const auto participant = wire.server.join(wire.server.open_conference(), media);
    caller.talk(participant.endpoint.rtp, 1s);
    wire.run_for(4s);
    EXPECT_EQ(wire.server.events_of<mailbox::MediaTimedOut>().size(), 1U);
    caller.talk(participant.endpoint.rtp, speech);
    wire.run_for(2'900ms);
    EXPECT_EQ(wire.server.events_of<mailbox::MediaTimedOut>().size(), 1U);
    wire.run_for(150ms);
    EXPECT_EQ(wire.server.events_of<mailbox::MediaTimedOut>().size(), 2U);
  }
}

TEST(Liveness, DoesNotRunOnHoldNorWhenSwitchedOff) {
  Wire wire;
  WireCaller held(wire, "10.0.0.1");
  WireCaller off(wire, "10.0.0.2");
  const auto room = wire.server.open_conference();
  auto media = held.media();
  media.silence_timeout_s = 2;
  media.may_receive = false;
  const auto participant = wire.server.join(room, media);
  auto forever = off.media();
  forever.silence_timeout_s = 0;
  wire.server.join(room, forever);
  wire.run_for(10s);
  EXPECT_TRUE(wire.server.events_of<mailbox::MediaTimedOut>().empty());
  // It runs again from the moment of the resume.
  media.may_receive = true;
  wire.server.update(participant, media);
  wire.run_for(1'900ms);
  EXPECT_TRUE(wire.server.events_of<mailbox::MediaTimedOut>().empty());
  wire.run_for(200ms);
  EXPECT_EQ(wire.server.events_of<mailbox::MediaTimedOut>().size(), 1U);
}

std::vector<std::byte> sender_report_of(std::uint32_t ssrc) {
  std::vector<std::byte> bytes(rtp::rtcp_bytes_max(1));
  rtp::OutgoingReport report;
  report.sender = rtp::Ssrc{ssrc};
  report.sender_info = rtp::SenderInfo{
      .ntp = 0x1234'5678'9ABC'DEF0, .timestamp = rtp::RtpTimestamp(1), .packets = 1, .octets = 160};
  report.cname = std::span<const char>("c", 1);
  bytes.resize(rtp::write_rtcp(bytes, report));
  return bytes;
}

// A NAT gives both of a caller's flows another address in the middle of a call.
TEST(Rtcp, FollowsWhereRtpHasGone) {
  Wire wire;
  WireCaller before(wire, "10.0.0.1", 7);
  WireCaller after(wire, "10.0.0.2", 8);
  auto media = before.media();
  media.silence_timeout_s = 10;
  const auto participant = wire.server.join(wire.server.open_conference(), media);
  before.talk(participant.endpoint.rtp, 1s);
  before.send_raw(participant.endpoint.rtcp, sender_report_of(7), WireCaller::kRtcpPort);
  wire.run_for(1'200ms);
  after.talk(participant.endpoint.rtp, 5s);
  ASSERT_FALSE(after.take_rtp().empty());
  const auto strangers = wire.drops(base::DropReason::kStranger);
  after.send_raw(participant.endpoint.rtcp, sender_report_of(8), WireCaller::kRtcpPort);
  wire.run_for(1s);
  before.take_rtcp();
  // Its RTCP alone tells that it is there, for longer than it may be silent.
  for (int i = 0; i < 15; ++i) {
    after.send_raw(participant.endpoint.rtcp, sender_report_of(8), WireCaller::kRtcpPort);
    wire.run_for(1s);
  }
  EXPECT_EQ(wire.drops(base::DropReason::kStranger), strangers);
  EXPECT_FALSE(after.take_rtcp().empty()) << "our reports go where it is";
  EXPECT_TRUE(before.take_rtcp().empty());
  EXPECT_TRUE(wire.server.events_of<mailbox::MediaTimedOut>().empty());
}

// The wall clock is read when the report is written (RFC 3550, 6.4.1): its other time may not be the tick's.
TEST(Rtcp, BothTimesOfASenderReportAreOfOneInstantHoweverLateTheCoreIs) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  wire.server.join(wire.server.open_conference(), caller.media());
  std::vector<std::int32_t> offsets;  // of what it says from when it was sent
  for (int i = 0; i < 10'000; ++i) {
    wire.stall_for(std::chrono::milliseconds(1 + i % 17));
    wire.server.run_cores();
    for (const auto& datagram : caller.take_rtcp()) {
      auto compound = rtp::RtcpCompound::parse(datagram.payload);
      const auto report = compound->next();
      ASSERT_EQ(report->type(), rtp::RtcpType::kSenderReport);
      const auto sent = datagram.arrival.time_since_epoch() / 125us;
      offsets.push_back(report->sender_info().timestamp -
                        rtp::RtpTimestamp(static_cast<std::uint32_t>(sent)));
    }
  }
  ASSERT_GE(offsets.size(), 10U);
  const auto [least, most] = std::minmax_element(offsets.begin(), offsets.end());
  EXPECT_LE(*most - *least, 8) << "1 ms";
}

// On a late core, which takes a sender's report in the turn of a tick that was due before it came.
TEST(Rtcp, TellsNoDelayBelowNothing) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  caller.talk(participant.endpoint.rtp, 1s);
  int reports = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 8 == 0) caller.send_rtp(participant.endpoint.rtp);
    wire.stall_for(2ms);
    caller.send_raw(participant.endpoint.rtcp, sender_report_of(caller.ssrc()), WireCaller::kRtcpPort);
    wire.server.run_cores();
    wire.stall_for(500us);
    for (const auto& datagram : caller.take_rtcp()) {
      auto compound = rtp::RtcpCompound::parse(datagram.payload);
      const auto report = compound->next();
      if (report->report_count() == 0) continue;
      ++reports;
      EXPECT_LT(report->report(0).delay_since_last, 65'536);
    }
    caller.take_rtp();
  }
  EXPECT_GT(reports, 3);
}

}  // namespace
}  // namespace tutti::core
