#include "dataplane/net/sim_link.h"

#include <algorithm>

namespace tutti::net {

std::uint64_t SimRandom::next() TUTTI_REALTIME {
  std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  return mixed ^ (mixed >> 31);
}

base::Duration SimLink::transit() TUTTI_REALTIME {
  const double jitter = static_cast<double>(conditions_.jitter.count()) * random_.fraction();
  return conditions_.delay + base::Duration(static_cast<base::Duration::rep>(jitter));
}

SimLink::Passage SimLink::pass(base::Instant now, std::size_t bytes) TUTTI_REALTIME {
  // Drawn whether needed or not, so that changing one condition leaves the others' luck as it was.
  const bool lost = random_.fraction() < conditions_.loss;
  const bool duplicated = random_.fraction() < conditions_.duplication;
  const base::Duration first = transit();
  const base::Duration second = transit();

  Passage passage;
  base::Instant leaves = now;
  if (conditions_.rate_bps != 0) {
    const base::Instant starts = std::max(now, free_at_);
    if (starts - now > conditions_.queue) return passage;
    leaves = starts + std::chrono::nanoseconds(bytes * 8 * 1'000'000'000 / conditions_.rate_bps);
    free_at_ = leaves;
  }
  if (lost) return passage;
  passage.out[passage.copies++] = leaves + first;
  if (duplicated) passage.out[passage.copies++] = leaves + second;
  return passage;
}

}  // namespace tutti::net
