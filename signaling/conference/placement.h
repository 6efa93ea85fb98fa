// Placement: which core a participant goes to, or none. A conference may sit on several, linked to each
// other.
//
// Admission is by headroom: a core takes nobody by whom it would use more of its time than its calls can
// spare. What it used is measured, but late: who came within the last second is not in it yet, and is
// reckoned. Source: docs/decisions/0009-admission-by-headroom.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

#include "dataplane/base/clock.h"
#include "signaling/conference/focus_config.h"

namespace tutti::conference {

// What placement knows of a core.
struct CoreLoad {
  std::size_t participants = 0;    // slots taken, also of those who are joining or leaving
  bool full = false;               // no slot left for a participant, or none for a share that is needed
  bool seated = false;             // the participant's conference sits here already
  std::int64_t used_permille = 0;  // of its time, as measured (mailbox::CoreCounters::used_p99_permille)
  std::size_t measured = 0;        // how many the core carried then
  std::size_t recent = 0;          // of `participants`, those who are not, or not wholly, in what is measured
  bool closed = false;             // had no headroom when it was looked at last
};

// What a participant is taken to use of a core before anything is measured: twice the kernel's work for its
// packets in and out, 4 to 6 us (bench/bare_udp.cpp) of the 20 ms of a tick, for a burst may come before the
// first measure.
inline constexpr double kGuessedPermille = 0.6;

// What the core will use of its time when those on the way have arrived and one more has.
double expected_permille(const CoreLoad& core);

// Whether it shall take nobody for now. One that closed opens again only when it expects 50 permille less, so
// that a core at the limit does not refuse and take in turns. A core that carries nobody is never closed.
bool is_closed(const CoreLoad& core, const AdmissionRules& rules);

// Of those that are neither full nor, unless admission is off, closed: a core where the conference sits, then
// one where it does not yet; of these the one that expects the least, then the one with the fewest
// participants. Empty when there is none: the call is refused.
std::optional<std::size_t> choose_core(std::span<const CoreLoad> cores, const AdmissionRules& rules);

// Who was placed on a core so recently that what is measured does not tell of them. Thread: one.
class RecentPlacements {
 public:
  // From its INVITE to its media 100 to 500 ms pass, and 100 more until the core publishes what that costs.
  static constexpr base::Duration kMeasuredAfter = std::chrono::seconds(1);

  void add(base::Instant now) { placed_.push_back(now); }
  std::size_t count(base::Instant now);

 private:
  std::deque<base::Instant> placed_;  // a second's joins
};

}  // namespace tutti::conference
