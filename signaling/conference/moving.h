// Moving: from one conference into another on the same core, without a word to the far end.
//
// It is listed in the new one at once. Its seat in the old one stays taken until the core says that it has
// moved, and keeps that conference open so long.
#pragma once

#include "signaling/conference/failure.h"
#include "signaling/conference/host.h"
#include "signaling/conference/leaving.h"
#include "signaling/conference/moderation.h"

namespace tutti::conference {

class Moving {
 public:
  Moving(Host& host, Moderation& moderation, Leaving& leaving)
      : host_(host), moderation_(moderation), leaving_(leaving) {}

  // Errors: InvalidArgument where it is there already, InvalidState, CapacityExceeded.
  Outcome<> move(Participant& participant, Conference& target);
  // The core is done with it.
  void on_moved(Participant& participant);

 private:
  Outcome<> check(const Participant& participant, const Conference& target) const;

  Host& host_;
  Moderation& moderation_;
  Leaving& leaving_;
};

}  // namespace tutti::conference
