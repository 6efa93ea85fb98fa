#include "dataplane/net/arp_packet.h"

#include <gtest/gtest.h>

#include "wire_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;

// Who has 192.0.2.1? Tell 192.0.2.9. Source: RFC 826, "Packet format".
const Bytes kRequest =
    hex("00 01 08 00 06 04 00 01 | 02 00 00 00 00 09 C0 00 02 09 | 00 00 00 00 00 00 C0 00 02 01");

DropReason arp_refusal(const Bytes& payload) {
  const auto read = parse_arp_packet(payload);
  return read ? DropReason::kCount : read.error();
}

TEST(ArpPacketTest, ReadsARequestAndItsPadding) {
  const auto read = parse_arp_packet(kRequest + Bytes(18));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, ArpPacket::Kind::kRequest);
  EXPECT_EQ(read->sender_mac, (MacAddress{2, 0, 0, 0, 0, 9}));
  EXPECT_EQ(base::ip_to_string(read->sender_ip), "192.0.2.9");
  EXPECT_EQ(read->target_mac, MacAddress{});
  EXPECT_EQ(base::ip_to_string(read->target_ip), "192.0.2.1");
}

TEST(ArpPacketTest, WritesAReply) {
  Bytes out(ArpPacket::kBytes);
  EXPECT_EQ(write_arp_packet({.kind = ArpPacket::Kind::kReply,
                              .sender_mac = {2, 0, 0, 0, 0, 1},
                              .sender_ip = *base::parse_ip("192.0.2.1"),
                              .target_mac = {2, 0, 0, 0, 0, 9},
                              .target_ip = *base::parse_ip("192.0.2.9")},
                             out.data()),
            ArpPacket::kBytes);
  EXPECT_EQ(out,
            hex("00 01 08 00 06 04 00 02 | 02 00 00 00 00 01 C0 00 02 01 | 02 00 00 00 00 09 C0 00 02 09"));
}

TEST(ArpPacketTest, RefusesEveryTruncation) {
  for (std::size_t bytes = 0; bytes < kRequest.size(); ++bytes) {
    EXPECT_EQ(arp_refusal(Bytes(kRequest.begin(), kRequest.begin() + static_cast<std::ptrdiff_t>(bytes))),
              DropReason::kTruncated);
  }
}

TEST(ArpPacketTest, RefusesWhatIsNotOfIpv4OnEthernet) {
  for (const std::size_t at : {0u, 1u, 2u, 3u, 4u, 5u}) {
    EXPECT_EQ(arp_refusal(with(kRequest, at, 0x42)), DropReason::kOtherProtocol) << at;
  }
  for (const unsigned operation : {0u, 3u, 8u}) {  // 3: reverse ARP
    EXPECT_EQ(arp_refusal(with(kRequest, 7, operation)), DropReason::kMalformed) << operation;
  }
  EXPECT_EQ(arp_refusal(with(kRequest, 6, 1)), DropReason::kMalformed);
}

TEST(ArpPacketTest, RefusesASenderThatNobodyIs) {
  EXPECT_EQ(arp_refusal(with(kRequest, 8, 0x03)), DropReason::kMalformed);  // a group's MAC
  EXPECT_EQ(arp_refusal(with(with(kRequest, 8, 0), 13, 0)), DropReason::kMalformed);
  EXPECT_EQ(arp_refusal(with(kRequest, 14, 224)), DropReason::kMalformed);
  EXPECT_EQ(arp_refusal(with(kRequest, 14, 255)), DropReason::kMalformed);
  Bytes probe = kRequest;  // RFC 5227, section 1.1: a request from nobody
  for (std::size_t at = 14; at < 18; ++at) probe = with(probe, at, 0);
  EXPECT_EQ(arp_refusal(probe), DropReason::kCount);
  EXPECT_EQ(arp_refusal(with(probe, 7, 2)), DropReason::kMalformed);  // but no reply
}

}  // namespace
}  // namespace tutti::net
