#include "dataplane/rtp/rtp_packet.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/rtp/bytes.h"

namespace tutti::rtp {
namespace {

using base::DropReason;

TEST(RtpPacket, ReadsEveryFieldOfAPlainPacket) {
  const auto datagram = bytes("80 88 fffe 80000001 deadbeef 01 02 03");
  const auto packet = parse_rtp(datagram);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header.payload_type, PayloadType{8});
  EXPECT_TRUE(packet->header.marker);
  EXPECT_EQ(packet->header.sequence_number, SequenceNumber(0xFFFE));
  EXPECT_EQ(packet->header.timestamp, RtpTimestamp(0x80000001));
  EXPECT_EQ(packet->header.ssrc, Ssrc{0xDEADBEEF});
  ASSERT_EQ(packet->payload.size(), 3U);
  EXPECT_EQ(packet->payload[0], std::byte{1});
}

struct PacketShape {
  const char* name;
  const char* hex;
  int payload_bytes;  // or, below zero, why not
  DropReason reason = DropReason::kCount;
};

const PacketShape kPacketShapes[] = {
    {"empty", "", -1, DropReason::kTruncated},
    {"one byte", "80", -1, DropReason::kTruncated},
    {"eleven bytes", "80 00 0001 00000001 000000", -1, DropReason::kTruncated},
    {"header alone", "80 00 0001 00000001 00000001", 0},
    {"version 0", "00 00 0001 00000001 00000001 ff", -1, DropReason::kBadVersion},
    {"version 1", "40 00 0001 00000001 00000001 ff", -1, DropReason::kBadVersion},
    {"version 3", "c0 00 0001 00000001 00000001 ff", -1, DropReason::kBadVersion},
    {"one CSRC", "81 00 0001 00000001 00000001 aaaaaaaa ff", 1},
    {"CSRC cut off", "81 00 0001 00000001 00000001 aaaaaa", -1, DropReason::kTruncated},
    {"15 CSRCs promised, none there", "8f 00 0001 00000001 00000001 ff", -1, DropReason::kTruncated},
    {"extension of no words", "90 00 0001 00000001 00000001 bede0000 ffff", 2},
    {"extension of one word", "90 00 0001 00000001 00000001 bede0001 10203040 ff", 1},
    {"extension header cut off", "90 00 0001 00000001 00000001 bede00", -1, DropReason::kTruncated},
    {"extension cut off", "90 00 0001 00000001 00000001 bede0001 102030", -1, DropReason::kTruncated},
    {"extension of 65 535 words", "90 00 0001 00000001 00000001 bedeffff ff", -1, DropReason::kTruncated},
    {"CSRC and extension", "91 00 0001 00000001 00000001 aaaaaaaa bede0001 10203040 ff", 1},
    {"padding of 2", "a0 00 0001 00000001 00000001 11 0002", 1},
    {"nothing but padding", "a0 00 0001 00000001 00000001 000003", 0},
    {"padding longer than the payload", "a0 00 0001 00000001 00000001 110004", -1, DropReason::kMalformed},
    {"padding of zero", "a0 00 0001 00000001 00000001 110000", -1, DropReason::kMalformed},
    {"padding without a payload", "a0 00 0001 00000001 00000001", -1, DropReason::kMalformed},
    {"padding may not eat the extension", "b0 00 0001 00000001 00000001 bede0001 00000008", -1,
     DropReason::kMalformed},
};

TEST(RtpPacket, TakesOrRefusesEveryShape) {
  for (const PacketShape& shape : kPacketShapes) {
    SCOPED_TRACE(shape.name);
    const auto datagram = bytes(shape.hex);
    const auto packet = parse_rtp(datagram);
    if (shape.payload_bytes >= 0) {
      ASSERT_TRUE(packet);
      EXPECT_EQ(packet->payload.size(), static_cast<std::size_t>(shape.payload_bytes));
    } else {
      ASSERT_FALSE(packet);
      EXPECT_EQ(packet.error(), shape.reason);
    }
  }
}

TEST(RtpPacket, EveryPrefixOfALongPacketIsSafe) {
  const auto datagram =
      bytes("b2 00 0001 00000001 00000001 aaaaaaaa bbbbbbbb bede0001 10203040 112233 02 02");
  for (std::size_t n = 0; n <= datagram.size(); ++n) {
    const auto packet = parse_rtp(std::span(datagram).first(n));
    if (packet) {
      EXPECT_LE(packet->payload.size(), n - 28);  // 12 + 2 x 4 + 8
    }
  }
}

TEST(RtpPacket, WhatIsWrittenReadsBack) {
  for (const bool marker : {false, true}) {
    const RtpHeader header{PayloadType{101}, marker, SequenceNumber(0x1234), RtpTimestamp(0xFEDCBA98),
                           Ssrc{0x89ABCDEF}};
    std::array<std::byte, kRtpHeaderBytes> out{};
    write_rtp_header(out, header);
    const auto packet = parse_rtp(out);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->header, header);
    EXPECT_FALSE(is_rtcp(out));
  }
}

TEST(RtpPacket, TellsRtcpOnASharedPort) {
  EXPECT_FALSE(is_rtcp(bytes("")));
  EXPECT_FALSE(is_rtcp(bytes("80")));
  EXPECT_FALSE(is_rtcp(bytes("80 bf")));  // marker and payload type 63
  EXPECT_TRUE(is_rtcp(bytes("80 c0")));   // 192
  EXPECT_TRUE(is_rtcp(bytes("80 c8")));   // SR
  EXPECT_TRUE(is_rtcp(bytes("80 df")));   // 223
  EXPECT_FALSE(is_rtcp(bytes("80 e0")));  // marker and payload type 96
  EXPECT_FALSE(is_rtcp(bytes("80 00")));
}

}  // namespace
}  // namespace tutti::rtp
