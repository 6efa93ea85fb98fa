#include "signaling/conference/conference.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "signaling/conference/random_start.h"

namespace tutti::conference {

Conference::Conference(ConferenceId id, std::string name, ConferenceSettings settings, base::Instant now,
                       const Announcer& announcer)
    : announcer_(announcer),
      id_(id),
      public_id_(draw_conference_id()),
      name_(std::move(name)),
      created_at_(now),
      settings_(std::move(settings)) {
  if (name_.empty()) name_ = public_id_;
}

bool Conference::try_enter(ConferenceState next) {
  if (!may_follow(state_, next)) return false;
  const ConferenceState from = std::exchange(state_, next);
  if (!ending()) locked_ = next == ConferenceState::kLocked;
  announcer_.tell(*this, ConferenceStateChanged{from, next});
  return true;
}

void Conference::add(ParticipantId participant) {
  CHECK(participants_.insert(participant).second);
  ++present_;
  ++participants_total;
}

void Conference::begin_leave(ParticipantId participant) {
  CHECK(participants_.count(participant) == 1 && present_ > 0);
  --present_;
}

void Conference::remove(ParticipantId participant) {
  CHECK(participants_.erase(participant) == 1);
}

bool Conference::sits_on(std::size_t core) const {
  return std::any_of(seats.begin(), seats.end(),
                     [core](const auto& seat) { return seat.second.core == core; });
}

std::optional<std::uint32_t> Conference::find_seat(std::size_t core, std::size_t bound) const {
  std::optional<std::uint32_t> best;
  for (const auto& [number, seat] : seats) {
    if (seat.core != core || seat.participants >= bound) continue;
    if (!best || seat.participants < seats.at(*best).participants) best = number;
  }
  return best;
}

std::optional<std::uint32_t> Conference::free_number() const {
  for (std::uint32_t i = 1; i <= mailbox::kSharesMax; ++i) {
    const std::uint32_t number = (last_number + i) % mailbox::kSharesMax;
    if (seats.count(number) == 0) return number;
  }
  return std::nullopt;
}

ConferenceInfo Conference::info() const {
  ConferenceInfo info;
  info.id = public_id_;
  info.name = name_;
  info.state = state_;
  info.display_name = settings_.display_name;
  info.permanent = settings_.permanent;
  info.waiting = waiting();
  info.participants = present_;
  info.moderators = moderators_;
  info.talkers = talkers.size();
  info.max_participants = settings_.max_participants;
  info.created_at = created_wall_;
  return info;
}

}  // namespace tutti::conference
