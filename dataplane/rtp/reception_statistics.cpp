#include "dataplane/rtp/reception_statistics.h"

#include <algorithm>

namespace tutti::rtp {

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

// Two steps, so that no product overflows.
std::uint32_t to_units(std::int64_t nanos, std::uint32_t hz) TUTTI_REALTIME {
  const std::int64_t seconds = nanos / kNanosPerSecond;
  const std::int64_t rest = nanos % kNanosPerSecond;
  return static_cast<std::uint32_t>(seconds * hz + rest * hz / kNanosPerSecond);
}

void ReceptionStatistics::start(SequenceNumber sequence_number, RtpTimestamp timestamp, base::Instant arrival,
                                std::uint32_t clock_hz) TUTTI_REALTIME {
  *this = ReceptionStatistics();
  clock_hz_ = clock_hz;
  sequence_.start(sequence_number);
  transit_ = units_at(arrival) - timestamp.value();
}

SequenceVerdict ReceptionStatistics::receive_untimed(SequenceNumber sequence_number) TUTTI_REALTIME {
  const SequenceVerdict verdict = sequence_.update(sequence_number);
  if (verdict == SequenceVerdict::kRestarted) forget_interval();
  return verdict;
}

// With the last packet the numbers have begun anew.
void ReceptionStatistics::restarted(RtpTimestamp timestamp, base::Instant arrival) TUTTI_REALTIME {
  forget_interval();
  transit_ = units_at(arrival) - timestamp.value();
}

void ReceptionStatistics::forget_interval() TUTTI_REALTIME {
  expected_before_ = 0;
  received_before_ = 0;
}

void ReceptionStatistics::receive_sender_report(const SenderInfo& info,
                                                base::Instant arrival) TUTTI_REALTIME {
  last_sender_report_ = static_cast<std::uint32_t>(info.ntp >> 16);
  last_sender_report_at_ = arrival;
}

std::int32_t ReceptionStatistics::packets_lost() const TUTTI_REALTIME {
  return static_cast<std::int32_t>(sequence_.expected() - sequence_.received());
}

ReportBlock ReceptionStatistics::report(Ssrc source, base::Instant now) TUTTI_REALTIME {
  ReportBlock block;
  block.source = source;
  block.cumulative_lost = std::clamp(packets_lost(), -0x80'0000, 0x7F'FFFF);  // 24 bits
  block.highest_sequence = sequence_.highest();
  block.jitter = jitter();

  const std::uint32_t expected = sequence_.expected() - expected_before_;
  const auto lost = static_cast<std::int32_t>(expected - (sequence_.received() - received_before_));
  expected_before_ = sequence_.expected();
  received_before_ = sequence_.received();
  if (expected > 0 && lost > 0) {
    const auto fraction = (static_cast<std::uint64_t>(lost) << 8) / expected;
    block.fraction_lost = static_cast<std::uint8_t>(std::min<std::uint64_t>(fraction, 255));
  }

  block.last_sender_report = last_sender_report_;
  if (last_sender_report_ != 0) {
    // A report that is due may be written behind one that came later.
    block.delay_since_last =
        to_units(std::max(now - last_sender_report_at_, base::Duration{}).count(), 65'536);
  }
  return block;
}

std::optional<base::Duration> round_trip(const ReportBlock& block, std::uint64_t ntp_now) TUTTI_REALTIME {
  if (block.last_sender_report == 0) return std::nullopt;
  const auto now = static_cast<std::uint32_t>(ntp_now >> 16);
  const auto units = static_cast<std::int32_t>(now - block.last_sender_report - block.delay_since_last);
  // A far end that counts its delay too long, or a wall clock that was set back, gives less than nothing.
  if (units < 0) return base::Duration::zero();
  return base::Duration(std::int64_t{units} * kNanosPerSecond / 65'536);
}

}  // namespace tutti::rtp
