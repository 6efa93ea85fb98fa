#include "dataplane/rtp/rtcp_writer.h"

#include <algorithm>
#include <cstring>

#include "dataplane/rtp/network_order.h"

namespace tutti::rtp {

namespace {

constexpr std::uint8_t kCname = 1;  // RFC 3550, 6.5.1

void write_header(std::span<std::byte> out, RtcpType type, std::size_t count,
                  std::size_t bytes) TUTTI_REALTIME {
  DCHECK(bytes % 4 == 0 && count < 32);
  write_u8(out, 0, static_cast<std::uint8_t>(0x80 | count));
  write_u8(out, 1, static_cast<std::uint8_t>(type));
  write_u16(out, 2, static_cast<std::uint16_t>(bytes / 4 - 1));
}

void write_sender_info(std::span<std::byte> out, const SenderInfo& info) TUTTI_REALTIME {
  write_u32(out, 0, static_cast<std::uint32_t>(info.ntp >> 32));
  write_u32(out, 4, static_cast<std::uint32_t>(info.ntp));
  write_u32(out, 8, info.timestamp.value());
  write_u32(out, 12, info.packets);
  write_u32(out, 16, info.octets);
}

void write_report_block(std::span<std::byte> out, const ReportBlock& block) TUTTI_REALTIME {
  write_u32(out, 0, static_cast<std::uint32_t>(block.source));
  write_u32(out, 4,
            std::uint32_t{block.fraction_lost} << 24 |
                (static_cast<std::uint32_t>(block.cumulative_lost) & 0xFF'FFFF));
  write_u32(out, 8, block.highest_sequence);
  write_u32(out, 12, block.jitter);
  write_u32(out, 16, block.last_sender_report);
  write_u32(out, 20, block.delay_since_last);
}

}  // namespace

std::size_t write_rtcp(std::span<std::byte> out, const OutgoingReport& report) TUTTI_REALTIME {
  const auto cname_end = std::find(report.cname.begin(), report.cname.end(), '\0');
  const std::size_t cname_bytes = std::min<std::size_t>(cname_end - report.cname.begin(), 255);

  const std::size_t report_bytes = 8 + (report.sender_info ? 20 : 0) + (report.report ? 24 : 0);
  // The chunk ends with one to four zeros, on a word. Source: RFC 3550, 6.5.
  const std::size_t sdes_bytes = 4 + (4 + 2 + cname_bytes + 4) / 4 * 4;
  const std::size_t bye_bytes = report.bye ? 8 : 0;
  const std::size_t total = report_bytes + sdes_bytes + bye_bytes;
  if (out.size() < total) return 0;
  const auto sender = static_cast<std::uint32_t>(report.sender);

  auto at = out.first(report_bytes);
  write_header(at, report.sender_info ? RtcpType::kSenderReport : RtcpType::kReceiverReport,
               report.report ? 1 : 0, report_bytes);
  write_u32(at, 4, sender);
  at = at.subspan(8);
  if (report.sender_info) {
    write_sender_info(at, *report.sender_info);
    at = at.subspan(20);
  }
  if (report.report) write_report_block(at, *report.report);

  at = out.subspan(report_bytes, sdes_bytes);
  std::memset(at.data(), 0, at.size());
  write_header(at, RtcpType::kSourceDescription, 1, sdes_bytes);
  write_u32(at, 4, sender);
  write_u8(at, 8, kCname);
  write_u8(at, 9, static_cast<std::uint8_t>(cname_bytes));
  if (cname_bytes > 0) std::memcpy(at.data() + 10, report.cname.data(), cname_bytes);

  if (report.bye) {
    at = out.subspan(report_bytes + sdes_bytes, bye_bytes);
    write_header(at, RtcpType::kBye, 1, bye_bytes);
    write_u32(at, 4, sender);
  }
  return total;
}

}  // namespace tutti::rtp
