#include "mixer/mix_ring.h"

#include <bit>
#include <cstring>
#include <type_traits>

namespace tutti::mixer {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(base::SumFrame) == base::kFrameSamples * sizeof(std::int32_t));
static_assert(std::has_single_bit(MixRing::kTicks));
static_assert(base::kFrameSamples % 8 == 0);  // four words at a time
static_assert(sizeof(MixPart) % 8 == 0 && std::is_trivially_copyable_v<MixPart>);

namespace {

using Word = std::atomic<std::uint64_t>;

// By fours where there are many: compilers leave loops over atomics as they are, and then the loop costs more
// than its stores.
void store(Word& to, const void* from, std::size_t i) TUTTI_REALTIME {
  std::uint64_t word;
  std::memcpy(&word, static_cast<const char*>(from) + i * sizeof word, sizeof word);
  to.store(word, std::memory_order_relaxed);
}
void load(const Word& from, void* to, std::size_t i) TUTTI_REALTIME {
  const std::uint64_t word = from.load(std::memory_order_relaxed);
  std::memcpy(static_cast<char*>(to) + i * sizeof word, &word, sizeof word);
}

}  // namespace

void MixRing::publish(std::uint64_t tick, const MixPart& part, const base::SumFrame& sum) TUTTI_REALTIME {
  if (tick < next_.load(std::memory_order_relaxed)) return;
  Slot& slot = slots_[tick % kTicks];
  const std::uint64_t whole = 2 * (tick + 1);
  slot.version.store(whole - 1, std::memory_order_relaxed);
  // Whoever sees a word of the new tick also sees that the slot is being written.
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < kPartWords; ++i) store(slot.part[i], &part, i);
  // Silence needs no samples.
  for (std::size_t i = 0; i < kWords && part.contributors != 0; i += 4) {
    store(slot.words[i], &sum.samples, i);
    store(slot.words[i + 1], &sum.samples, i + 1);
    store(slot.words[i + 2], &sum.samples, i + 2);
    store(slot.words[i + 3], &sum.samples, i + 3);
  }
  slot.version.store(whole, std::memory_order_release);
  next_.store(tick + 1, std::memory_order_release);
}

MixRead MixRing::read(std::uint64_t tick, MixPart& part, base::SumFrame* sum) const TUTTI_REALTIME {
  if (tick >= next_.load(std::memory_order_acquire)) return MixRead::kNotYet;
  const Slot& slot = slots_[tick % kTicks];
  const std::uint64_t whole = 2 * (tick + 1);
  const std::uint64_t version = slot.version.load(std::memory_order_acquire);
  if (version != whole) return version < whole ? MixRead::kLeftOut : MixRead::kGone;
  for (std::size_t i = 0; i < kPartWords; ++i) load(slot.part[i], &part, i);
  for (std::size_t i = 0; i < kWords && sum != nullptr && part.contributors != 0; i += 4) {
    load(slot.words[i], &sum->samples, i);
    load(slot.words[i + 1], &sum->samples, i + 1);
    load(slot.words[i + 2], &sum->samples, i + 2);
    load(slot.words[i + 3], &sum->samples, i + 3);
  }
  // Unchanged behind the copy: no word of a later tick is in it.
  std::atomic_thread_fence(std::memory_order_acquire);
  return slot.version.load(std::memory_order_relaxed) == whole ? MixRead::kWhole : MixRead::kGone;
}

MixRead MixRing::read(std::uint64_t tick, MixPart& part, base::SumFrame& sum) const TUTTI_REALTIME {
  return read(tick, part, &sum);
}
MixRead MixRing::read(std::uint64_t tick, MixPart& part) const TUTTI_REALTIME {
  return read(tick, part, nullptr);
}

}  // namespace tutti::mixer
