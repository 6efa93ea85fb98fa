// What a participant is sent, and exactly when.

#include <set>

#include <gtest/gtest.h>

#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

// Every packet one `ptime` after the one before; numbers and timestamps without a break.
void expect_steady(const std::vector<ReceivedRtp>& packets, base::Duration ptime, int samples) {
  for (std::size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].arrival - packets[i - 1].arrival, ptime) << "packet " << i;
    EXPECT_EQ(packets[i].header.sequence_number - packets[i - 1].header.sequence_number, 1) << "packet " << i;
    EXPECT_EQ(packets[i].header.timestamp - packets[i - 1].header.timestamp, samples) << "packet " << i;
    EXPECT_EQ(packets[i].payload.size(), static_cast<std::size_t>(samples));
    EXPECT_FALSE(packets[i].header.marker);
  }
}

TEST(SendClock, TicksForOneWhoIsAloneAndBeforeAnythingWasReceived) {
  Wire wire;
  WireCaller alone(wire, "10.0.0.1");
  wire.server.join(wire.server.open_conference(), alone.media());
  wire.run_for(2s);
  const auto packets = alone.take_rtp();
  ASSERT_GE(packets.size(), 99U);
  EXPECT_TRUE(packets[0].header.marker);
  expect_steady(packets, 20ms, 160);
  for (const auto& packet : packets) {
    EXPECT_EQ(packet.header.payload_type, rtp::PayloadType{0});
    EXPECT_TRUE(all_bytes_are(packet.payload, kMuSilence));
  }
}

class Ptime : public ::testing::TestWithParam<int> {};

TEST_P(Ptime, EachPacketLeavesOnePtimeAfterTheOneBefore) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  auto media = caller.media();
  media.ptime_ms = static_cast<std::uint8_t>(GetParam());
  wire.server.join(wire.server.open_conference(), media);
  wire.run_for(3s);
  const auto packets = caller.take_rtp();
  ASSERT_GE(packets.size(), static_cast<std::size_t>(2'800 / GetParam()));
  expect_steady(packets, std::chrono::milliseconds(GetParam()), GetParam() * 8);
}

INSTANTIATE_TEST_SUITE_P(All, Ptime, ::testing::Values(10, 20, 30, 40, 50, 60));

TEST(SendClock, HoldStopsThePacketsWhileTimestampsGoOn) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  wire.run_for(1s);
  const auto before = caller.take_rtp();
  auto held = caller.media();
  held.may_send = false;
  wire.server.update(participant, held);
  wire.run_for(1s);
  EXPECT_LE(caller.take_rtp().size(), 1U);  // one may leave before the core reads the command
  wire.server.update(participant, caller.media());
  wire.run_for(1s);
  const auto after = caller.take_rtp();
  ASSERT_FALSE(after.empty());
  EXPECT_TRUE(after.front().header.marker);
  EXPECT_LE(after.front().header.sequence_number - before.back().header.sequence_number, 2);
  const auto samples = (after.front().arrival - before.back().arrival) / 125us;
  EXPECT_EQ(after.front().header.timestamp - before.back().header.timestamp, samples);
  expect_steady(after, 20ms, 160);
}

TEST(SendClock, HoldByAnUnspecifiedAddressSendsNothing) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  wire.run_for(100ms);
  auto held = caller.media();
  held.remote_rtp = *base::parse_address_and_port("0.0.0.0:20000");
  held.remote_rtcp = held.remote_rtp;
  wire.server.update(participant, held);
  wire.run_for(10ms);
  caller.take_rtp();
  wire.run_for(1s);
  EXPECT_TRUE(caller.take_rtp().empty());
}

TEST(SendClock, ANewAddressIsSentToAtOnce) {
  Wire wire;
  WireCaller first(wire, "10.0.0.1");
  WireCaller second(wire, "10.0.0.2");
  const auto participant = wire.server.join(wire.server.open_conference(), first.media());
  first.talk(participant.endpoint.rtp, 200ms);
  wire.server.update(participant, second.media());
  wire.run_for(10ms);
  first.take_rtp();
  wire.run_for(500ms);
  EXPECT_TRUE(first.take_rtp().empty());
  const auto packets = second.take_rtp();
  ASSERT_GE(packets.size(), 24U);
  expect_steady(packets, 20ms, 160);
}

TEST(SendClock, ACodecChangeKeepsNumbersAndTimestampsUnbroken) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  wire.run_for(500ms);
  auto media = caller.media();
  std::swap(media.codecs[0], media.codecs[1]);
  wire.server.update(participant, media);
  wire.run_for(500ms);
  const auto packets = caller.take_rtp();
  expect_steady(packets, 20ms, 160);
  EXPECT_EQ(packets.front().header.payload_type, rtp::PayloadType{0});
  EXPECT_EQ(packets.back().header.payload_type, rtp::PayloadType{8});
  EXPECT_TRUE(all_bytes_are(packets.back().payload, 0xD5));  // A-law's silence
}

TEST(SendClock, ConferencesTickInDifferentSubSlots) {
  Wire wire;
  std::vector<std::unique_ptr<WireCaller>> callers;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(std::make_unique<WireCaller>(wire, "10.0.0." + std::to_string(i + 1)));
    wire.server.join(wire.server.open_conference(), callers.back()->media());
  }
  wire.run_for(500ms);
  std::set<base::Duration> phases;
  for (auto& caller : callers) {
    const auto packets = caller->take_rtp();
    ASSERT_FALSE(packets.empty());
    phases.insert(packets.back().arrival.time_since_epoch() % base::kTick);
  }
  EXPECT_EQ(phases.size(), 8U);
}

TEST(SendClock, AfterALongStandstillTicksAreLeftOutAndTimestampsTellSo) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  wire.server.join(wire.server.open_conference(), caller.media());
  wire.run_for(1s);
  const auto before = caller.take_rtp();
  wire.stall_for(3s);
  wire.run_for(500ms);
  const auto after = caller.take_rtp();
  ASSERT_GE(after.size(), 20U);
  // No burst: what 500 ms bring, and the ticks within the core's patience.
  EXPECT_LE(after.size(), 25U + 10U + 1U);
  EXPECT_EQ(after.front().header.sequence_number - before.back().header.sequence_number, 1);
  EXPECT_GE(after.front().header.timestamp - before.back().header.timestamp, (3'000 - 220) * 8);
  EXPECT_TRUE(after.front().header.marker);
  // On the clock again: the last packet's timestamp is as old as its distance in time says.
  const auto passed = static_cast<double>((after.back().arrival - before.back().arrival) / 125us);
  EXPECT_NEAR(after.back().header.timestamp - before.back().header.timestamp, passed, 20.0 * 8);
}

TEST(SendClock, NothingLeavesAfterTheByeOfRtcp) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  caller.talk(participant.endpoint.rtp, 300ms);
  wire.server.leave(participant);
  wire.run_for(1s);
  const auto rtcp = caller.take_rtcp();
  const auto rtp = caller.take_rtp();
  ASSERT_FALSE(rtcp.empty());
  ASSERT_FALSE(rtp.empty());
  EXPECT_GE(rtcp.back().arrival, rtp.back().arrival);
  auto compound = rtp::RtcpCompound::parse(rtcp.back().payload);
  ASSERT_TRUE(compound.has_value());
  std::optional<rtp::RtcpPacket> last;
  while (auto packet = compound->next()) last = packet;
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->type(), rtp::RtcpType::kBye);
  const auto left = wire.server.events_of<mailbox::ParticipantDetached>();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_FALSE(left[0].refused);
  EXPECT_EQ(left[0].totals.packets_received, 15U);
  EXPECT_EQ(left[0].totals.packets_sent, rtp.size());
  EXPECT_EQ(wire.server.streams(), 0);
}

}  // namespace
}  // namespace tutti::core
