#include "tools/load/load_run.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/tiny_room.h"

namespace tutti::load {
namespace {

using test_support::TinyRoom;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

// Whole runs against a tiny room, which is late on a busy machine: what is asked here bears that.
class LoadRun : public ::testing::Test {
 protected:
  LoadRun() { plan_.secs = 4; }
  LoadReport run(const base::SocketAddress& server) {
    plan_.uri = "sip:room{room}@" + base::to_string(server);
    EXPECT_EQ(refusal(plan_), "");
    auto report = run_load(plan_, interrupted_, [this](const Progress& progress) {
      EXPECT_GE(progress.share, 0.0);
      EXPECT_LE(progress.share, 1.0);
      ++shown_;
      if (interrupt_in_ && progress.phase == *interrupt_in_) interrupted_ = true;
    });
    EXPECT_TRUE(report) << report.error();
    return report ? *report : LoadReport{};
  }
  LoadPlan plan_;
  std::atomic<bool> interrupted_ = false;
  std::optional<Progress::Phase> interrupt_in_;
  int shown_ = 0;
};

TEST_F(LoadRun, MeasuresARoom) {
  TinyRoom room;
  plan_.codec = CodecChoice::kBoth;
  const LoadReport report = run(room.address());
  EXPECT_EQ(report.answered, 3U);
  EXPECT_EQ(report.byes_unanswered, 0U);
  EXPECT_EQ(report.packets_expected, 3U * 4U * 50U);
  EXPECT_GT(report.packets_received, report.packets_expected / 2);
  EXPECT_LE(report.packets_received, report.packets_expected);
  EXPECT_GT(report.packets_sent, report.packets_received);
  EXPECT_EQ(report.malformed + report.strangers + report.lost, 0U);
  EXPECT_EQ(report.matrix.judged, 9U);
  EXPECT_LE(report.delay_ms.count + report.sweeps_missed, 2U * 2U);
  EXPECT_GE(report.delay_ms.count + report.sweeps_missed, 1U);
  EXPECT_GT(shown_, 0);
}

// Each way against the other: what is due is the same, and so is what is found.
TEST_F(LoadRun, MeasuresTheSameBothWays) {
  plan_.io = IoChoice::kPacket;
  TinyRoom first;
  plan_.uri = "sip:room{room}@" + base::to_string(first.address());
  const auto first_run = run_load(plan_, interrupted_, [](const Progress&) {});
  if (!first_run) GTEST_SKIP() << first_run.error();
  const LoadReport& packet = *first_run;
  plan_.io = IoChoice::kSockets;
  TinyRoom second;
  const LoadReport sockets = run(second.address());
  EXPECT_EQ(packet.generator.io.rfind("packet-", 0), 0U);
  EXPECT_EQ(sockets.generator.io, "sockets");
  for (const LoadReport* report : {&packet, &sockets}) {
    EXPECT_EQ(report->answered, 3U);
    EXPECT_EQ(report->packets_expected, 600U);
    EXPECT_GT(report->packets_received, 300U);
    EXPECT_EQ(report->malformed + report->strangers + report->lost + report->generator.send_errors, 0U);
    EXPECT_EQ(report->matrix.judged, 9U);
    EXPECT_GE(report->delay_ms.count + report->sweeps_missed, 1U);
  }
}

TEST_F(LoadRun, FindsWhoIsNotHeard) {
  TinyRoom room;
  room.deaf = {2, 0};
  EXPECT_THAT(run(room.address()).matrix.wrong_cells, Contains(HasSubstr("load2 does not hear load0")));
}

TEST_F(LoadRun, FindsThatTwoRoomsAreOne) {
  TinyRoom room;  // it puts all into one, whatever they dial
  plan_.rooms = 2;
  plan_.talkers = 1;
  EXPECT_THAT(run(room.address()).matrix.wrong_cells, Contains(HasSubstr("hears another room's")));
}

TEST_F(LoadRun, CountsLostPackets) {
  TinyRoom room;
  room.lose_a_packet = true;
  plan_.secs = 10;
  room.which_packet = 300;  // 6 s after each one's answer; the time measured begins after 1.1 s
  EXPECT_EQ(run(room.address()).lost, 3U);
}

TEST_F(LoadRun, TellsRefusalsByStatus) {
  TinyRoom room;
  room.reject_with = 486;
  const LoadReport report = run(room.address());
  EXPECT_EQ(report.answered, 0U);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].status, 486);
  EXPECT_EQ(report.failures[0].calls, 3U);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("0 of 3 calls were answered: 486")));
}

// Nobody's server may turn this load upon another host.
TEST_F(LoadRun, MakesAPhraseHarmless) {
  TinyRoom room;
  room.reject_with = 486;
  room.phrase = "No \x1b[2J" + std::string(200, 'x');
  const LoadReport report = run(room.address());
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].reason, "No ?[2J" + std::string(72, 'x') + "…");
}

TEST_F(LoadRun, HangsUpOnAnAnswerThatWantsRtpElsewhere) {
  TinyRoom room;
  room.says_rtp_at = "192.0.2.1";
  const LoadReport report = run(room.address());
  EXPECT_EQ(report.answered, 0U);
  EXPECT_EQ(report.packets_sent + report.generator.send_errors, 0U);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].reason,
            "the answer wants RTP at 192.0.2.1, not on this host (see --allow-remote)");
  EXPECT_EQ(report.failures[0].calls, 3U);
  EXPECT_THAT(report.reasons, Not(Contains(HasSubstr("is a server running")))) << "one has answered";
  while (room.dialogs() > 0) std::this_thread::yield();
}

TEST_F(LoadRun, PlacesNoMoreWhileSoManyWait) {
  TinyRoom room;
  room.answer_after_ticks = 3;
  plan_.rate = 2'000.0;
  plan_.per_room = 6;
  plan_.waiting = 2;
  plan_.secs = 2;
  EXPECT_EQ(run(room.address()).answered, 6U);
  EXPECT_EQ(room.most_waiting(), 2U);
}

TEST_F(LoadRun, EndsDiallingWhereNobodyIsAnswered) {
  TinyRoom room;
  room.answer_after_ticks = 50 * 3'600;
  plan_.rate = 2'000.0;
  plan_.waiting = 2;
  const LoadReport report = run(room.address());
  EXPECT_EQ(report.answered, 0U);
  EXPECT_EQ(room.most_waiting(), 2U);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("0 of 3 calls were answered")));
}

TEST_F(LoadRun, TellsThatNobodyIsThere) {
  const LoadReport report = run(*base::parse_address_and_port("127.0.0.1:9"));  // discard
  EXPECT_EQ(report.answered, 0U);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("is a server running")));
}

TEST_F(LoadRun, TellsThatTheServerHungUp) {
  TinyRoom room;
  room.hang_up_after_ticks = 100;
  const LoadReport report = run(room.address());
  EXPECT_EQ(report.answered, 3U);
  EXPECT_EQ(report.ended_early, 3U);
  EXPECT_THAT(report.reasons, Contains(HasSubstr("ended by the server")));
}

TEST_F(LoadRun, SendsNothingWhereItIsHeld) {
  TinyRoom room;
  room.hold_after_ticks = 100;  // once they are measured
  const LoadReport report = run(room.address());
  EXPECT_EQ(room.held(), 3U);
  EXPECT_EQ(room.packets_on_hold(), 0U);
  EXPECT_EQ(report.held, 3U);
  EXPECT_EQ(report.matrix.listeners, 0U);
  EXPECT_THAT(report.notes, Contains(HasSubstr("3 calls were not to send")));
}

TEST_F(LoadRun, HangsUpWhenInterrupted) {
  TinyRoom room;
  plan_.secs = 3'600;
  interrupt_in_ = Progress::Phase::kMeasuring;
  const LoadReport report = run(room.address());
  EXPECT_THAT(report.reasons, Contains("interrupted"));
  EXPECT_EQ(report.byes_unanswered, 0U);
  while (room.dialogs() > 0) std::this_thread::yield();
}

TEST_F(LoadRun, SaysThatDescriptorsDoNotSuffice) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_max > 1'000'000) GTEST_SKIP() << "no limit here that a plan could meet";
  plan_.per_room = limit.rlim_max;
  const auto report = run_load(plan_, interrupted_, [](const Progress&) {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error(), HasSubstr("descriptors"));
  EXPECT_THAT(report.error(), HasSubstr("ulimit"));
}

}  // namespace
}  // namespace tutti::load
