// MixRing: the last ticks' sums of one conference on one core, written by it, read by recorders and other
// cores.
//
// A conference that sits on several cores has a ring on each, with the sum of that core's own members: its
// *share*. The whole mix is all shares of a tick added up.
//
// Nobody waits: the writer overwrites the oldest tick whether or not it was read, a reader learns that it
// came too early or too late. Each slot is a seqlock whose payload is atomic words, so that a read which
// races with a write is discarded, and is no data race in the language's sense either.
// Source: H. Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"

namespace tutti::mixer {

enum class MixRead : std::uint8_t {
  kWhole,    // `out` is that tick's sum
  kNotYet,   // not published; ask again later
  kLeftOut,  // never published, and never will be: a later one is
  kGone,     // overwritten
};

// What is told of a share's tick besides its sum.
struct MixPart {
  // A share names so many of its loudest voices, so that the loudest of the whole conference can be found.
  static constexpr std::size_t kLoudest = 16;

  std::uint32_t tenant = 0;        // the generation of the conference: a ring passes through many
  std::uint32_t contributors = 0;  // frames in the sum; with none it is silence
  std::uint32_t phase = 0;         // where in a tick this share is mixed
  std::uint32_t loudest_count = 0;
  std::array<std::uint16_t, kLoudest> loudest{};  // their weights, the greatest first
};

// Thread: publish() and pass_to() by the conference's core only; the others by anyone, without bound.
class MixRing {
 public:
  // 16 = 320 ms: what a reader may be late. One slot is always being written, so 15 are certain.
  static constexpr std::size_t kTicks = 16;
  static constexpr std::uint64_t kNone = UINT64_MAX;
  static constexpr std::uint32_t kNobody = UINT32_MAX;

  // Names who publishes from now on; kNobody between two conferences.
  void pass_to(std::uint32_t tenant) TUTTI_REALTIME { tenant_.store(tenant, std::memory_order_release); }
  std::uint32_t tenant() const TUTTI_REALTIME { return tenant_.load(std::memory_order_acquire); }

  // Publishes the share of `tick`. Ticks grow; some may be left out. They go on growing when the ring passes
  // to another conference, so that a reader left over from the old one finds its ticks gone; nothing is
  // published where that was ahead, until its ticks have passed.
  void publish(std::uint64_t tick, const MixPart& part, const base::SumFrame& sum) TUTTI_REALTIME;

  // Fetches into the writer's cache where that tick will be published.
  void prefetch(std::uint64_t tick) const TUTTI_REALTIME {
    const auto* const at = reinterpret_cast<const char*>(&slots_[tick % kTicks]);
    for (std::size_t i = 0; i < sizeof(Slot); i += 64) base::prefetch_to_write(at + i);
  }

  // Copies the share of `tick`. Both hold no meaning unless kWhole comes back, and `sum` none where the part
  // has no contributors.
  MixRead read(std::uint64_t tick, MixPart& part, base::SumFrame& sum) const TUTTI_REALTIME;
  // The same without the sum.
  MixRead read(std::uint64_t tick, MixPart& part) const TUTTI_REALTIME;

  // The last tick published; kNone before the first.
  std::uint64_t latest() const TUTTI_REALTIME { return next_.load(std::memory_order_acquire) - 1; }

 private:
  static constexpr std::size_t kWords = base::kFrameSamples / 2;  // two samples to an atomic word
  static constexpr std::size_t kPartWords = sizeof(MixPart) / sizeof(std::uint64_t);

  struct alignas(64) Slot {
    std::atomic<std::uint64_t> version{0};  // 2 (tick + 1) when whole, one less while being written
    std::array<std::atomic<std::uint64_t>, kPartWords> part{};
    alignas(64) std::array<std::atomic<std::uint64_t>, kWords> words{};
  };

  MixRead read(std::uint64_t tick, MixPart& part, base::SumFrame* sum) const TUTTI_REALTIME;

  alignas(64) std::atomic<std::uint64_t> next_{0};  // the last tick published, and 1
  std::atomic<std::uint32_t> tenant_{kNobody};
  std::array<Slot, kTicks> slots_;
};
static_assert(sizeof(MixRing) == 11'328);  // docs/BUDGETS.md

}  // namespace tutti::mixer
