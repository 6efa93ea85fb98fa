// Events made short, for tests of the journal and of who reads it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "signaling/conference/event_journal.h"

namespace tutti::conference {

inline std::chrono::system_clock::time_point wall(int seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000 + seconds));
}

inline ConferenceEvent event(std::string conference, EventDetail detail, int at = 0) {
  return {.at = wall(at),
          .conference = std::move(conference),
          .participant = ParticipantId{7},
          .detail = std::move(detail)};
}

inline void emit_digits(EventJournal& journal, const std::string& conference, int count) {
  for (int i = 0; i < count; ++i) {
    journal.emit(event(conference, DtmfReceived{static_cast<char>('0' + i % 10)}));
  }
}

inline std::vector<std::uint64_t> numbers(const std::vector<EntryPointer>& entries) {
  std::vector<std::uint64_t> all;
  all.reserve(entries.size());
  for (const auto& entry : entries) all.push_back(entry->event.number);
  return all;
}

inline std::vector<std::uint64_t> count_from(std::uint64_t first, std::size_t count) {
  std::vector<std::uint64_t> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(first + i);
  return all;
}

}  // namespace tutti::conference
