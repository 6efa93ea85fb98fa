#include "dataplane/base/slab_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/base/huge_page_tally.h"

namespace tutti::base {
namespace {

constexpr std::size_t kPiece = SlabMemory::kHugePageBytes;

// How much of the memory is there.
std::size_t resident(const SlabMemory& memory, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((bytes + page - 1) / page);
  EXPECT_EQ(mincore(memory.data(), bytes, pages.data()), 0);
  return page * static_cast<std::size_t>(std::count_if(pages.begin(), pages.end(),
                                                       [](unsigned char one) { return (one & 1) != 0; }));
}

// A field of /proc/self/smaps, of all mappings that begin within the memory.
std::size_t kilobytes(const SlabMemory& memory, std::size_t bytes, const std::string& field) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data());
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  std::size_t sum = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) here = std::stoull(line, nullptr, 16) - begin < bytes;
    if (here && line.starts_with(field + ":")) sum += std::stoul(line.substr(field.size() + 1));
  }
  return sum;
}

bool all_are(const SlabMemory& memory, std::size_t bytes, char value) {
  const auto* const begin = static_cast<const char*>(memory.data());
  return std::all_of(begin, begin + bytes, [value](char one) { return one == value; });
}

bool huge_pages_reserved() {
  std::ifstream file("/proc/sys/vm/nr_hugepages");
  int pages = 0;
  return file >> pages && pages != 0;
}

TEST(SlabMemory, IsZeroAndCostsNothingUntilItIsUsed) {
  const std::size_t bytes = 3 * kPiece - 100;
  for (const Pages pages : {Pages::kHuge, Pages::kPlain}) {
    const SlabMemory memory(bytes, pages);
    EXPECT_EQ(
        reinterpret_cast<std::uintptr_t>(memory.data()) % static_cast<std::size_t>(sysconf(_SC_PAGESIZE)),
        0u);
    if (pages == Pages::kHuge && huge_pages_reserved()) continue;  // those are there from the start
    EXPECT_EQ(resident(memory, bytes), 0u);
    EXPECT_TRUE(all_are(memory, bytes, 0));
  }
}

TEST(SlabMemory, IsReadyByPiecesAsFarAsItIsAskedFor) {
  if (huge_pages_reserved()) GTEST_SKIP() << "huge pages are reserved here, and ready from the start";
  const std::size_t bytes = 3 * kPiece - 100;
  SlabMemory memory(bytes, Pages::kHuge);
  memory.make_ready(0);
  EXPECT_EQ(resident(memory, bytes), 0u);
  memory.make_ready(1);
  EXPECT_EQ(resident(memory, bytes), kPiece);
  std::memset(memory.data(), 1, kPiece);
  memory.make_ready(kPiece);
  EXPECT_EQ(resident(memory, bytes), kPiece);
  memory.make_ready(kPiece + 1);
  EXPECT_EQ(resident(memory, bytes), 2 * kPiece);
  memory.make_ready(bytes);
  memory.make_ready(bytes + kPiece);
  EXPECT_EQ(resident(memory, bytes), 3 * kPiece);
  EXPECT_TRUE(all_are(memory, kPiece, 1)) << "what was ready, and in use, was touched";
}

TEST(SlabMemory, OfLessThanAPieceIsReadyToo) {
  const std::size_t bytes = 100'000;
  for (const Pages pages : {Pages::kHuge, Pages::kPlain}) {
    SlabMemory memory(bytes, pages);
    memory.make_ready(1);
    EXPECT_GE(resident(memory, bytes), bytes);
  }
}

TEST(SlabMemory, IsInTheTallyOfItsThread) {
  std::thread([] {
    const SlabMemory plain(3 * kPiece, Pages::kPlain);
    const SlabMemory small(kPiece - 1, Pages::kHuge);
    EXPECT_EQ(huge_page_tally().wanted_bytes, 0u);
    const SlabMemory memory(2 * kPiece + 1, Pages::kHuge);
    EXPECT_EQ(huge_page_tally().wanted_bytes, 3 * kPiece);
    // Reserved ones are there from the start.
    EXPECT_EQ(huge_page_tally().reserved_bytes, resident(memory, 3 * kPiece));
  }).join();
}

TEST(SlabMemory, IsOnHugePagesOnlyWhereItIsMadeReady) {
  std::string given;
  std::getline(std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled"), given);
  if (given.empty() || given.find("[never]") != std::string::npos)
    GTEST_SKIP() << "this kernel gives no transparent huge pages";
  if (huge_pages_reserved()) GTEST_SKIP() << "huge pages are reserved here";
  SlabMemory memory(4 * kPiece, Pages::kHuge);
  memory.make_ready(2 * kPiece);
  if (kilobytes(memory, 4 * kPiece, "AnonHugePages") == 0) GTEST_SKIP() << "this machine has none free";
  std::memset(memory.data(), 1, 4 * kPiece);
  EXPECT_EQ(kilobytes(memory, 4 * kPiece, "AnonHugePages"), 2 * kPiece / 1'024);
  EXPECT_EQ(kilobytes(memory, 4 * kPiece, "Rss"), 4 * kPiece / 1'024);
}

}  // namespace
}  // namespace tutti::base
