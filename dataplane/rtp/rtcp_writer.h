// RtcpWriter: the compound packets we send: SR or RR, then SDES with our CNAME, then BYE at the end.
//
// Source: RFC 3550, sections 6.1, 6.4 to 6.6.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/rtp/rtcp_packet.h"
#include "dataplane/rtp/types.h"

namespace tutti::rtp {

struct OutgoingReport {
  Ssrc sender{};
  std::optional<SenderInfo> sender_info;  // makes it an SR: RTP was sent since the report before
  std::optional<ReportBlock> report;      // on the one source that is heard, if there is one
  std::span<const char> cname;            // up to 255; ends at a NUL, if there is one
  bool bye = false;
};

// The most that write_rtcp() needs for a CNAME of n bytes: 8 + 20 + 24 (SR with one block), 4 + 4 + 2 + n
// and up to 4 of padding (SDES), 8 (BYE).
constexpr std::size_t rtcp_bytes_max(std::size_t cname_bytes) {
  return 8 + 20 + 24 + 14 + cname_bytes + 8;
}

// Returns how many bytes of `out` were written; zero, and nothing sensible in `out`, if it is too small.
std::size_t write_rtcp(std::span<std::byte> out, const OutgoingReport& report) TUTTI_REALTIME;

}  // namespace tutti::rtp
