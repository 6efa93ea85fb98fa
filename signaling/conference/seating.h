// Seating: as which shares a conference is mixed: one is opened on a core for the first participant who comes
// to it and whenever the others there are full, linked with all others so that everyone hears everyone, and
// closed behind the last one. A share ticks as a whole, so a large conference spreads over the core's wheel
// by having several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "signaling/conference/conference.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// Whether one more may sit on that core, as far as shares go; `conference` is null where it is yet to be
// made.
bool has_seat(const Host& host, const Conference* conference, std::size_t core);

// The participant slot beside which the next one on that core belongs: a share's are neighbours. None where
// it opens a share.
std::optional<std::uint32_t> next_neighbour(const Host& host, const Conference* conference, std::size_t core);

// One more participant, in `slot` of that core, which has a seat. Returns the number of the share to attach
// to.
std::uint32_t take_seat(Host& host, Conference& conference, std::size_t core, std::uint32_t slot);

// Its settings are others: tells every share what concerns the mix.
void update_shares(Host& host, const Conference& conference);

// What it has ticked since it was opened: 50 times a second, late as often as its core's ticks were.
struct SeatTicks {
  double ticks = 0;
  double late = 0;
};
SeatTicks ticks_of(const Host& host, const Seat& seat);

// One less in the share of that number; its core is done with it.
void leave_seat(Host& host, Conference& conference, std::uint32_t number);

}  // namespace tutti::conference
