#include "dataplane/base/counters.h"

#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/status_counters.h"

namespace tutti::base {
namespace {

TEST(Counter, Counts) {
  Counter counter;
  EXPECT_EQ(counter.value(), 0u);
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42u);
}

TEST(StatusCounters, CountByStatusWhatIsOne) {
  StatusCounters counters;
  for (const int status : {0, 99, 100, 404, 404, 699, 700, -1}) counters.add(status);
  EXPECT_EQ(counters.value(100), 1u);
  EXPECT_EQ(counters.value(404), 2u);
  EXPECT_EQ(counters.value(699), 1u);
  for (const int status : {-1, 0, 99, 200, 700}) EXPECT_EQ(counters.value(status), 0u) << status;
}

TEST(Gauge, GoesUpAndDown) {
  Gauge gauge;
  gauge.add(3);
  gauge.add(-5);
  EXPECT_EQ(gauge.value(), -2);
  gauge.set(7);
  EXPECT_EQ(gauge.value(), 7);
}

TEST(Counter, ReadersSeeItGrowOnly) {
  constexpr std::uint64_t kSteps = 100'000;
  Counter counter;
  std::thread writer([&counter] {
    for (std::uint64_t i = 0; i < kSteps; ++i) counter.add();
  });
  std::uint64_t last = 0, steps_back = 0;
  while (last < kSteps) {
    const auto now = counter.value();
    steps_back += now < last ? 1 : 0;
    last = now;
  }
  writer.join();
  EXPECT_EQ(steps_back, 0u);
}

TEST(DropCounters, KeepsTheReasonsApart) {
  DropCounters drops;
  drops.add(DropReason::kLate);
  drops.add(DropReason::kStranger, 2);
  EXPECT_EQ(drops.value(DropReason::kLate), 1u);
  EXPECT_EQ(drops.value(DropReason::kStranger), 2u);
  EXPECT_EQ(drops.value(DropReason::kTruncated), 0u);
  EXPECT_EQ(drops.total(), 3u);
}

TEST(DropReason, EachHasANameOfItsOwn) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kDropReasons; ++i) {
    const std::string name(to_string(static_cast<DropReason>(i)));
    EXPECT_NE(name, "unknown") << i;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), kDropReasons);
}

}  // namespace
}  // namespace tutti::base
