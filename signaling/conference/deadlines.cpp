#include "signaling/conference/deadlines.h"

namespace tutti::conference {

void Deadlines::set(const Key& key, base::Instant at) {
  cancel(key);
  times_.emplace(key, at);
  order_.emplace(at, key);
}

void Deadlines::cancel(const Key& key) {
  const auto found = times_.find(key);
  if (found == times_.end()) return;
  order_.erase({found->second, key});
  times_.erase(found);
}

void Deadlines::cancel(DeadlineKind first, DeadlineKind last, std::uint64_t id) {
  for (auto kind = static_cast<std::uint8_t>(first); kind <= static_cast<std::uint8_t>(last); ++kind) {
    cancel(Key{static_cast<DeadlineKind>(kind), id});
  }
}

void Deadlines::cancel(ConferenceId id) {
  cancel(DeadlineKind::kStatistics, DeadlineKind::kModeratorGrace, std::uint64_t(id));
}

void Deadlines::cancel(ParticipantId id) {
  cancel(DeadlineKind::kStay, DeadlineKind::kOffer, std::uint64_t(id));
}

std::optional<Deadlines::Key> Deadlines::take(base::Instant now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  const Key key = order_.begin()->second;
  cancel(key);
  return key;
}

}  // namespace tutti::conference
