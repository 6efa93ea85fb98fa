// Roster: the conferences that tick in one sub-slot and all their members, in the order in which they are
// mixed: written down when one comes, goes or moves, and only read from tick to tick.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/core/core_state.h"

namespace tutti::core {

// Thread: the core.
class Roster {
 public:
  // Behind the last of either the same one comes so often again: who fetches ahead need not ask where they
  // end.
  static constexpr std::uint32_t kBeyond = 8;

  // Room for all whom the core has room for: any of its sub-slots may come to hold them. What is not used is
  // not touched.
  explicit Roster(const mailbox::CoreCapacity& capacity)
      : places_(new Place[capacity.conferences + kBeyond]),
        members_(new Participant*[capacity.participants + kBeyond]) {}

  // Before a tick of the sub-slot: all that are due in it.
  void update(CoreState& state, const TickWheel::Turn& turn) TUTTI_REALTIME {
    if (!all_due_ || changes_ != state.changes_in[turn.sub_slot]) write_down(state, turn);
    DCHECK(holds(state, turn));
  }

  std::uint32_t conferences() const TUTTI_REALTIME { return conferences_; }
  // Shapes: below conferences() + kBeyond, if there is one.
  Conference* conference(std::uint32_t i) const TUTTI_REALTIME { return places_[i].conference; }
  // The members of the conferences before the i-th, which may be conferences(): so many.
  std::uint32_t members_before(std::uint32_t i) const TUTTI_REALTIME { return places_[i].members_before; }
  // All of them, and behind these kBeyond more that may be fetched.
  std::span<Participant* const> members() const TUTTI_REALTIME {
    return std::span(members_.get(), members_before(conferences_));
  }

 private:
  // Without initial values, so that making a roster touches none.
  struct Place {
    Conference* conference;
    std::uint32_t members_before;
  };

  void write_down(CoreState& state, const TickWheel::Turn& turn) TUTTI_REALTIME;
  bool holds(CoreState& state, const TickWheel::Turn& turn) const TUTTI_REALTIME;

  std::unique_ptr<Place[]> places_;
  std::unique_ptr<Participant*[]> members_;
  std::uint32_t conferences_ = 0;
  std::uint32_t changes_ = 0;  // as many were known when it was written down
  bool all_due_ = false;       // nobody was left out who may be due the next time
};

}  // namespace tutti::core
