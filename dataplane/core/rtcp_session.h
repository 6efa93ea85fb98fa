// RtcpSession: one participant's RTCP: when a report is due, what it says, what the far end's say.
//
// Source: RFC 3550, section 6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/rtp/rtcp_writer.h"
#include "dataplane/stream/inbound_stream.h"
#include "dataplane/stream/outbound_stream.h"

namespace tutti::core {

// Thread: the core.
class RtcpSession {
 public:
  static constexpr std::size_t kCnameBytes = 16;
  static constexpr std::size_t kReportBytesMax = rtp::rtcp_bytes_max(kCnameBytes);

  // Where an instant of the core's clock is on the wall clock: what a sender report tells.
  struct Moment {
    base::Instant now;
    std::uint64_t ntp = 0;
  };

  // What a compound told besides statistics.
  struct Heard {
    bool alive = false;  // a report of the source that is followed, or of any while none is
    bool bye = false;    // that source has left
    std::optional<base::Duration> round_trip;  // where it could be measured
  };

  void attach(const std::array<char, kCnameBytes>& cname, rtp::Ssrc ssrc, base::Instant now) TUTTI_REALTIME;

  base::Instant next_report() const TUTTI_REALTIME { return next_report_; }
  bool due(base::Instant now) const TUTTI_REALTIME { return now >= next_report_; }
  // Writes a report and sets the time of the next; with BYE there is none.
  // Shapes: `out` has kReportBytesMax. Returns the bytes written.
  std::size_t write_report(const Moment& moment, const stream::OutboundStream& outbound,
                           stream::InboundStream& inbound, bool bye, std::span<std::byte> out) TUTTI_REALTIME;

  // Reads any bytes whatever. Errors: those of rtp::RtcpCompound::parse.
  base::Result<Heard, base::DropReason> receive(std::span<const std::byte> datagram, const Moment& arrival,
                                                rtp::Ssrc own, stream::InboundStream& inbound) TUTTI_REALTIME;

 private:
  std::uint32_t random() TUTTI_REALTIME;

  std::array<char, kCnameBytes> cname_{};
  base::Instant next_report_;
  std::uint32_t random_state_ = 1;
  std::uint32_t sent_at_last_report_ = 0;  // packets, of the two reports before
  std::uint32_t sent_at_report_before_ = 0;
};

}  // namespace tutti::core
