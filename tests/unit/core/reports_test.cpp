// What a core reports of its participants without being asked.

#include <gtest/gtest.h>

#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;
using base::DropReason;
using mailbox::ParticipantReport;

ParticipantReport report_of(Room& room, std::size_t who) {
  const auto report = room.wire.server.core(0).reports().read(room.participants[who].handle);
  EXPECT_TRUE(report.has_value());
  return report.value_or(ParticipantReport());
}

TEST(Reports, TellWhoIsHeardAndHowLoudly) {
  Room room(3, {.max_talkers = 1});
  room.ticks(60, {0x90, 0xA0, kSilence});
  const auto loud = report_of(room, 0);
  EXPECT_TRUE(loud.talking && loud.gate_open && loud.may_talk && loud.among_loudest && loud.in_mix);
  const auto soft = report_of(room, 1);
  EXPECT_TRUE(soft.talking && soft.gate_open && soft.may_talk);
  EXPECT_FALSE(soft.among_loudest || soft.in_mix);
  const auto silent = report_of(room, 2);
  EXPECT_FALSE(silent.talking || silent.gate_open || silent.in_mix);
  EXPECT_TRUE(silent.may_talk);
  EXPECT_EQ(silent.level_dbov, 127);
  // 20 log10(peak / 32 767) - 3 of a sine with that peak.
  const auto level = [](std::uint8_t byte) {
    return 3.01 - 20 * std::log10(std::abs(sample_of(std::byte{byte})) / 32'767.0);
  };
  EXPECT_NEAR(loud.level_dbov, level(0x90), 0.6);
  EXPECT_NEAR(soft.level_dbov, level(0xA0), 0.6);
}

TEST(Reports, ComeFiveTimesASecondAndCount) {
  Room room(2);
  room.ticks(30, {0xA0, kSilence});
  const auto before = report_of(room, 0);
  room.ticks(10, {0xA0, kSilence});
  const auto after = report_of(room, 0);
  EXPECT_EQ(after.at - before.at, 200ms);
  EXPECT_NEAR(after.packets_received - before.packets_received, 10.0, 8.0);
  EXPECT_EQ(after.packets_sent - before.packets_sent, 10U);
  EXPECT_LE(after.ms_since_packet, 8U * 20) << "of the packets that were told";
  EXPECT_GE(after.buffer_delay_ms, 40U);
  EXPECT_EQ(after.round_trip_us, mailbox::ReportedState::kNever);

  room.ticks(30, {});
  EXPECT_GE(report_of(room, 0).ms_since_packet, 400U);
  EXPECT_LE(report_of(room, 0).ms_since_packet, 800U);
}

TEST(Reports, TellWhyNothingIsHeard) {
  Room room(2);
  room.wire.server.update(room.participants[0], {.muted = true});
  room.ticks(20, {0xA0, kSilence});
  EXPECT_FALSE(report_of(room, 0).may_talk);
  EXPECT_TRUE(report_of(room, 0).gate_open) << "it speaks, and is muted";

  const auto& to = room.participants[0].endpoint.rtp;
  for (int i = 0; i < 3; ++i) room.callers[0]->send_rtp(to, 0xA0, 77);  // a payload type that nobody agreed
  for (int i = 0; i < 2; ++i) room.callers[1]->send_rtp(to, 0xA0);      // from elsewhere
  room.wire.run_for(40ms);
  const auto report = report_of(room, 0);
  EXPECT_EQ(report.dropped(DropReason::kUnknownPayloadType), 3U) << "told at once";
  EXPECT_EQ(report.packets_dropped(), 3U + report.dropped(DropReason::kStranger));
  EXPECT_EQ(report_of(room, 1).packets_dropped(), 0U);
}

TEST(Reports, SmoothTheLossOfTheLastSeconds) {
  Room room(1);
  room.ticks(50, {0xA0});
  EXPECT_EQ(report_of(room, 0).recent_loss_x65536, 0);
  for (int i = 0; i < 500; ++i) {
    if (i % 5 == 0) room.callers[0]->send_rtp(*base::parse_ip("10.9.0.1", 9), 0xA0);  // goes nowhere
    room.tick({0xA0});
  }
  const double share = report_of(room, 0).recent_loss_x65536 / 65'536.0;
  EXPECT_NEAR(share, 1.0 / 6.0, 0.03);
  EXPECT_NEAR(report_of(room, 0).packets_lost, 100, 3);
  room.ticks(1'000, {0xA0});
  EXPECT_LT(report_of(room, 0).recent_loss_x65536 / 65'536.0, 0.01);
  room.ticks(1'000, {0xA0});
  EXPECT_EQ(report_of(room, 0).recent_loss_x65536, 0);
}

// More than eight packets of one batch: the stream is told of twice, of which once nothing is new.
TEST(Reports, KeepTheLossThroughABurst) {
  for (const int before : {0, 1, 2, 3, 4, 5, 6, 7}) {
    Room room(1);
    room.ticks(50 + before, {0xA0});
    for (int i = 0; i < 100; ++i) {
      if (i % 5 == 0) room.callers[0]->send_rtp(*base::parse_ip("10.9.0.1", 9), 0xA0);
      room.tick({0xA0});
    }
    room.wire.run_for(240ms);
    for (int i = 0; i < 17; ++i) room.callers[0]->send_rtp(room.participants[0].endpoint.rtp, 0xA0);
    room.wire.run_for(20ms);
    EXPECT_NEAR(report_of(room, 0).recent_loss_x65536 / 65'536.0, 1.0 / 9.0, 0.04) << before;
  }
}

TEST(Reports, TellOfSilenceBehindASoundThatItIsSilence) {
  Room room(1);
  room.ticks(50, {0xA0});
  EXPECT_LT(report_of(room, 0).level_dbov, 60);
  room.ticks(500, {kSilence});
  EXPECT_EQ(report_of(room, 0).level_dbov, 127);
}

TEST(Reports, StayBehindWhoHasLeftAndPassToTheNext) {
  Room room(1);
  room.ticks(30, {0xA0});
  const auto last = report_of(room, 0);
  room.wire.server.leave(room.participants[0]);
  room.wire.run_for(100ms);
  EXPECT_EQ(report_of(room, 0).packets_received, last.packets_received);
  const auto next = room.wire.server.join(room.conference, room.callers[0]->media());
  ASSERT_EQ(next.handle.slot, room.participants[0].handle.slot);
  room.wire.run_for(40ms);
  EXPECT_FALSE(room.wire.server.core(0).reports().read(room.participants[0].handle));
  const auto fresh = room.wire.server.core(0).reports().read(next.handle);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->packets_received, 0U);
}

}  // namespace
}  // namespace tutti::core
