// Admission by headroom in virtual time: whatever is offered, those who are in a call have their packets on
// time.
#include <string>

#include <gtest/gtest.h>

#include "tests/sim/loaded_host.h"

namespace tutti::sim {
namespace {

using namespace std::chrono_literals;

// Offers calls at an even rate, in rooms of four.
void offer_calls(LoadedHost& host, std::size_t calls, base::Duration within) {
  static int room = 0;
  constexpr base::Duration kPulse = 10ms;
  const auto pulses = static_cast<std::size_t>(within / kPulse);
  std::size_t offered = 0;
  for (std::size_t pulse = 1; pulse <= pulses; ++pulse) {
    for (; offered < calls * pulse / pulses; ++offered) host.dial("room" + std::to_string(room++ / 4));
    host.run_for(kPulse);
  }
}

void expect_all_on_time(const LoadedHost& host, std::size_t callers, base::Duration jitter) {
  EXPECT_EQ(host.late_ticks(), 0U);
  for (std::size_t i = 0; i < callers; ++i) {
    const auto& caller = host.callers()[i];
    ASSERT_EQ(caller.breaks, 0U) << "of caller " << i;
    ASSERT_LE(caller.longest_gap, 20ms + jitter) << "of caller " << i;
  }
}

// 100 us of 20 ms for each participant: 160 leave a fifth of the core free.
constexpr LoadedHostConfig kSlow{.packet_cost = 50us};
constexpr std::size_t kCapacity = 160;

TEST(AdmissionSim, TenTimesTheCapacityHarmsNobodyWhoIsIn) {
  LoadedHost host(kSlow);
  offer_calls(host, 80, 4s);
  host.run_for(2s);
  ASSERT_EQ(host.present(), 80U);
  EXPECT_EQ(host.refused(), 0U);

  offer_calls(host, 10 * kCapacity, 10s);
  host.run_for(1s);
  EXPECT_GE(host.present(), kCapacity * 85 / 100);  // the measure reads up to 6 percent too much
  EXPECT_LE(host.present(), kCapacity * 105 / 100);
  EXPECT_EQ(host.refused() + host.present(), 80 + 10 * kCapacity);
  EXPECT_EQ(host.refused_wrongly(), 0U);
  expect_all_on_time(host, host.callers().size(), 5ms);
  for (std::size_t i = 0; i < 80; ++i) EXPECT_GE(host.callers()[i].received, 50U * 12) << i;

  // Half of them leave; as many find room again, once that is measured.
  const std::size_t before = host.present();
  for (std::size_t i = 0; i < before / 2; ++i) host.hang_up(i);
  host.run_for(5s);
  offer_calls(host, 10 * kCapacity, 10s);
  host.run_for(1s);
  EXPECT_GE(host.present(), kCapacity * 85 / 100);
  EXPECT_LE(host.present(), kCapacity * 105 / 100);
  expect_all_on_time(host, host.callers().size(), 5ms);
}

TEST(AdmissionSim, OffAdmitsToTheSlotsAndThenEveryoneIsLate) {
  LoadedHostConfig config = kSlow;
  config.admission.by_headroom = false;
  config.participants_per_core = 300;
  LoadedHost host(config);
  offer_calls(host, 320, 2s);
  host.run_for(2s);
  EXPECT_EQ(host.present(), 300U);
  EXPECT_EQ(host.refused(), 20U);
  EXPECT_GT(host.late_ticks(), 1'000U) << "or the model cost nothing and the other tests show nothing";
}

// One room of 100 is half of the core's time: 10 ms, which one sub-slot cannot hold and eight of 2.5 ms can.
TEST(AdmissionSim, ARoomThatFillsHalfTheCoreIsSpreadOverTheWheelAndNeverLate) {
  for (const std::size_t share : {100U, 13U}) {
    LoadedHostConfig config = kSlow;
    config.admission.by_headroom = false;
    config.share_participants = share;
    LoadedHost host(config);
    for (int i = 0; i < 100; ++i) {
      host.dial("hall");
      host.run_for(10ms);
    }
    host.run_for(1s);
    ASSERT_EQ(host.present(), 100U);
    if (share == 100) {
      EXPECT_GT(host.late_ticks(), 50U) << "as one share";
      continue;
    }
    EXPECT_EQ(host.counters(0).conferences.value(), 8);
    EXPECT_EQ(host.counters(0).peer_ticks_missed.value(), 0U);
    expect_all_on_time(host, host.callers().size(), 5ms);
  }
}

TEST(AdmissionSim, ABurstFillsTwoCoresEvenlyAndStopsInTime) {
  LoadedHost host({.cores = 2, .packet_cost = 5us});  // 10 us each: 1 600 a core
  offer_calls(host, 6'000, 1s);
  host.run_for(500ms);
  const auto first = host.counters(0).participants.value();
  const auto second = host.counters(1).participants.value();
  EXPECT_NEAR(static_cast<double>(first), static_cast<double>(second),
              200);  // they close one after the other
  EXPECT_GT(first + second, 1'600);
  EXPECT_LE(first + second, 2 * 1'600);
  EXPECT_EQ(host.refused_wrongly(), 0U);
  expect_all_on_time(host, host.callers().size(), 5ms);
}

}  // namespace
}  // namespace tutti::sim
