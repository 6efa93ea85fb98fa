// MixRing: the last ticks' sums of one conference, written by its core, read by recorders and other cores.
//
// Nobody waits: the writer overwrites the oldest tick whether or not it was read, a reader learns that it
// came too early or too late. Each slot is a seqlock whose payload is atomic words, so that a read which
// races with a write is discarded, and is no data race in the language's sense either.
// Source: H. Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"

namespace tutti::mixer {

enum class MixRead : std::uint8_t {
  kWhole,   // `out` is that tick's sum
  kNotYet,  // not published; ask again later
  kGone,    // overwritten, or never published; skip it
};

// Thread: publish() by the conference's core only; read() and latest() by anyone, without bound.
class MixRing {
 public:
  // 16 = 320 ms: what a reader may be late. One slot is always being written, so 15 are certain.
  static constexpr std::size_t kTicks = 16;
  static constexpr std::uint64_t kNone = UINT64_MAX;

  // Publishes the sum of `tick`. Ticks grow; some may be left out. They go on growing when the ring passes
  // to another conference, so that a reader left over from the old one finds its ticks gone.
  void publish(std::uint64_t tick, const base::SumFrame& sum) TUTTI_REALTIME;

  // Copies the sum of `tick`; `out` holds no meaning unless kWhole comes back.
  MixRead read(std::uint64_t tick, base::SumFrame& out) const TUTTI_REALTIME;

  // The last tick published; kNone before the first.
  std::uint64_t latest() const TUTTI_REALTIME { return next_.load(std::memory_order_acquire) - 1; }

 private:
  static constexpr std::size_t kWords = base::kFrameSamples / 2;  // two samples to an atomic word

  struct alignas(64) Slot {
    std::atomic<std::uint64_t> version{0};  // 2 (tick + 1) when whole, one less while being written
    std::array<std::atomic<std::uint64_t>, kWords> words{};
  };

  alignas(64) std::atomic<std::uint64_t> next_{0};  // the last tick published, and 1
  std::array<Slot, kTicks> slots_;
};

}  // namespace tutti::mixer
