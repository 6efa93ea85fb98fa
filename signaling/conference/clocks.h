// The clocks of a conference: which of its deadlines run, by its settings and by what happens in it.
#pragma once

#include <chrono>

#include "signaling/conference/conference.h"

namespace tutti::conference {

class Host;
class Participant;

inline constexpr std::chrono::seconds kStatisticsPeriod{5};

// It is made: its duration runs.
void start_clocks(Host& host, Conference& conference);
// Somebody comes into an empty one; the last one is out, and it stays.
void start_occupied_clocks(Host& host, Conference& conference);
void stop_occupied_clocks(Host& host, Conference& conference);
// Somebody begins to talk in silence, or nobody talks any more; the first one is let in, or the last one who
// was goes: whoever is not let in cannot talk, and ends no room by that.
void watch_idle(Host& host, Conference& conference);
// Its settings are others: what ran by the old ones runs by the new.
void restart_clocks(Host& host, Conference& conference, const ConferenceSettings& before);

}  // namespace tutti::conference
