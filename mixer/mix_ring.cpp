#include "mixer/mix_ring.h"

#include <bit>
#include <cstring>

#include "dataplane/base/check.h"

namespace tutti::mixer {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(base::SumFrame) == base::kFrameSamples * sizeof(std::int32_t));
static_assert(std::has_single_bit(MixRing::kTicks));
static_assert(base::kFrameSamples % 8 == 0);  // four words at a time

void MixRing::publish(std::uint64_t tick, const base::SumFrame& sum) TUTTI_REALTIME {
  DCHECK(tick >= next_.load(std::memory_order_relaxed));
  Slot& slot = slots_[tick % kTicks];
  const std::uint64_t whole = 2 * (tick + 1);
  slot.version.store(whole - 1, std::memory_order_relaxed);
  // Whoever sees a word of the new tick also sees that the slot is being written.
  std::atomic_thread_fence(std::memory_order_release);
  const auto copy = [&](std::size_t i) {
    std::uint64_t word;
    std::memcpy(&word, &sum.samples[2 * i], sizeof word);
    slot.words[i].store(word, std::memory_order_relaxed);
  };
  // By fours: compilers leave loops over atomics as they are, and then the loop costs more than its stores.
  for (std::size_t i = 0; i < kWords; i += 4) {
    copy(i);
    copy(i + 1);
    copy(i + 2);
    copy(i + 3);
  }
  slot.version.store(whole, std::memory_order_release);
  next_.store(tick + 1, std::memory_order_release);
}

MixRead MixRing::read(std::uint64_t tick, base::SumFrame& out) const TUTTI_REALTIME {
  if (tick >= next_.load(std::memory_order_acquire)) return MixRead::kNotYet;
  const Slot& slot = slots_[tick % kTicks];
  const std::uint64_t whole = 2 * (tick + 1);
  if (slot.version.load(std::memory_order_acquire) != whole) return MixRead::kGone;
  const auto copy = [&](std::size_t i) {
    const std::uint64_t word = slot.words[i].load(std::memory_order_relaxed);
    std::memcpy(&out.samples[2 * i], &word, sizeof word);
  };
  for (std::size_t i = 0; i < kWords; i += 4) {
    copy(i);
    copy(i + 1);
    copy(i + 2);
    copy(i + 3);
  }
  // Unchanged behind the copy: no word of a later tick is in it.
  std::atomic_thread_fence(std::memory_order_acquire);
  return slot.version.load(std::memory_order_relaxed) == whole ? MixRead::kWhole : MixRead::kGone;
}

}  // namespace tutti::mixer
