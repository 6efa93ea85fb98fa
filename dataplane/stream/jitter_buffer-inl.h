// What every tick asks of a jitter buffer, inline: a tick has some 30 ns for a participant, and each call
// would be one or two of them. Part of jitter_buffer.h.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

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
  vacate(number.value() % kSlots);
  head_ = number + 1;
  seen_ = seen_ << (steps + 1) | 1;
  playout_ = playout_ + static_cast<int>(base::kFrameSamples);
  played_ = playout_;
  idle_ = 0;
  end_tick();
  return frame;
}

// Two slots in a vector: what each lane says of its own goes to where the peaks are.
inline std::uint16_t JitterBuffer::peak_of_four(unsigned first, int samples) const TUTTI_REALTIME {
  using Words = std::uint16_t __attribute__((vector_size(16)));
  using Signed = std::int16_t __attribute__((vector_size(16)));
  using Pairs = std::uint32_t __attribute__((vector_size(16)));
  const Words playout = Words{} + static_cast<std::uint16_t>(playout_.value() & 0xFFFF);
  const Signed limit = Signed{} + static_cast<std::int16_t>(samples);
  const auto peaks_of_two = [&](const Slot* two) TUTTI_REALTIME {
    Words words;
    std::memcpy(&words, two, sizeof words);
    const Signed ahead = std::bit_cast<Signed>(words - playout) < limit;
    return std::bit_cast<Signed>((std::bit_cast<Pairs>(words) & std::bit_cast<Pairs>(ahead) << 16) >> 17);
  };
  const Signed here = peaks_of_two(&slots_[first]);
  const Signed there = peaks_of_two(&slots_[first + 2]);
  const Signed greater = here > there ? here : there;
  return static_cast<std::uint16_t>(std::max(greater[2], greater[6]));
}

inline std::uint16_t JitterBuffer::peak_ahead(int samples) const TUTTI_REALTIME {
  // As a rule no more than four wait, one behind the other.
  const unsigned first = head_.value() % kSlots;
  if (std::endian::native == std::endian::little && first <= kSlots - 4 &&
      std::rotr(occupied_, static_cast<int>(first)) < 1U << 4) {
    return peak_of_four(first, samples);
  }
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
