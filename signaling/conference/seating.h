// Seating: on which cores a conference sits: a share is opened for the first participant who comes to a core,
// linked with all others so that everyone hears everyone, and closed behind the last one.
#pragma once

#include <cstddef>

#include "dataplane/mailbox/handles.h"
#include "signaling/conference/conference.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// One more participant on that core, which has a free slot where the conference does not sit there yet.
// Returns the share to attach to.
mailbox::ConferenceHandle take_seat(Host& host, Conference& conference, std::size_t core);

// One less; the core is done with it.
void leave_seat(Host& host, Conference& conference, std::size_t core);

}  // namespace tutti::conference
