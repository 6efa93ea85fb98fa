// Voices: packets whose samples are known, and what a mix of them must be, by integers: for who holds what a
// core sends against an exact sum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/base/tick.h"

namespace tutti::test_support {

// What may be said in a tick, in u-law and as samples: mostly soft, so that ten thousand at once rarely clip.
class Voices {
 public:
  static constexpr std::size_t kCount = 4'096;
  using Payload = std::array<std::byte, base::kFrameSamples>;

  explicit Voices(std::uint64_t seed);
  // Everyone says something else in every tick.
  static std::size_t of(std::uint32_t core, std::uint32_t slot, std::uint64_t tick);
  const Payload& payload(std::size_t voice) const { return payloads_[voice]; }
  const base::Frame& frame(std::size_t voice) const { return frames_[voice]; }

 private:
  std::vector<Payload> payloads_;
  std::vector<base::Frame> frames_;
};

// Saturated and in u-law: one sample, a sum of them.
std::byte encoded(std::int32_t sample);
Voices::Payload encoded(const base::SumFrame& sum);

}  // namespace tutti::test_support
