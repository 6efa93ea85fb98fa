// ConferenceStatistics: what a conference has come to, as of now or at its end; a copy.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "signaling/conference/participant_id.h"
#include "signaling/conference/participant_status.h"

namespace tutti::conference {

struct ConferenceStatistics {
  ConferenceState state = ConferenceState::kCreating;
  std::chrono::system_clock::time_point created_at;
  std::chrono::milliseconds duration{0};
  bool mixing = true;

  std::uint64_t participants_total = 0;     // who ever came
  std::size_t participants_active = 0;      // who are in it
  std::size_t participants_with_audio = 0;  // whose packets came within the last second
  std::size_t talkers = 0;                  // who talk now
  ParticipantId loudest{};                  // 0 = nobody

  // Reckoned: a core counts the ticks of all its conferences together, and this one has its part of them.
  std::uint64_t ticks = 0;       // 50 a second of each of its shares
  std::uint64_t late_ticks = 0;  // whose last packet left more than 5 ms after it was due, or never
  double mixing_us = 0;          // the mean work of its cores in 20 ms; 0 = no tick yet
  double loss_percent = 0;       // of what its participants sent
  double jitter_ms = 0;          // their mean
  double mos = 0;                // estimate, 1 to 4.5, their mean; 0 = nobody to tell

  bool operator==(const ConferenceStatistics&) const = default;
};

}  // namespace tutti::conference
