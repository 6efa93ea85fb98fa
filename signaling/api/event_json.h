// EventJson: an event as JSON has it, for server-sent events and webhooks alike.
#pragma once

#include <cstdint>
#include <string>

#include "signaling/api/json_shapes.h"
#include "signaling/conference/conference_event.h"

namespace tutti::api {

// {"number", "at", "event", "room", "participant", "detail"}; the detail's members are the event's own.
Json json_of(const conference::ConferenceEvent& event);

// {"event": "gap", ...}: some events are gone. `room` empty: of all rooms, and then there is no first_held.
// `lost` 0: nobody can tell how many.
Json gap_json(const std::string& room, std::uint64_t lost, std::uint64_t first_held);

}  // namespace tutti::api
