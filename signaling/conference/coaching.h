// Coaching: a voice that leaves the mix and goes to those alone whom it coaches.
#pragma once

#include "signaling/conference/failure.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// Both are in the call. Errors: InvalidArgument where they are one or of two conferences, CapacityExceeded.
Outcome<> start_coaching(Host& host, Participant& coach, Participant& coachee);
// Errors: InvalidState where it coaches nobody.
Outcome<> stop_coaching(Host& host, Participant& coach);
// It leaves or moves: coaches nobody any more, and is coached by nobody. Whose last coachee it was is in the
// mix again.
void end_coachings(Host& host, const Participant& participant);

// Whether `coach` coaches, and that one.
bool coaches(const Host& host, const Participant& coach, const Participant& coachee);

}  // namespace tutti::conference
