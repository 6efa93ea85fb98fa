// What every tick asks of a jitter buffer, inline: a tick has some 30 ns for a participant, and each call
// would be one or two of them. Part of jitter_buffer.h.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/tick.h"
#include "dataplane/stream/jitter_buffer.h"

namespace tutti::stream {

inline bool JitterBuffer::occupied(rtp::SequenceNumber number) const TUTTI_REALTIME {
  return (occupied_ >> (number.value() % kSlots) & 1) != 0;
}

inline int JitterBuffer::first_waiting() const TUTTI_REALTIME {
  return std::countr_zero(std::rotr(occupied_, head_.value() % kSlots));
}

inline void JitterBuffer::end_tick() TUTTI_REALTIME {
  if (++window_ticks_ >= kWindowTicks) [[unlikely]]
    judge_delay();
}

[[gnu::always_inline]] inline CodedBlock JitterBuffer::try_take_frame() TUTTI_REALTIME {
  if (wanted_ != DelayChange::kNone) return {};
  // As a rule none is missing before it: that is asked for by an instruction, and what follows are a few
  // less.
  if (occupied(head_)) [[likely]]
    return try_take_frame_behind(0);
  return try_take_frame_behind_gap();
}

// Where so many are missing.
[[gnu::always_inline]] inline CodedBlock JitterBuffer::try_take_frame_behind(int steps) TUTTI_REALTIME {
  const rtp::SequenceNumber number = head_ + steps;
  const Slot& first = slot(number);
  if (first.samples != base::kFrameSamples || lead_of(first) != 0) [[unlikely]]
    return {};
  const CodedBlock frame(first.block, static_cast<codec::CodecId>(first.codec));
  occupied_ &= ~(1U << (number.value() % kSlots));
  head_ = number + 1;
  seen_ = seen_ << (steps + 1) | 1;
  playout_ = playout_ + static_cast<int>(base::kFrameSamples);
  played_ = playout_;
  idle_ = 0;
  end_tick();
  return frame;
}

inline std::int16_t JitterBuffer::until_peak_goes(rtp::RtpTimestamp from) const TUTTI_REALTIME {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(peak_until_ - from.value()));
}

// Behind its end it is not, until half the circle has passed: take() and judge_delay() forget it before.
inline bool JitterBuffer::peak_known() const TUTTI_REALTIME {
  constexpr int kFarthest = kReach + static_cast<int>(PayloadPool::kLongBytes);
  return static_cast<std::uint16_t>(until_peak_goes(playout_) - 1) < kFarthest;
}

inline void JitterBuffer::know_peak_until(rtp::RtpTimestamp end) TUTTI_REALTIME {
  peak_until_ = static_cast<std::uint16_t>(end.value());
}

inline std::uint16_t JitterBuffer::peak_soon() TUTTI_REALTIME {
  return peak_known() ? peak_soon_ : find_peak_soon();
}

// Of a packet that has come: as a rule it is not louder.
inline void JitterBuffer::note_peak(rtp::RtpTimestamp timestamp, int samples,
                                    std::uint16_t peak) TUTTI_REALTIME {
  if (peak < peak_soon_ || !peak_known()) return;
  const int soon = until_peak_goes(timestamp) + kSoon;  // above zero: due so soon before that is over
  const rtp::RtpTimestamp end = timestamp + samples;
  if (peak == peak_soon_) {
    if (soon > 0 && !louder_later_ && until_peak_goes(end) < 0) know_peak_until(end);
  } else if (timestamp - playout_ < kSoon) {
    peak_soon_ = peak;
    if (!louder_later_ || until_peak_goes(end) > 0) know_peak_until(end);
  } else {
    louder_later_ = true;
    if (soon > 0) know_peak_until(timestamp + (1 - kSoon));
  }
}

// As a rule only the first is looked at.
inline void JitterBuffer::prefetch_waiting() const TUTTI_REALTIME {
  base::prefetch(&slots_[head_.value() % kSlots]);
}

inline void JitterBuffer::prefetch_slot(rtp::SequenceNumber number) const TUTTI_REALTIME {
  base::prefetch(&slots_[number.value() % kSlots]);
}

// Of the packet that is due if none is missing; else of nothing that matters.
inline void JitterBuffer::prefetch_payload(const PayloadPool::Shelf& own) const TUTTI_REALTIME {
  const std::byte* const bytes = PayloadPool::bytes_on(own, slots_[head_.value() % kSlots].block);
  for (std::size_t at = 0; at < base::kFrameSamples; at += 64) base::prefetch(bytes + at);
}

}  // namespace tutti::stream
