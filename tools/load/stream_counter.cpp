#include "tools/load/stream_counter.h"

#include <algorithm>
#include <cmath>

namespace tutti::load {
namespace {

constexpr std::int64_t kNsPerSample = 125'000;
// A number further off than this is another start of the stream, not a loss. Source: RFC 3550, appendix A.1.
constexpr std::int16_t kJump = 3'000;

}  // namespace

void StreamCounter::open(base::Instant from, std::uint32_t packets) {
  from_ = last_arrival_ = from;
  due_ = packets;
  opened_ = true;
}

void StreamCounter::start(const analyser::RtpPacketView& packet, base::Instant arrival) {
  if (started_) {
    ++restarts_;
    lost_before_ = lost();
    // What came early, or another stream beside this one, takes no place that is counted.
    offset_ = static_cast<std::uint32_t>(std::max<std::int64_t>((arrival - from_) / base::kTick, next_));
  }
  started_ = true;
  ssrc_ = packet.ssrc;
  first_timestamp_ = packet.timestamp;
  first_sequence_ = packet.sequence;
  first_arrival_ = arrival;
  newest_ = 0;
  seen_ = 0;
  unique_ = 0;
  least_transit_ = last_transit_ = base::Duration::zero();
}

void StreamCounter::wait(base::Instant arrival) {
  const base::Duration waited = arrival - last_arrival_;
  if (waited > kGap) ++gaps_;
  longest_gap_ = std::max(longest_gap_, waited);
  last_arrival_ = std::max(last_arrival_, arrival);
}

// False: this packet has been counted before.
bool StreamCounter::count(std::uint32_t number) {
  if (number > newest_ || seen_ == 0) {
    const std::uint32_t step = seen_ == 0 ? 0 : number - newest_;
    seen_ = step >= kSeenBits ? 0 : seen_ << step;
    seen_ |= 1U;
    newest_ = number;
    return true;
  }
  const std::uint32_t back = newest_ - number;
  if (back >= kSeenBits || (seen_ >> back & 1U) != 0) return false;
  seen_ |= std::uint64_t{1} << back;
  ++reordered_;
  return true;
}

void StreamCounter::receive(const analyser::RtpPacketView& packet, base::Instant arrival) {
  if (!opened_ || arrival < from_) return;
  if (!started_ || packet.ssrc != ssrc_) start(packet, arrival);
  // Serial arithmetic around the newest: the number counts on past 65 535.
  auto newest = static_cast<std::uint16_t>(first_sequence_ + newest_);
  auto step = static_cast<std::int16_t>(packet.sequence - newest);
  if (step > kJump || step < -kJump) {
    start(packet, arrival);
    step = 0;
  }
  const std::int64_t number = std::int64_t{newest_} + step;
  if (number < 0) return;  // older than the first that counts
  const auto samples = static_cast<std::int32_t>(packet.timestamp - first_timestamp_);
  const std::int64_t position =
      std::int64_t{offset_} + samples / static_cast<std::int32_t>(kSamplesPerPacket);
  if (position >= std::int64_t{due_}) return;  // beyond what is measured
  if (!count(static_cast<std::uint32_t>(number))) {
    ++duplicates_;
    return;
  }
  wait(arrival);
  ++unique_;
  ++received_;
  next_ = std::max(next_, position + 1);
  const base::Duration transit = arrival - first_arrival_ - base::Duration(samples * kNsPerSample);
  if (unique_ > 1) {
    const auto change = std::fabs(static_cast<double>((transit - last_transit_).count()));
    jitter_ns_ += (change - jitter_ns_) / 16.0;
    jitter_sum_ns_ += jitter_ns_;
    ++jitters_;
  }
  last_transit_ = transit;
  if (transit > least_transit_ + kLate) ++late_;
  least_transit_ = std::min(least_transit_, transit);
}

void StreamCounter::close(base::Instant now) {
  if (!opened_) return;
  const base::Instant end = std::min(now, from_ + base::kTick * static_cast<std::int64_t>(due_));
  if (end > last_arrival_) wait(end);
}

std::uint64_t StreamCounter::lost() const {
  if (unique_ == 0) return lost_before_;
  return lost_before_ + (std::uint64_t{newest_} + 1 - unique_);
}

double StreamCounter::jitter_ms() const {
  return jitters_ == 0 ? 0.0 : jitter_sum_ns_ / static_cast<double>(jitters_) / 1e6;
}

}  // namespace tutti::load
