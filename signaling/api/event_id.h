// EventId: where a reader of events is, as HTTP writes it: "12-5d3a0b" in one room, "lobby:12-5d3a0f" in all.
//
// The number is the event's in its room. The mark behind it, hexadecimal, is its place in the journal: by it
// a reader who comes back after the numbers began anew is told of the gap. It may be left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signaling/conference/journal_entry.h"

namespace tutti::api {

struct EventId {
  std::optional<std::string> room;  // not there: the id is one room's own
  conference::Cursor cursor;
};

constexpr std::size_t kEventIdBytesMax = 128;

// Nothing where it is none, or too long. Any bytes may be given.
std::optional<EventId> parse_event_id(std::string_view text);
std::string write_event_id(const EventId& id);

}  // namespace tutti::api
