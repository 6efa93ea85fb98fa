#include "signaling/server/cpu_set.h"

#include <numeric>
#include <thread>

#include <gtest/gtest.h>

namespace tutti::server {
namespace {

TEST(CpuSet, ReadsAndWritesLists) {
  EXPECT_EQ(parse_cpu_set("1"), CpuSet({1}));
  EXPECT_EQ(parse_cpu_set("3,1,1"), CpuSet({1, 3}));
  EXPECT_EQ(parse_cpu_set("2-5,4-6,9"), CpuSet({2, 3, 4, 5, 6, 9}));
  EXPECT_EQ(to_string(CpuSet{1}), "1");
  EXPECT_EQ(to_string(CpuSet{1, 2}), "1,2");
  EXPECT_EQ(to_string(CpuSet{0, 2, 3, 4, 8}), "0,2-4,8");
  for (const char* bad :
       {"", ",", "1,", "a", "-", "1-", "-1", "2-1", "1024", "1 ", "1-2-3", "0x1", "99999999999"}) {
    EXPECT_FALSE(parse_cpu_set(bad)) << bad;
  }
}

TEST(CpuSet, MediaLeavesTheFirstCpuAlone) {
  EXPECT_EQ(default_media_cpus({0}), CpuSet({0}));
  EXPECT_EQ(default_media_cpus({0, 1}), CpuSet({1}));
  EXPECT_EQ(default_media_cpus({2, 5, 7}), CpuSet({7}));
  EXPECT_EQ(default_media_cpus({0, 1, 2, 3, 4, 5, 6, 7}), CpuSet({1, 2, 3, 4, 5, 6, 7}));
  CpuSet many(100);
  std::iota(many.begin(), many.end(), 0);
  EXPECT_EQ(default_media_cpus(many).size(), 64U);
  EXPECT_EQ(default_media_cpus(many).back(), 99);
}

TEST(CpuSet, ControlStaysOffTheMediaCpusWhereItCan) {
  EXPECT_EQ(control_cpus({0, 1, 2}, {1, 2}), CpuSet({0}));
  EXPECT_EQ(control_cpus({0, 1}, {0, 1}), CpuSet({0, 1}));
}

TEST(CpuSet, AThreadIsKeptOnItsCpus) {
  const CpuSet allowed = allowed_cpus();
  ASSERT_FALSE(allowed.empty());
  CpuSet after;
  std::thread([&] {
    set_thread_affinity({allowed.back()});
    after = allowed_cpus();
  }).join();
  EXPECT_EQ(after, CpuSet({allowed.back()}));
  EXPECT_EQ(allowed_cpus(), allowed);
}

}  // namespace
}  // namespace tutti::server
