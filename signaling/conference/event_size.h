// EventSize: what an event takes of memory while the journal holds it.
#pragma once

#include <cstddef>

#include "signaling/conference/conference_event.h"

namespace tutti::conference {

// Its own bytes, those of its texts, and the journal's about it.
std::size_t size_of(const ConferenceEvent& event);

}  // namespace tutti::conference
