// StallMeter: times when this program did nothing though something was due: as a rule the host gave its CPU
// away.
#pragma once

#include <algorithm>

#include "dataplane/base/clock.h"

namespace tutti::load {

struct Stalls {
  std::uint64_t count = 0;
  base::Duration longest{};
  base::Duration whole{};
};

// Thread: one at a time.
class StallMeter {
 public:
  static constexpr base::Duration kLeast = std::chrono::milliseconds(5);

  // Counts what touches this time.
  void open(base::Instant from, base::Instant until) {
    from_ = from;
    until_ = until;
  }
  // `now` is the work's turn that was due at `due`. A backlog is one stall from its first turn on, however
  // many turns it is made up in.
  void turn(base::Instant due, base::Instant now) {
    if (now - due < kLeast || due < caught_up_) return;
    caught_up_ = now;
    if (now < from_ || due >= until_) return;
    ++stalls_.count;
    stalls_.whole += now - due;
    stalls_.longest = std::max(stalls_.longest, now - due);
  }
  const Stalls& stalls() const { return stalls_; }

 private:
  base::Instant from_ = base::Instant::max();
  base::Instant until_ = base::Instant::min();
  base::Instant caught_up_ = base::Instant::min();
  Stalls stalls_;
};

}  // namespace tutti::load
