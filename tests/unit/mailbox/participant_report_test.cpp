#include "dataplane/mailbox/participant_report.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

namespace tutti::mailbox {
namespace {

using base::DropReason;

constexpr base::Instant kStart{std::chrono::seconds(10)};

TEST(ParticipantReports, KnowNothingOfWhoNeverCame) {
  const ParticipantReports reports(4);
  EXPECT_FALSE(reports.read({0, 0}));
  EXPECT_FALSE(reports.read({3, 7}));
  EXPECT_FALSE(reports.read({4, 0})) << "beyond the last slot";
}

TEST(ParticipantReports, TellOfEachTenantItsOwn) {
  ParticipantReports reports(4);
  reports.begin({2, 5}, kStart);
  const auto fresh = reports.read({2, 5});
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->at, kStart);
  EXPECT_EQ(fresh->level_dbov, 127);
  EXPECT_EQ(fresh->ms_since_packet, ReportedState::kNever);
  EXPECT_EQ(fresh->round_trip_us, ReportedState::kNever);
  EXPECT_EQ(fresh->packets_dropped(), 0U);

  const base::Instant later = kStart + std::chrono::milliseconds(200);
  reports.write_voice({2, 5}, {.at = later,
                               .packets_sent = 7,
                               .buffer_delay_ms = 60,
                               .level_dbov = 23,
                               .talking = true,
                               .may_talk = true});
  reports.write_stream({2, 5},
                       {.packets_received = 10,
                        .packets_lost = 3,
                        .frames_concealed = 2,
                        .jitter_us = 2'000,
                        .recent_loss_x65536 = 6'553},
                       later - std::chrono::milliseconds(15));
  reports.write_round_trip({2, 5}, std::chrono::microseconds(1'234));
  reports.count_drop({2, 5}, DropReason::kStranger);
  reports.count_drop({2, 5}, DropReason::kStranger);
  reports.count_drop({2, 5}, DropReason::kLate);
  const auto told = reports.read({2, 5});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->at, later);
  EXPECT_EQ(told->packets_sent, 7U);
  EXPECT_EQ(told->buffer_delay_ms, 60);
  EXPECT_EQ(told->level_dbov, 23);
  EXPECT_TRUE(told->talking && told->may_talk);
  EXPECT_FALSE(told->gate_open || told->among_loudest || told->in_mix);
  EXPECT_EQ(told->packets_received, 10U);
  EXPECT_EQ(told->packets_lost, 3U);
  EXPECT_EQ(told->frames_concealed, 2U);
  EXPECT_EQ(told->jitter_us, 2'000U);
  EXPECT_EQ(told->recent_loss_x65536, 6'553);
  EXPECT_EQ(told->ms_since_packet, 15U);
  EXPECT_EQ(told->round_trip_us, 1'234U);
  EXPECT_EQ(told->dropped(DropReason::kStranger), 2U);
  EXPECT_EQ(told->packets_dropped(), 3U);
  EXPECT_FALSE(reports.read({2, 4}));

  reports.begin({2, 6}, kStart);
  EXPECT_FALSE(reports.read({2, 5}));
  ASSERT_TRUE(reports.read({2, 6}));
  EXPECT_EQ(reports.read({2, 6})->packets_dropped(), 0U) << "the drops were another tenant's";
  EXPECT_EQ(reports.read({2, 6})->packets_received, 0U);
}

// Tenant after tenant comes, and all that is told of one is its generation: a reader that sees another number
// has read of two of them.
TEST(ParticipantReports, AreReadOfOneTenantWhileTenantsChange) {
  ParticipantReports reports(1);
  std::atomic<std::uint32_t> present{0};
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (std::uint32_t i = 1; !stop.load(std::memory_order_relaxed); ++i) {
      reports.begin({0, i}, kStart);
      ReportedState state;
      state.at = kStart;
      state.packets_received = state.packets_lost = state.frames_concealed = state.packets_sent = i;
      state.ms_since_packet = 0;
      reports.write({0, i}, state);
      present.store(i, std::memory_order_release);
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t generation = present.load(std::memory_order_acquire);
    const auto report = reports.read({0, generation});
    if (!report) continue;  // gone meanwhile
    EXPECT_EQ(report->packets_received, generation);
    EXPECT_EQ(report->packets_lost, generation);
    EXPECT_EQ(report->packets_sent, generation);
  }
  stop.store(true, std::memory_order_relaxed);
  writer.join();
}

}  // namespace
}  // namespace tutti::mailbox
