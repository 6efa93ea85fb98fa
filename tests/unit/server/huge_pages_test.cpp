#include "signaling/server/huge_pages.h"

#include <gtest/gtest.h>

namespace tutti::server {
namespace {

constexpr std::size_t kMegabyte = 1 << 20;

TEST(HugePages, SaysThatASlabIsOnThem) {
  EXPECT_EQ(huge_page_line(3, {80 * kMegabyte, 80 * kMegabyte}, 40),
            "the core on CPU 3 has its slabs of 80 MB on reserved huge pages");
}

TEST(HugePages, SaysHowManyMoreToReserve) {
  EXPECT_EQ(huge_page_line(1, {80 * kMegabyte, 12 * kMegabyte}, 6),
            "the core on CPU 1 asked for 80 MB of reserved huge pages and has 12, too few were free: reserve "
            "34 more pages of 2 MB on its node (nr_hugepages in /sys/kernel/mm/hugepages/hugepages-2048kB)");
}

TEST(HugePages, SaysNothingWhereNoneAreReservedOrWanted) {
  EXPECT_EQ(huge_page_line(1, {80 * kMegabyte, 0}, 0), "");
  EXPECT_EQ(huge_page_line(1, {}, 512), "");
}

}  // namespace
}  // namespace tutti::server
