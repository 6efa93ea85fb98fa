#include "bench/disturbance.h"

#include <chrono>

#include "dataplane/base/tick.h"

namespace tutti::bench {
namespace {

// A core of a processor that runs one thread takes the same time to some 5 %, one that somebody else's thread
// shares half as long again and more.
bool is_slow(const CanaryBeat& beat, base::Duration work_least) {
  return 5 * beat.took > 6 * work_least;
}

// Of a timer that nobody holds up some 0.1 ms are seen.
bool is_stolen(const CanaryBeat& beat) {
  return beat.stolen > std::chrono::microseconds(500);
}

}  // namespace

Disturbance disturbance_of(std::span<const CanaryBeat> beats, base::Duration work_least) {
  Disturbance told{.work_least = work_least};
  if (beats.size() < 2) return told;
  using Time = std::chrono::duration<double>;
  const Time all = beats.back().at - beats.front().at;
  base::Instant disturbed_until = beats.front().at;
  for (std::size_t i = 1; i < beats.size(); ++i) {
    const CanaryBeat& before = beats[i - 1];
    const CanaryBeat& beat = beats[i];
    const double share = Time(beat.at - before.at) / all;
    const bool slow = is_slow(beat, work_least);
    const bool stolen = is_stolen(beat);
    const base::Duration stalled = beat.callers_stalled - before.callers_stalled;
    if (slow) told.slow += share;
    if (stolen) told.stolen += Time(beat.stolen) / all;
    if (slow || stolen) told.disturbed += share;
    told.waited += Time(beat.waited) / all;
    told.callers_stalled += Time(stalled) / all;
    if (slow || stolen || stalled > base::Duration(0)) disturbed_until = beat.at + base::kTick;
    const std::uint64_t late = beat.late_ticks - before.late_ticks;
    (before.at < disturbed_until ? told.late_disturbed : told.late_undisturbed) += late;
  }
  told.ticks = beats.back().ticks - beats.front().ticks;
  return told;
}

}  // namespace tutti::bench
