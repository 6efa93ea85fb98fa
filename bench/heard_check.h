// HeardCheck: whether a caller heard the exact sum of the others' voices, tick for tick.
//
// Which of a talker's packets a tick takes depends on when both began, and stays: it is found once, by
// trying, and from then on each packet must be the sum of the talkers' next ones, bit for bit.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/support/cable_callers.h"

namespace tutti::bench {

struct HeardCheck {
  std::uint64_t packets = 0;
  std::uint64_t wrong = 0;
  std::uint64_t shifts = 0;  // a talker's packets were taken a tick sooner or later from there on

  // What one caller heard, in order; `talkers`: the others who talk in its room. Adds to the counts.
  void add(const std::vector<dpdk::CableCallers::Heard>& heard, const std::vector<std::uint32_t>& talkers,
           const test_support::Voices& voices);
};

}  // namespace tutti::bench
