// What every tick asks of a jitter buffer, inline: a tick has some 30 ns for a participant, and each call
// would be one or two of them. Part of jitter_buffer.h.
#pragma once

#include <algorithm>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/tick.h"
#include "dataplane/stream/jitter_buffer.h"

namespace tutti::stream {

inline WholeFrame JitterBuffer::try_take_frame() TUTTI_REALTIME {
  if (empty() || wanted_ != DelayChange::kNone) return {};
  const int steps = first_waiting();
  const rtp::SequenceNumber number = head_ + steps;
  const Slot& first = slot(number);
  if (first.samples != base::kFrameSamples || lead_of(first) != 0) return {};
  const WholeFrame frame{first.block, static_cast<codec::CodecId>(first.codec)};
  occupied_ &= ~(1U << (number.value() % kSlots));
  head_ = number + 1;
  seen_ = seen_ << (steps + 1) | 1;
  playout_ = playout_ + static_cast<int>(base::kFrameSamples);
  played_ = playout_;
  idle_ = 0;
  end_tick();
  return frame;
}

inline std::uint16_t JitterBuffer::peak_ahead(int samples) const TUTTI_REALTIME {
  std::uint16_t peak = 0;
  for (std::uint32_t rest = occupied_; rest != 0; rest &= rest - 1) {
    const Slot& waiting = slots_[static_cast<unsigned>(std::countr_zero(rest))];
    // Branches on purpose: they are guessed, and the walk goes on while the line is still on its way.
    if (lead_of(waiting) < samples) peak = std::max<std::uint16_t>(peak, waiting.peak);
  }
  return peak;
}

inline std::uint16_t JitterBuffer::peak_of_waiting(rtp::SequenceNumber number) const TUTTI_REALTIME {
  return slots_[number.value() % kSlots].peak;
}

// Four slots are what waits at 40 to 60 ms, as a rule in one line.
inline void JitterBuffer::prefetch_waiting() const TUTTI_REALTIME {
  base::prefetch(&slots_[head_.value() % kSlots]);
  base::prefetch(&slots_[(head_.value() + 3U) % kSlots]);
}

inline void JitterBuffer::prefetch_slot(rtp::SequenceNumber number) const TUTTI_REALTIME {
  base::prefetch(&slots_[number.value() % kSlots]);
}

inline void JitterBuffer::prefetch_payload(const PayloadPool& pool) const TUTTI_REALTIME {
  if (empty()) return;
  const rtp::SequenceNumber first = head_ + first_waiting();
  const std::byte* const bytes = pool.bytes(slots_[first.value() % kSlots].block);
  for (std::size_t at = 0; at < base::kFrameSamples; at += 64) base::prefetch(bytes + at);
}

}  // namespace tutti::stream
