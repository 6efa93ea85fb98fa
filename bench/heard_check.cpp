#include "bench/heard_check.h"

#include <array>
#include <cmath>
#include <optional>

namespace tutti::bench {
namespace {

using dpdk::CableCallers;
using test_support::Voices;

// How many packets of a talker may be under way when a sum of them comes back: the jitter buffer's two, the
// wait for a tick, one for each share that it comes through, and what a busy host adds.
constexpr std::uint64_t kUnderWayMax = 7;
constexpr int kSearchesMax = 10;    // for one caller: each tries up to 8^7 sums
constexpr std::size_t kLooked = 4;  // samples that tell nearly all sums apart

class Search {
 public:
  Search(const CableCallers::Heard& heard, const std::vector<std::uint32_t>& talkers, const Voices& voices)
      : heard_(heard), talkers_(talkers), voices_(voices), numbers_(talkers.size()) {}

  // The number of each talker's packet.
  std::optional<std::vector<std::uint64_t>> find() {
    if (!descend(0, {})) return std::nullopt;
    return numbers_;
  }

 private:
  using Samples = std::array<std::int32_t, kLooked>;

  bool descend(std::size_t depth, const Samples& sum) {
    if (depth == talkers_.size()) return fits(sum);
    for (std::uint64_t back = 0; back <= kUnderWayMax && back <= heard_.period; ++back) {
      numbers_[depth] = heard_.period - back;
      const auto& frame = voices_.frame(CableCallers::voice(talkers_[depth], numbers_[depth]));
      Samples with = sum;
      for (std::size_t i = 0; i < kLooked; ++i) with[i] += frame.samples[i];
      if (descend(depth + 1, with)) return true;
    }
    return false;
  }
  bool fits(const Samples& sum) const;

  const CableCallers::Heard& heard_;
  const std::vector<std::uint32_t>& talkers_;
  const Voices& voices_;
  std::vector<std::uint64_t> numbers_;
};

Voices::Payload expected(const std::vector<std::uint32_t>& talkers, const std::vector<std::uint64_t>& numbers,
                         std::uint64_t later, const Voices& voices) {
  base::SumFrame sum{};
  for (std::size_t j = 0; j < talkers.size(); ++j) {
    const auto& frame = voices.frame(CableCallers::voice(talkers[j], numbers[j] + later));
    for (std::size_t i = 0; i < base::kFrameSamples; ++i) sum.samples[i] += frame.samples[i];
  }
  return test_support::encoded(sum);
}

bool Search::fits(const Samples& sum) const {
  for (std::size_t i = 0; i < kLooked; ++i) {
    if (test_support::encoded(sum[i]) != heard_.payload[i]) return false;
  }
  return expected(talkers_, numbers_, 0, voices_) == heard_.payload;
}

}  // namespace

void HeardCheck::add(const std::vector<CableCallers::Heard>& heard, const std::vector<std::uint32_t>& talkers,
                     const Voices& voices) {
  std::optional<std::vector<std::uint64_t>> numbers;
  std::uint16_t since = 0;  // the sequence number that they are of
  int searches = 0;
  for (const auto& packet : heard) {
    ++packets;
    if (numbers) {
      const auto later = static_cast<std::uint16_t>(packet.sequence - since);
      if (expected(talkers, *numbers, later, voices) == packet.payload) continue;
    }
    std::optional<std::vector<std::uint64_t>> found;
    if (searches++ < kSearchesMax) found = Search(packet, talkers, voices).find();
    if (!found) {
      ++wrong;
      continue;
    }
    if (numbers) ++shifts;
    numbers = found;
    since = packet.sequence;
  }
}

}  // namespace tutti::bench
