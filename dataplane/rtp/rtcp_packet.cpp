#include "dataplane/rtp/rtcp_packet.h"

#include "dataplane/base/check.h"
#include "dataplane/rtp/network_order.h"

namespace tutti::rtp {

namespace {

using base::DropReason;

constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kSsrcBytes = 4;
constexpr std::size_t kSenderInfoBytes = 20;
constexpr std::size_t kReportBlockBytes = 24;

constexpr std::uint8_t kSenderReport = static_cast<std::uint8_t>(RtcpType::kSenderReport);
constexpr std::uint8_t kReceiverReport = static_cast<std::uint8_t>(RtcpType::kReceiverReport);
constexpr std::uint8_t kBye = static_cast<std::uint8_t>(RtcpType::kBye);
constexpr std::uint8_t kApplication = static_cast<std::uint8_t>(RtcpType::kApplication);

std::size_t packet_bytes(std::span<const std::byte> rest) TUTTI_REALTIME {
  return kHeaderBytes + 4 * std::size_t{read_u16(rest, 2)};
}

// What the count in the header promises must lie in the body; profile extensions may follow it.
std::size_t bytes_needed(std::uint8_t type, std::size_t count) TUTTI_REALTIME {
  switch (type) {
    case kSenderReport:
      return kSsrcBytes + kSenderInfoBytes + count * kReportBlockBytes;
    case kReceiverReport:
      return kSsrcBytes + count * kReportBlockBytes;
    case kBye:
      return count * kSsrcBytes;
    case kApplication:
      return kSsrcBytes + 4;  // and a name
    default:
      return 0;  // its content is not read
  }
}

}  // namespace

Ssrc RtcpPacket::ssrc() const TUTTI_REALTIME {
  return body_.size() < kSsrcBytes || (type_ == RtcpType::kBye && count_ == 0) ? Ssrc{}
                                                                               : Ssrc{read_u32(body_, 0)};
}

SenderInfo RtcpPacket::sender_info() const TUTTI_REALTIME {
  CHECK(type_ == RtcpType::kSenderReport);
  SenderInfo info;
  info.ntp = std::uint64_t{read_u32(body_, 4)} << 32 | read_u32(body_, 8);
  info.timestamp = RtpTimestamp(read_u32(body_, 12));
  info.packets = read_u32(body_, 16);
  info.octets = read_u32(body_, 20);
  return info;
}

std::size_t RtcpPacket::report_count() const TUTTI_REALTIME {
  return type_ == RtcpType::kSenderReport || type_ == RtcpType::kReceiverReport ? count_ : 0;
}

ReportBlock RtcpPacket::report(std::size_t index) const TUTTI_REALTIME {
  CHECK(index < report_count());
  const std::size_t first = kSsrcBytes + (type_ == RtcpType::kSenderReport ? kSenderInfoBytes : 0);
  const auto in = body_.subspan(first + index * kReportBlockBytes, kReportBlockBytes);
  ReportBlock block;
  block.source = Ssrc{read_u32(in, 0)};
  block.fraction_lost = read_u8(in, 4);
  // 24 bits with a sign: moved to the top and back.
  block.cumulative_lost = static_cast<std::int32_t>(read_u32(in, 4) << 8) >> 8;
  block.highest_sequence = read_u32(in, 8);
  block.jitter = read_u32(in, 12);
  block.last_sender_report = read_u32(in, 16);
  block.delay_since_last = read_u32(in, 20);
  return block;
}

std::size_t RtcpPacket::bye_count() const TUTTI_REALTIME {
  return type_ == RtcpType::kBye ? count_ : 0;
}

Ssrc RtcpPacket::bye_source(std::size_t index) const TUTTI_REALTIME {
  CHECK(index < bye_count());
  return Ssrc{read_u32(body_, index * kSsrcBytes)};
}

base::Result<RtcpCompound, DropReason> RtcpCompound::parse(std::span<const std::byte> datagram)
    TUTTI_REALTIME {
  auto rest = datagram;
  if (rest.size() < kHeaderBytes) return base::unexpected(DropReason::kTruncated);
  while (!rest.empty()) {
    if (rest.size() < kHeaderBytes) return base::unexpected(DropReason::kTruncated);
    const std::uint8_t first = read_u8(rest, 0);
    const std::uint8_t type = read_u8(rest, 1);
    if (first >> 6 != 2) return base::unexpected(DropReason::kBadVersion);
    if (rest.size() == datagram.size() && type != kSenderReport && type != kReceiverReport) {
      return base::unexpected(DropReason::kMalformed);
    }
    std::size_t bytes = packet_bytes(rest);
    if (bytes > rest.size()) return base::unexpected(DropReason::kTruncated);
    const auto after = rest.subspan(bytes);
    if ((first & 0x20) != 0) {
      // Padding fills up the datagram, so only its last packet has any, and whole words of it.
      const std::size_t padding = read_u8(rest, bytes - 1);
      if (!after.empty() || padding == 0 || padding % 4 != 0 || padding > bytes - kHeaderBytes) {
        return base::unexpected(DropReason::kMalformed);
      }
      bytes -= padding;
    }
    if (bytes - kHeaderBytes < bytes_needed(type, first & 0x1F)) {
      return base::unexpected(DropReason::kMalformed);
    }
    rest = after;
  }
  return RtcpCompound(datagram);
}

std::optional<RtcpPacket> RtcpCompound::next() TUTTI_REALTIME {
  while (!rest_.empty()) {
    const std::size_t bytes = packet_bytes(rest_);
    const std::uint8_t type = read_u8(rest_, 1);
    const auto count = static_cast<std::uint8_t>(read_u8(rest_, 0) & 0x1F);
    const auto body = rest_.subspan(kHeaderBytes, bytes - kHeaderBytes);
    rest_ = rest_.subspan(bytes);
    if (type >= kSenderReport && type <= kApplication) return RtcpPacket(RtcpType{type}, count, body);
  }
  return std::nullopt;
}

}  // namespace tutti::rtp
