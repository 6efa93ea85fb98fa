// RTCP as far as a caller needs it: what a compound packet holds, and a report to send.
//
// Source: RFC 3550, section 6.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tutti::caller {

struct RtcpContent {
  bool well_formed = false;  // starts with SR or RR, and every length is right
  unsigned sender_reports = 0;
  unsigned receiver_reports = 0;
  unsigned byes = 0;
};

RtcpContent read_rtcp(std::span<const std::byte> packet);

struct SenderReport {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
};

// An SR without report blocks and an SDES with the CNAME.
std::vector<std::byte> write_sender_report(const SenderReport& report, std::string_view cname);

}  // namespace tutti::caller
