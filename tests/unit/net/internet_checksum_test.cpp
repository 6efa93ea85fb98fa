#include "dataplane/net/internet_checksum.h"

#include <cstring>
#include <random>

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

TEST(InternetChecksumTest, BringsEveryCarryRound) {
  const Bytes ones(65'535, std::byte{0xFF});
  EXPECT_EQ(in_order(fold(internet_sum(ones))), plain(ones));
  EXPECT_EQ(fold(UINT64_MAX), 0xFFFF);
  EXPECT_EQ(fold(0), 0);
  EXPECT_EQ(fold(0xFFFF'FFFF'0000'0000), 0xFFFF);
}

}  // namespace
}  // namespace tutti::net
