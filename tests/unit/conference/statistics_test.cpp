// Figures from the cores' reports, and the answers to why and who.
#include "signaling/conference/statistics.h"

#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using base::DropReason;

mailbox::ReportedState good_state(base::Instant now) {
  mailbox::ReportedState state;
  state.at = now;
  state.packets_received = 990;
  state.packets_lost = 10;
  state.packets_sent = 1'000;
  state.ms_since_packet = 20;
  state.round_trip_us = 40'000;
  state.jitter_us = 2'500;
  state.buffer_delay_ms = 60;
  state.level_dbov = 25;
  state.gate_open = state.may_talk = state.among_loudest = state.in_mix = state.has_source = true;
  return state;
}

class Reported : public testing::Test {
 protected:
  void SetUp() override {
    dialog = world.join("room");
    other = world.join("room");
    id = world.id("room", dialog);
    world.report(dialog, good_state(world.now));
  }
  SilenceReport why() { return *world.control().why_silent(id); }
  void drop(DropReason reason, int count) {
    for (int i = 0; i < count; ++i) {
      world.core_of(dialog).reports().count_drop(world.attached(dialog).command.participant, reason);
    }
  }

  FocusWorld world{{}, 1};
  sip::DialogId dialog{};
  sip::DialogId other{};
  ParticipantId id{};
};

TEST(Mos, FollowsTheEModel) {
  EXPECT_NEAR(estimate_mos(0, 0), 4.41, 0.01);  // R = 93.2
  EXPECT_NEAR(estimate_mos(0, 150), 4.34, 0.02);
  EXPECT_GT(estimate_mos(1, 100), estimate_mos(3, 100));
  EXPECT_GT(estimate_mos(0, 100), estimate_mos(0, 400));
  EXPECT_EQ(estimate_mos(100, 1'000), 1.0);
  for (int loss = -10; loss <= 110; ++loss) {
    for (int delay = -100; delay <= 2'000; delay += 50) {
      const double mos = estimate_mos(loss, delay);
      EXPECT_TRUE(mos >= 1.0 && mos <= 4.5) << loss << ' ' << delay;
    }
  }
}

TEST_F(Reported, APersonsFiguresAreItsCores) {
  const ParticipantInfo info = world.info("room", dialog);
  EXPECT_EQ(info.packets_received, 990u);
  EXPECT_EQ(info.packets_sent, 1'000u);
  EXPECT_EQ(info.packets_lost, 10u);
  EXPECT_EQ(info.level_dbov, -25);
  EXPECT_DOUBLE_EQ(info.jitter_ms, 2.5);
  EXPECT_DOUBLE_EQ(info.round_trip_ms, 40);
  EXPECT_DOUBLE_EQ(info.delay_ms, 20 + 60 + 30) << "half the round trip, the buffer, a frame and half a tick";
  EXPECT_NEAR(info.mos, estimate_mos(0, 20 + 60 + 30), 0.001);
  EXPECT_EQ(info.silence, SilenceCause::kNone);
  EXPECT_EQ(world.info("room", other).mos, 0) << "nothing came";
  EXPECT_EQ(world.info("room", other).delay_ms, 0);
  mailbox::ReportedState without_rtcp = good_state(world.now);
  without_rtcp.round_trip_us = mailbox::ReportedState::kNever;
  world.report(other, without_rtcp);
  EXPECT_DOUBLE_EQ(world.info("room", other).delay_ms, 60 + 30) << "no round trip is known";
}

TEST_F(Reported, ARoomsFiguresAreItsPeoples) {
  const ConferenceStatistics statistics = *world.control().statistics("room");
  EXPECT_EQ(statistics.participants_total, 2u);
  EXPECT_EQ(statistics.participants_active, 2u);
  EXPECT_EQ(statistics.participants_with_audio, 1u);
  EXPECT_DOUBLE_EQ(statistics.loss_percent, 1.0);
  EXPECT_DOUBLE_EQ(statistics.jitter_ms, 2.5);
  EXPECT_GT(statistics.mos, 4.0);
  EXPECT_GT(statistics.ticks, 0u);
  world.pass(std::chrono::seconds(2));
  EXPECT_EQ(world.control().statistics("room")->participants_with_audio, 0u) << "the report is old";
}

TEST_F(Reported, WhySilentFindsEachCause) {
  EXPECT_EQ(why().cause, SilenceCause::kNone);
  Control& c = world.control();
  const auto expect = [&](SilenceCause cause) {
    const SilenceReport report = why();
    EXPECT_EQ(report.cause, cause) << to_string(report.cause);
    EXPECT_FALSE(report.advice.empty());
    EXPECT_EQ(world.info("room", dialog).silence, cause);
  };
  ASSERT_TRUE(c.set_muted(id, true));
  expect(SilenceCause::kMuted);
  ASSERT_TRUE(c.set_muted(id, false));
  ASSERT_TRUE(c.set_role(id, ParticipantRole::kListener));
  expect(SilenceCause::kMuted);
  ASSERT_TRUE(c.set_role(id, ParticipantRole::kSpeaker));
  ASSERT_TRUE(c.set_hold(id, true));
  expect(SilenceCause::kOnHold);
  ASSERT_TRUE(c.set_hold(id, false));
  ASSERT_TRUE(c.update_settings("room", {.wait_for_moderator = true}));
  expect(SilenceCause::kWaiting);
  ASSERT_TRUE(c.update_settings("room", {.mixing = false}));
  expect(SilenceCause::kMixingOff);
  ASSERT_TRUE(c.update_settings("room", {}));
  expect(SilenceCause::kNone);

  auto state = good_state(world.now);
  state.gate_open = false;
  world.report(dialog, state);
  expect(SilenceCause::kBelowGate);
  state = good_state(world.now);
  state.among_loudest = false;
  world.report(dialog, state);
  expect(SilenceCause::kNotAmongLoudest);
  state = good_state(world.now);
  state.ms_since_packet = mailbox::ReportedState::kNever;
  state.packets_received = 0;
  world.report(dialog, state);
  expect(SilenceCause::kNoPackets);
  drop(DropReason::kStranger, 5);
  expect(SilenceCause::kWrongSource);
  world.report(dialog, state);
  drop(DropReason::kUnknownPayloadType, 12);
  expect(SilenceCause::kNotDecodable);
  bool told = false;
  for (const auto& stage : why().stages)
    told |= stage.detail.find("unknown_payload_type 12") != std::string::npos;
  EXPECT_TRUE(told) << "with the counts of the stage";
  ASSERT_TRUE(c.kick(id, ""));
  EXPECT_EQ(why().cause, SilenceCause::kJoining);
}

TEST_F(Reported, WhoHearsWhomFollowsMuteDeafAndHold) {
  const auto third = world.join("room");
  Control& c = world.control();
  using Rows = std::vector<std::vector<bool>>;
  EXPECT_EQ(c.who_hears_whom("room")->hears,
            (Rows{{false, true, true}, {true, false, true}, {true, true, false}}));
  ASSERT_TRUE(c.set_muted(id, true));
  ASSERT_TRUE(c.set_deaf(world.id("room", other), true));
  EXPECT_EQ(c.who_hears_whom("room")->hears,
            (Rows{{false, true, true}, {false, false, false}, {false, true, false}}));
  ASSERT_TRUE(c.set_hold(world.id("room", third), true));
  EXPECT_EQ(c.who_hears_whom("room")->hears,
            (Rows{{false, true, false}, {false, false, false}, {false, false, false}}));
}

TEST(Matrix, HasSixtyFourAndSaysHowManyAreLeftOut) {
  FocusWorld world({}, 1, 256, {80, 4});
  for (int i = 0; i < 70; ++i) world.invite("room");
  world.settle();
  const HearingMatrix matrix = *world.control().who_hears_whom("room");
  EXPECT_EQ(matrix.participants.size(), 64u);
  EXPECT_EQ(matrix.hears.size(), 64u);
  EXPECT_EQ(matrix.left_out, 6u);
}

}  // namespace
}  // namespace tutti::conference
