#include <array>
#include <string_view>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/rtp/rtcp_packet.h"
#include "dataplane/rtp/rtcp_writer.h"
#include "dataplane/rtp/rtp_packet.h"
#include "tests/unit/rtp/bytes.h"

namespace tutti::rtp {
namespace {

using base::DropReason;

ReportBlock sample_block() {
  return {Ssrc{0xCAFEBABE}, 64, -3, 0x00010203, 17, 0x55667788, 65'536};
}

struct CompoundShape {
  const char* name;
  const char* hex;
  DropReason reason = DropReason::kCount;  // kCount: it is taken
};

const CompoundShape kCompoundShapes[] = {
    {"empty", "", DropReason::kTruncated},
    {"three bytes", "80 c9 00", DropReason::kTruncated},
    {"empty RR", "80 c9 0001 00000001"},
    {"RR without a sender", "80 c9 0000", DropReason::kMalformed},
    {"length beyond the datagram", "80 c9 0002 00000001", DropReason::kTruncated},
    {"version 1", "40 c9 0001 00000001", DropReason::kBadVersion},
    {"version 1 in the second packet", "80 c9 0001 00000001 40 cb 0000", DropReason::kBadVersion},
    {"SDES first", "80 ca 0000", DropReason::kMalformed},
    {"BYE first", "81 cb 0001 00000001", DropReason::kMalformed},
    {"RR that promises a block it has not", "81 c9 0001 00000001", DropReason::kMalformed},
    {"SR without sender info", "80 c8 0001 00000001", DropReason::kMalformed},
    {"BYE that promises more sources", "80 c9 0001 00000001 82 cb 0001 00000001", DropReason::kMalformed},
    {"APP without a name", "80 c9 0001 00000001 80 cc 0001 00000001", DropReason::kMalformed},
    {"unknown type between", "80 c9 0001 00000001 81 cd 0002 00000001 ffffffff 81 cb 0001 00000001"},
    {"tail of two bytes", "80 c9 0001 00000001 8000", DropReason::kTruncated},
    {"profile extension in an RR", "80 c9 0002 00000001 12345678"},
    {"padded at the end", "80 c9 0001 00000001 a0 cb 0001 00000004"},
    {"padded in the middle", "a0 c9 0002 00000001 00000004 80 cb 0000", DropReason::kMalformed},
    {"padding eats the sender", "a0 c9 0001 00000004", DropReason::kMalformed},
    {"padding of zero", "a0 c9 0002 00000001 00000000", DropReason::kMalformed},
    {"padding that is no word", "a0 c9 0002 00000001 00000003", DropReason::kMalformed},
    {"padding beyond the packet", "a0 c9 0002 00000001 000000fc", DropReason::kMalformed},
};

TEST(RtcpCompound, TakesOrRefusesEveryShape) {
  for (const CompoundShape& shape : kCompoundShapes) {
    SCOPED_TRACE(shape.name);
    const auto datagram = bytes(shape.hex);
    auto compound = RtcpCompound::parse(datagram);
    if (shape.reason == DropReason::kCount) {
      ASSERT_TRUE(compound);
      int packets = 0;
      while (compound->next()) ++packets;
      EXPECT_GE(packets, 1);
    } else {
      ASSERT_FALSE(compound);
      EXPECT_EQ(compound.error(), shape.reason);
    }
  }
}

TEST(RtcpCompound, SkipsUnknownTypes) {
  const auto datagram =
      bytes("80 c9 0001 00000001 81 cd 0002 00000001 ffffffff 82 cb 0002 00000007 00000008");
  auto compound = RtcpCompound::parse(datagram);
  ASSERT_TRUE(compound);
  const auto report = compound->next();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->type(), RtcpType::kReceiverReport);
  EXPECT_EQ(report->ssrc(), Ssrc{1});
  EXPECT_EQ(report->report_count(), 0U);
  EXPECT_EQ(report->bye_count(), 0U);
  const auto bye = compound->next();
  ASSERT_TRUE(bye);
  ASSERT_EQ(bye->bye_count(), 2U);
  EXPECT_EQ(bye->bye_source(0), Ssrc{7});
  EXPECT_EQ(bye->bye_source(1), Ssrc{8});
  EXPECT_FALSE(compound->next());
}

TEST(RtcpWriter, SenderReportReadsBack) {
  const SenderInfo info{0x0123456789ABCDEF, RtpTimestamp(0xFFFFFFF0), 1'000, 160'000};
  OutgoingReport report;
  report.sender = Ssrc{0x11223344};
  report.sender_info = info;
  report.report = sample_block();
  report.cname = std::string_view("AbCdEfGhIjKlMnOp");
  report.bye = true;

  std::array<std::byte, rtcp_bytes_max(16)> out;
  std::size_t written = 0;
  {
    const base::RealtimeSection realtime;
    written = write_rtcp(out, report);
  }
  EXPECT_TRUE(is_rtcp(out));
  // SR 52, SDES 4 + 4 + 2 + 16 and zeros up to 28, BYE 8
  ASSERT_EQ(written, 52U + 28U + 8U);

  auto compound = RtcpCompound::parse(std::span(out).first(written));
  ASSERT_TRUE(compound);
  const auto sr = compound->next();
  ASSERT_TRUE(sr);
  ASSERT_EQ(sr->type(), RtcpType::kSenderReport);
  EXPECT_EQ(sr->ssrc(), report.sender);
  EXPECT_EQ(sr->sender_info(), info);
  ASSERT_EQ(sr->report_count(), 1U);
  EXPECT_EQ(sr->report(0), sample_block());
  const auto sdes = compound->next();
  ASSERT_TRUE(sdes);
  EXPECT_EQ(sdes->type(), RtcpType::kSourceDescription);
  EXPECT_EQ(sdes->ssrc(), report.sender);
  const auto bye = compound->next();
  ASSERT_TRUE(bye);
  ASSERT_EQ(bye->bye_count(), 1U);
  EXPECT_EQ(bye->bye_source(0), report.sender);
  EXPECT_FALSE(compound->next());
}

TEST(RtcpWriter, CnameEndsWithOneToFourZerosOnAWord) {
  const std::string_view letters = "abcdefghijklmnop";
  for (std::size_t n = 0; n <= letters.size(); ++n) {
    OutgoingReport report;
    report.cname = letters.substr(0, n);
    std::array<std::byte, rtcp_bytes_max(16)> out;
    out.fill(std::byte{0xEE});
    const std::size_t written = write_rtcp(out, report);
    ASSERT_EQ(written % 4, 0U);
    ASSERT_TRUE(RtcpCompound::parse(std::span(out).first(written)));
    const auto sdes = std::span(out).subspan(8, written - 8);
    EXPECT_EQ(sdes[8], std::byte{1});
    ASSERT_EQ(sdes[9], static_cast<std::byte>(n));
    for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(sdes[10 + i], static_cast<std::byte>(letters[i]));
    const std::size_t zeros = sdes.size() - 10 - n;
    EXPECT_GE(zeros, 1U);
    EXPECT_LE(zeros, 4U);
    for (std::size_t i = 10 + n; i < sdes.size(); ++i) EXPECT_EQ(sdes[i], std::byte{0});
  }
}

TEST(RtcpWriter, CnameEndsAtNul) {
  const std::array<char, 16> cname = {'a', 'b', '\0', 'x'};
  OutgoingReport report;
  report.cname = cname;
  std::array<std::byte, rtcp_bytes_max(16)> out;
  const std::size_t written = write_rtcp(out, report);
  EXPECT_EQ(written, 8U + 4U + 4U + 2U + 2U + 4U);
  EXPECT_EQ(out[8 + 9], std::byte{2});
}

TEST(RtcpWriter, WritesNothingIntoTooLittleRoom) {
  OutgoingReport report;
  report.sender_info = SenderInfo{};
  report.report = sample_block();
  report.cname = std::string_view("abcd");
  report.bye = true;
  std::array<std::byte, 256> out;
  const std::size_t full = write_rtcp(out, report);
  ASSERT_GT(full, 0U);
  ASSERT_LE(full, rtcp_bytes_max(4));
  for (std::size_t n = 0; n < full; ++n) EXPECT_EQ(write_rtcp(std::span(out).first(n), report), 0U);
}

TEST(RtcpCompound, EveryPrefixAndEveryFlippedBitIsSafe) {
  OutgoingReport report;
  report.sender_info = SenderInfo{};
  report.report = sample_block();
  report.cname = std::string_view("abcd");
  report.bye = true;
  std::array<std::byte, 128> out{};
  const std::size_t written = write_rtcp(out, report);
  const auto read_all = [](std::span<const std::byte> datagram) {
    auto compound = RtcpCompound::parse(datagram);
    if (!compound) return;
    while (const auto packet = compound->next()) {
      if (packet->type() == RtcpType::kSenderReport) packet->sender_info();
      for (std::size_t i = 0; i < packet->report_count(); ++i) packet->report(i);
      for (std::size_t i = 0; i < packet->bye_count(); ++i) packet->bye_source(i);
      packet->ssrc();
    }
  };
  for (std::size_t n = 0; n <= written; ++n) read_all(std::span(out).first(n));
  for (std::size_t bit = 0; bit < written * 8; ++bit) {
    std::vector<std::byte> flipped(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(written));
    flipped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    read_all(flipped);
  }
}

}  // namespace
}  // namespace tutti::rtp
