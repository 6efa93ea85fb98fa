// ReceptionStatistics: what a receiver reports about one SSRC: loss, jitter, delay since its report.
//
// Source: RFC 3550, sections 6.4.1, A.3 and A.8.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/rtp/rtcp_packet.h"
#include "dataplane/rtp/source_validator.h"
#include "dataplane/rtp/types.h"

namespace tutti::rtp {

class ReceptionStatistics {
 public:
  // Begins with the first packet of a source that sends with a clock of `clock_hz`.
  void start(SequenceNumber sequence_number, RtpTimestamp timestamp, base::Instant arrival,
             std::uint32_t clock_hz) TUTTI_REALTIME;
  // A later packet of it. Only a kValid or kRestarted one counts.
  SequenceVerdict receive(SequenceNumber sequence_number, RtpTimestamp timestamp,
                          base::Instant arrival) TUTTI_REALTIME;
  // A packet whose timestamp tells nothing about jitter (an event's stays while the event lasts).
  SequenceVerdict receive_untimed(SequenceNumber sequence_number) TUTTI_REALTIME;
  void receive_sender_report(const SenderInfo& info, base::Instant arrival) TUTTI_REALTIME;

  // The block of a report that leaves at `now`; begins a new interval for the fraction lost.
  ReportBlock report(Ssrc source, base::Instant now) TUTTI_REALTIME;

  std::uint32_t packets_received() const TUTTI_REALTIME { return sequence_.received(); }
  // Below zero where duplicates outweigh losses.
  std::int32_t packets_lost() const TUTTI_REALTIME;
  // In timestamp units.
  std::uint32_t jitter() const TUTTI_REALTIME { return jitter_x16_ >> 4; }

 private:
  void measure_jitter(RtpTimestamp timestamp, base::Instant arrival) TUTTI_REALTIME;

  SourceValidator sequence_;
  std::uint32_t clock_hz_ = 8'000;
  std::uint32_t transit_ = 0;          // arrival less timestamp, of the packet before
  std::uint32_t jitter_x16_ = 0;       // A.8 keeps four bits more
  std::uint32_t expected_before_ = 0;  // at the last report
  std::uint32_t received_before_ = 0;
  std::uint32_t last_sender_report_ = 0;
  base::Instant last_sender_report_at_;
};

// The time to the far end and back that its report block on us tells; none if it had no report of ours.
// Source: RFC 3550, section 6.4.1. `ntp_now` is the time at which the block arrived.
std::optional<base::Duration> round_trip(const ReportBlock& block, std::uint64_t ntp_now) TUTTI_REALTIME;

}  // namespace tutti::rtp
