#include "dataplane/net/mld_packet.h"

#include <array>
#include <cstring>

#include <gtest/gtest.h>

#include "dataplane/net/internet_checksum.h"
#include "wire_bytes.h"

namespace tutti::net {
namespace {

using namespace std::chrono_literals;
using base::DropReason;

const base::SocketAddress kAskedGroup = *base::parse_ip("ff02::1:ff00:1");
const base::SocketAddress kOtherGroup = *base::parse_ip("ff02::1:ff00:2");
const base::SocketAddress kLink = *base::parse_ip("fe80::1");

// From fe80::9 to ff02::1, with a router alert: all groups, within 10 000 ms.
const Bytes kHead =
    hex("60 00 00 00 00 24 00 01 | FE 80 00 00 00 00 00 00 00 00 00 00 00 00 00 09 |"
        "FF 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01 | 3A 00 05 02 00 00 01 00");
const Bytes kMessage =
    hex("82 00 00 00 27 10 00 00 | 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 | 02 7D 00 00");

// With its lengths and its sum put right.
Bytes mended(Bytes bytes) {
  bytes.at(4) = static_cast<std::byte>((bytes.size() - 40) >> 8);
  bytes.at(5) = static_cast<std::byte>(bytes.size() - 40);
  const std::span message = std::span(bytes).subspan(48);
  std::memset(&message[2], 0, 2);
  const IpPacket ip{.family = base::AddressFamily::kIpv6,
                    .protocol = IpProtocol::kIcmpv6,
                    .addresses = std::span(bytes).subspan(8, 32)};
  const std::uint16_t sum = checksum(ip.pseudo_sum(message.size()) + internet_sum(message));
  std::memcpy(&message[2], &sum, 2);
  return bytes;
}
base::Result<MldQuery, DropReason> parse_query(const Bytes& bytes) {
  const auto ip = parse_ip_packet(bytes, Checksums::kUnknown);
  if (!ip) return base::unexpected(ip.error());
  return parse_mld_query(*ip);
}
DropReason query_refusal(const Bytes& bytes) {
  const auto read = parse_query(mended(bytes));
  return read ? DropReason::kCount : read.error();
}
const Bytes kQuery = mended(kHead + kMessage);

TEST(MldPacketTest, ReadsAQueryOfEitherVersion) {
  const auto second = parse_query(kQuery);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->version_1);
  EXPECT_TRUE(second->group.unspecified());
  EXPECT_EQ(second->within, 10s);
  Bytes shorter = kHead + kMessage;
  shorter.resize(48 + 24);
  std::memcpy(&shorter[56], kAskedGroup.ip.data(), 16);
  const auto first = parse_query(mended(shorter));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->version_1);
  EXPECT_EQ(first->group, kAskedGroup);
  EXPECT_EQ(first->within, 10s);
}

// Section 5.1.3: from 32 768 on it is a mantissa and an exponent.
TEST(MldPacketTest, ReadsALongTimeToAnswer) {
  const auto longer = parse_query(mended(with(with(kQuery, 52, 0x80), 53, 0x00)));
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->within, 32'768ms);
  EXPECT_EQ(parse_query(mended(with(with(kQuery, 52, 0xFF), 53, 0xFF)))->within, 8'387'584ms);
}

TEST(MldPacketTest, DiscardsWhatIsNoRoutersOnTheLink) {
  EXPECT_EQ(query_refusal(kQuery), DropReason::kCount);
  EXPECT_EQ(query_refusal(with(kQuery, 7, 2)), DropReason::kMalformed) << "a hop limit of 2";
  EXPECT_EQ(query_refusal(with(kQuery, 8, 0x20)), DropReason::kMalformed) << "from beyond the link";
  EXPECT_EQ(query_refusal(with(kQuery, 42, 1)), DropReason::kMalformed) << "no router alert";
  EXPECT_EQ(query_refusal(with(kQuery, 45, 1)), DropReason::kMalformed) << "an alert of another kind";
  EXPECT_EQ(query_refusal(with(kQuery, 43, 9)), DropReason::kMalformed) << "an option beyond its header";
  EXPECT_EQ(query_refusal(with(kQuery, 56, 0x20)), DropReason::kMalformed) << "a group that is none";
  EXPECT_EQ(query_refusal(with(kQuery, 48, 131)), DropReason::kOtherProtocol) << "somebody else's report";
  EXPECT_EQ(query_refusal(with(kQuery, 40, 17)), DropReason::kOtherProtocol);
  EXPECT_EQ(query_refusal(with(kQuery, 41, 5)), DropReason::kTruncated);
  EXPECT_EQ(parse_query(with(kQuery, 50, 1)).error(), DropReason::kBadChecksum);
  Bytes between = kQuery;
  between.resize(48 + 26);
  EXPECT_EQ(query_refusal(between), DropReason::kMalformed) << "of neither version's length";
  for (std::size_t bytes = 0; bytes < kQuery.size(); ++bytes) {
    EXPECT_FALSE(parse_query(Bytes(kQuery.begin(), kQuery.begin() + static_cast<std::ptrdiff_t>(bytes))));
  }
}

TEST(MldPacketTest, WritesAReport) {
  Bytes out(kMldReportBytesMax);
  const std::array groups{kAskedGroup, kOtherGroup};
  out.resize(write_mld_report(MldRecord::kChangeToExclude, groups, kLink, out.data()));
  EXPECT_EQ(out, mended(hex("60 00 00 00 00 38 00 01 | FE 80 00 00 00 00 00 00 00 00 00 00 00 00 00 01 |"
                            "FF 02 00 00 00 00 00 00 00 00 00 00 00 00 00 16 | 3A 00 05 02 00 00 01 00 |"
                            "8F 00 00 00 00 00 00 02 |"
                            "04 00 00 00 FF 02 00 00 00 00 00 00 00 00 00 01 FF 00 00 01 |"
                            "04 00 00 00 FF 02 00 00 00 00 00 00 00 00 00 01 FF 00 00 02")));
}

TEST(MldPacketTest, WritesAReportOfVersion1) {
  Bytes out(kMldReportBytesMax);
  out.resize(write_mld_report_v1(kAskedGroup, *base::parse_ip("::"), out.data()));
  EXPECT_EQ(out, mended(hex("60 00 00 00 00 20 00 01 | 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 |"
                            "FF 02 00 00 00 00 00 00 00 00 00 01 FF 00 00 01 | 3A 00 05 02 00 00 01 00 |"
                            "83 00 00 00 00 00 00 00 | FF 02 00 00 00 00 00 00 00 00 00 01 FF 00 00 01")));
}

TEST(MldPacketTest, AReportOfAllGroupsFitsIntoAFrame) {
  Bytes out(kMldReportBytesMax);
  const std::vector<base::SocketAddress> groups(kMldGroupsMax, kAskedGroup);
  EXPECT_EQ(write_mld_report(MldRecord::kIsExclude, groups, kLink, out.data()), kMldReportBytesMax);
  EXPECT_LE(kMldReportBytesMax, 1'500u);
}

}  // namespace
}  // namespace tutti::net
