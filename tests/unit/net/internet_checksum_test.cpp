#include "dataplane/net/internet_checksum.h"

#include <array>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "wire_bytes.h"

namespace tutti::net {
namespace {

// RFC 1071, section 4.1, the plain way, in network order.
std::uint16_t plain(std::span<const std::byte> bytes) {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    total += std::to_integer<std::uint32_t>(bytes[i]) << (i % 2 == 0 ? 8 : 0);
  }
  while (total > 0xFFFF) total = (total >> 16) + (total & 0xFFFF);
  return static_cast<std::uint16_t>(total);
}
// As it would be written.
std::uint16_t in_order(std::uint16_t sum) {
  std::byte bytes[2];
  std::memcpy(bytes, &sum, sizeof(sum));
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8 |
                                    std::to_integer<unsigned>(bytes[1]));
}

TEST(InternetChecksumTest, IsThatOfTheRfc) {
  // Section 3: 00 01 f2 03 f4 f5 f6 f7 sum to ddf2.
  const Bytes example = hex("00 01 f2 03 f4 f5 f6 f7");
  EXPECT_EQ(in_order(fold(internet_sum(example))), 0xDDF2);
  EXPECT_EQ(in_order(checksum(internet_sum(example))), 0x220D);
  EXPECT_TRUE(comes_out(internet_sum(example + hex("22 0d"))));
  EXPECT_FALSE(comes_out(internet_sum(example + hex("22 0e"))));
}

TEST(InternetChecksumTest, IsThePlainOneAtEveryLengthAndAlignment) {
  std::mt19937 random(7);
  Bytes memory(1'600);
  for (auto& byte : memory) byte = static_cast<std::byte>(random());
  for (std::size_t length = 0; length <= 1'500; ++length) {
    const auto bytes = std::span(memory).subspan(length % 17, length);
    EXPECT_EQ(in_order(fold(internet_sum(bytes))), plain(bytes)) << length;
  }
}

// With the widest vectors, without any, and with those between: several at once, each in memory of its own,
// so that who reads beyond it is found.
TEST(InternetChecksumTest, IsTheSameByEveryWayThatThisProcessorHas) {
  std::mt19937 random(11);
  ASSERT_FALSE(sum_ways().empty());
  EXPECT_EQ(sum_ways().back().name, "words");
  for (std::size_t first = 0; first <= 1'500; first += 3) {
    std::vector<Bytes> memory;
    std::vector<SumPiece> pieces;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t before = random() % 65;
      Bytes& bytes = memory.emplace_back(before + first + i);
      for (auto& byte : bytes) byte = static_cast<std::byte>(random() % 4 == 0 ? 0xFFU : random());
      pieces.push_back({bytes.data() + before, bytes.size() - before});
    }
    for (const SumWay& way : sum_ways()) {
      std::array<std::uint64_t, 3> sums{};
      way.sum(pieces, sums.data());
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        const SumPiece& piece = pieces[i];
        EXPECT_EQ(in_order(fold(sums[i])), plain({piece.at, piece.bytes})) << way.name << ' ' << piece.bytes;
        EXPECT_LT(sums[i], std::uint64_t{1} << 48);
      }
    }
  }
}

TEST(InternetChecksumTest, SumsNoneAndSeveral) {
  internet_sums({}, {});
  const Bytes one = hex("00 01 f2 03 f4 f5 f6 f7");
  const Bytes other = hex("01");
  const std::array pieces{SumPiece{one.data(), one.size()}, SumPiece{nullptr, 0}, SumPiece{other.data(), 1}};
  std::array<std::uint64_t, 4> sums{7, 7, 7, 7};
  internet_sums(pieces, sums);
  EXPECT_EQ(in_order(fold(sums[0])), 0xDDF2);
  EXPECT_EQ(sums[1], 0u);
  EXPECT_EQ(in_order(fold(sums[2])), 0x0100);
  EXPECT_EQ(sums[3], 7u);
}

TEST(InternetChecksumTest, BringsEveryCarryRound) {
  const Bytes ones(65'535, std::byte{0xFF});
  EXPECT_EQ(in_order(fold(internet_sum(ones))), plain(ones));
  for (const SumWay& way : sum_ways()) {
    const SumPiece piece{ones.data(), ones.size()};
    std::uint64_t sum = 0;
    way.sum({&piece, 1}, &sum);
    EXPECT_EQ(in_order(fold(sum)), plain(ones)) << way.name;
    EXPECT_LT(sum, std::uint64_t{1} << 48);
  }
  EXPECT_EQ(fold(UINT64_MAX), 0xFFFF);
  EXPECT_EQ(fold(0), 0);
  EXPECT_EQ(fold(0xFFFF'FFFF'0000'0000), 0xFFFF);
}

TEST(InternetChecksumTest, ComesOutWhereItFoldsToOnes) {
  EXPECT_FALSE(comes_out(0));
  std::mt19937_64 random(13);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t sum = random() >> (random() % 64);
    const std::uint64_t whole = sum / 0xFFFF * 0xFFFF;
    for (const std::uint64_t each : {sum, whole, whole + 1}) {
      ASSERT_EQ(comes_out(each), fold(each) == 0xFFFF) << each;
    }
  }
}

}  // namespace
}  // namespace tutti::net
