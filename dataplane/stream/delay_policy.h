// DelayPolicy: when a jitter buffer's delay is changed, and by how much: the numbers. It grows at once by
// what came too late, and gives back what a whole window did not need.
#pragma once

#include <cstdint>

namespace tutti::stream {

// What would bring the delay nearer to what the network needs; done where nobody hears it.
enum class DelayChange : std::uint8_t {
  kNone,
  kLengthen,  // packets came too late, or soon will: wait a frame after a quiet one
  kShorten    // the delay is longer than needed: leave quiet frames out, or what splice_due() allows
};

// Units: samples at 8 000 Hz, ticks of 20 ms.
struct DelayPolicy {
  static constexpr int kWindowTicks = 200;  // 4 s: how long the delay must prove too long
  static constexpr int kMargin = 80;        // 10 ms: how early the latest packet should be
  static constexpr int kStep = 160;         // the delay changes by a frame
  static constexpr int kLateTicks = 4;  // after a late packet: when proof begins anew, its burst being over
  static constexpr int kShortenLeast = 120;  // 15 ms: less leaves no choice of where to splice
  static constexpr int kPatience = 48;       // ticks to wait for a quiet frame before audio is spliced
  static constexpr int kSpliceEvery = 16;    // ticks from one splice, or try, to the next
  static constexpr int kHaste = 144;         // ticks after which what resembles itself but little will do
  bool operator==(const DelayPolicy&) const = default;
  static_assert(kPatience % kSpliceEvery == 0 && kHaste % kSpliceEvery == 0);
};

}  // namespace tutti::stream
