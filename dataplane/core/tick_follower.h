// TickFollower: moves a conference's tick to just behind the moment at which its talkers' packets come, so
// that they do not wait for it.
//
// As a rule it moves by one sub-slot at a time: one packet to each listener leaves 2.5 ms earlier or later
// than one ptime after the one before, with the timestamps of always. A stream that the tick passes by gives
// one frame more or less, and only while nobody hears it. Once, when those who talk are known after somebody
// has come, it leaps there at once, earlier only, so that nobody's packet is late; of who is heard and passed
// by a frame is made up. A conference on several cores stays where it is, and so does one so large that to
// ask when everyone's packets came would take too long.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/arrival_phases.h"
#include "dataplane/core/conference.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/slab.h"
#include "dataplane/core/tick_wheel.h"

namespace tutti::core {

// Thread: the core.
class TickFollower {
 public:
  // On each beat it asks when the talkers' packets come, and may take a step; so often it asks whether
  // another sub-slot were better: 50 = 1 s, if it knows of so many arrivals.
  static constexpr std::uint64_t kLookTicks = 50;
  static_assert(kLookTicks % kBeatTicks == 0);
  static constexpr std::uint32_t kArrivalsLeast = 3;
  // Where there was nothing to be won it rests for a second, then two, up to seven, and asks nothing: who
  // talks all the time in fixed phases keeps them, and to ask is 1 us of a packet's 5. Growing no faster, for
  // who drifts shall be asked again before he comes too late; so it does not rest behind a pause, in which
  // nothing was learned, nor where a leap's gain could be won.
  static constexpr std::uint32_t kRestMax = 7;
  // To ask costs a system call each.
  static constexpr std::uint32_t kMembersMax = 128;
  // Another sub-slot must save each talker so much in the mean: 3/4 of one. Units: phases.
  static constexpr std::uint32_t kGainNumerator = 3 * kSubSlotPhases;
  static constexpr std::uint32_t kGainDenominator = 4;
  // A leap must save 1 ms, waits until all who came have told so often when their packets come, and is not
  // repeated within 500 = 10 s.
  static constexpr std::uint32_t kLeapGain = 2;
  static constexpr std::uint8_t kLeapAfter = 3;
  static constexpr std::uint64_t kLeapRestTicks = 500;
  // A sub-slot takes in up to 64 participants, less than 0.4 ms of its 2.5; a busier core's, a sixteenth more
  // than the mean: it needs every sub-slot.
  static constexpr std::uint32_t kSpare = 64;
  // The ring's ticks are at most so many ahead of the wheel's or behind them, however long a talker's clock
  // is fast or slow: a conference that comes to sit on several cores is soon in step, and its ring may pass
  // to another one. Behind, a number is left out; ahead, no way earlier is taken past the wheel's beginning.
  static constexpr std::int64_t kLeadMax = 3;
  static constexpr std::uint64_t kLagMax = 3;

  explicit TickFollower(CoreState& state) : state_(state), ways_(state.options.capacity.conferences) {}

  // Before the first tick of a conference.
  void begin(Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME;
  // Fetches into the cache what follow() will read of a conference.
  void prefetch(const Conference& conference) TUTTI_REALTIME {
    base::prefetch(ways_.at(conference.handle.slot));
  }
  // After a tick of the conference that is on its beat, and whose next one was said to be due in the same
  // sub-slot: perhaps in another one.
  void follow(Conference& conference, std::span<Participant* const> members,
              const TickWheel::Turn& turn) TUTTI_REALTIME;

 private:
  struct Way {
    ArrivalPhases arrivals;
    std::uint32_t noted = 0;       // arrivals since the last look
    std::int32_t steps = 0;        // sub-slots that it is going to move; negative: earlier
    std::uint8_t rest = 0;         // looks that are still left out
    std::uint8_t rested = 0;       // before the last look
    std::uint8_t unknown_for = 0;  // notes until all who came are known
    bool may_leap = false;         // somebody came
    std::uint32_t members = 0;     // at the last look
    std::uint64_t leaps_from = 0;  // the first tick in which it may leap again
  };

  Way& way_of(const Conference& conference) TUTTI_REALTIME { return ways_[conference.handle.slot]; }
  void note_arrivals(const Conference& conference, std::span<Participant* const> members,
                     base::Instant now) TUTTI_REALTIME;
  std::optional<std::uint32_t> phase(const Participant& participant, base::Instant now) TUTTI_REALTIME;
  void greet(const Conference& conference) TUTTI_REALTIME;
  bool rests(const Conference& conference, bool look_due) TUTTI_REALTIME;
  std::uint32_t best_sub_slot(const Conference& conference) TUTTI_REALTIME;
  void look(Conference& conference, std::span<Participant* const> members,
            const TickWheel::Turn& turn) TUTTI_REALTIME;
  void leap(std::uint32_t best, Conference& conference, std::span<Participant* const> members,
            const TickWheel::Turn& turn) TUTTI_REALTIME;
  int way_to(std::uint32_t best, const Conference& conference) TUTTI_REALTIME;
  static bool too_far_ahead(const Conference& conference, int steps) TUTTI_REALTIME;
  bool room_in(const Conference& conference, std::uint32_t sub_slot) const TUTTI_REALTIME;
  bool passes_a_voice(const Conference& conference, std::span<Participant* const> members,
                      base::Instant now) TUTTI_REALTIME;
  void step(Conference& conference, std::span<Participant* const> members,
            const TickWheel::Turn& turn) TUTTI_REALTIME;
  bool move(Conference& conference, std::span<Participant* const> members, const TickWheel::Turn& turn,
            int steps) TUTTI_REALTIME;
  void pass(Participant& participant, int steps) TUTTI_REALTIME;

  CoreState& state_;
  Slab<Way> ways_;  // by conference slot
};

}  // namespace tutti::core
