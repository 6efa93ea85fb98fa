// ReceptionStatistics: what a receiver reports about one SSRC: loss, jitter, delay since its report.
//
// Source: RFC 3550, sections 6.4.1, A.3 and A.8.
#pragma once

#include <cstdint>
#include <cstdlib>
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
  // The instant, in units of the source's clock; wraps.
  std::uint32_t units_at(base::Instant instant) const TUTTI_REALTIME;
  [[gnu::noinline]] void restarted(RtpTimestamp timestamp, base::Instant arrival) TUTTI_REALTIME;
  void forget_interval() TUTTI_REALTIME;
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

// So much time, in units of a clock of `hz`; wraps, and does not overflow however far a clock has come.
[[gnu::noinline]] std::uint32_t to_units(std::int64_t nanos, std::uint32_t hz) TUTTI_REALTIME;

// What every packet asks, inline: each call would be as long as what it does.

inline std::uint32_t ReceptionStatistics::units_at(base::Instant instant) const TUTTI_REALTIME {
  const std::int64_t nanos = instant.time_since_epoch().count();
  // As a rule one division, by a constant.
  return clock_hz_ == 8'000 ? static_cast<std::uint32_t>(nanos / 125'000) : to_units(nanos, clock_hz_);
}

inline void ReceptionStatistics::measure_jitter(RtpTimestamp timestamp,
                                                base::Instant arrival) TUTTI_REALTIME {
  const std::uint32_t transit = units_at(arrival) - timestamp.value();
  const std::int64_t change = static_cast<std::int32_t>(transit - transit_);
  transit_ = transit;
  // A jump of more than a second is another timeline, not jitter; A.8 would need minutes to forget it.
  if (std::llabs(change) > clock_hz_) return;
  jitter_x16_ += static_cast<std::uint32_t>(std::llabs(change)) - ((jitter_x16_ + 8) >> 4);
}

inline SequenceVerdict ReceptionStatistics::receive(SequenceNumber sequence_number, RtpTimestamp timestamp,
                                                    base::Instant arrival) TUTTI_REALTIME {
  const SequenceVerdict verdict = sequence_.update(sequence_number);
  if (verdict == SequenceVerdict::kValid) measure_jitter(timestamp, arrival);
  if (verdict == SequenceVerdict::kRestarted) restarted(timestamp, arrival);
  return verdict;
}

// The time to the far end and back that its report block on us tells; none if it had no report of ours.
// Source: RFC 3550, section 6.4.1. `ntp_now` is the time at which the block arrived.
std::optional<base::Duration> round_trip(const ReportBlock& block, std::uint64_t ntp_now) TUTTI_REALTIME;

}  // namespace tutti::rtp
