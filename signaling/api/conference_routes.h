// Conference routes: every operation of Control under /rooms and /participants.
//
// docs/openapi.json describes them, and a test holds the one against the other.
#pragma once

#include <functional>

#include "signaling/api/router.h"
#include "signaling/conference/control.h"

namespace tutti::api {

// What a room has where nobody says otherwise, as configured now.
using DefaultSettings = std::function<conference::ConferenceSettings()>;

// Owns nothing of `control`, which outlives the router. Thread: handlers run in the control thread.
void add_room_routes(Router& router, conference::Control& control, DefaultSettings defaults);
void add_participant_routes(Router& router, conference::Control& control);

}  // namespace tutti::api
