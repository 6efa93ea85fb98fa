#include "dataplane/base/clock.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "dataplane/base/tick.h"

namespace tutti::base {
namespace {

TEST(MonotonicNow, NeverGoesBack) {
  Instant last = monotonic_now();
  for (int i = 0; i < 10'000; ++i) {
    const Instant now = monotonic_now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(NtpNow, IsTheWallClockSince1900) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  using std::chrono::system_clock;
  const auto unix_seconds = [] {
    return static_cast<std::uint64_t>(duration_cast<seconds>(system_clock::now().time_since_epoch()).count());
  };
  const auto before = unix_seconds();
  const auto ntp = ntp_now();
  const auto after = unix_seconds();
  // RFC 868 and RFC 5905: 70 years of 365 days and 17 leap days between the two epochs.
  constexpr std::uint64_t kEpochs = (70 * 365 + 17) * 86'400ULL;
  EXPECT_GE(ntp >> 32, before + kEpochs);
  EXPECT_LE(ntp >> 32, after + kEpochs);
}

TEST(NtpNow, ItsFractionRunsAtTheRateOfTheClock) {
  const Instant began = monotonic_now();
  const auto first = ntp_now();
  while (monotonic_now() - began < std::chrono::milliseconds(5)) {
  }
  const double ntp_seconds = static_cast<double>(ntp_now() - first) / 4'294'967'296.0;
  const double seconds = std::chrono::duration<double>(monotonic_now() - began).count();
  EXPECT_GT(ntp_seconds, 0.004);
  EXPECT_LT(ntp_seconds, seconds + 0.5);  // half a second for a wall clock that is being set
}

TEST(ThreadCpuTime, GrowsWithWorkAndNotWithSleep) {
  const Duration before = thread_cpu_time();
  while (thread_cpu_time() - before < std::chrono::milliseconds(2)) {
  }
  const Duration worked = thread_cpu_time();
  const Instant began = monotonic_now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const Duration slept = monotonic_now() - began;
  EXPECT_LT(thread_cpu_time() - worked, slept / 2);
}

TEST(Tick, IsAFrameAtTheMixRate) {
  EXPECT_EQ(kFrameSamples, 160u);
  EXPECT_EQ(sizeof(Frame) % 64, 0u);
  EXPECT_EQ(sizeof(SumFrame) % 64, 0u);
}

}  // namespace
}  // namespace tutti::base
