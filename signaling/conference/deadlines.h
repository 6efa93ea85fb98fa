// Deadlines: who is to be looked at when; only those that are due cost anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "dataplane/base/clock.h"
#include "signaling/conference/participant_id.h"

namespace tutti::conference {

enum class DeadlineKind : std::uint8_t {
  // of a conference
  kStatistics,
  kIdle,
  kDuration,
  kLinger,
  kModeratorGrace,
  // of a participant
  kStay,
  kPin,
  kRing,
  kOffer,
};

// One of each kind for each conference and participant. Thread: one.
class Deadlines {
 public:
  struct Key {
    DeadlineKind kind{};
    std::uint64_t id = 0;
    auto operator<=>(const Key&) const = default;
  };

  // Again: the new time counts.
  void set(DeadlineKind kind, ConferenceId id, base::Instant at) { set({kind, std::uint64_t(id)}, at); }
  void set(DeadlineKind kind, ParticipantId id, base::Instant at) { set({kind, std::uint64_t(id)}, at); }
  void cancel(DeadlineKind kind, ConferenceId id) { cancel({kind, std::uint64_t(id)}); }
  void cancel(DeadlineKind kind, ParticipantId id) { cancel({kind, std::uint64_t(id)}); }
  bool is_set(DeadlineKind kind, ConferenceId id) const {
    return times_.count({kind, std::uint64_t(id)}) > 0;
  }
  // Of every kind.
  void cancel(ConferenceId id);
  void cancel(ParticipantId id);

  // The earliest that is due, and no more set; empty when none is.
  std::optional<Key> take(base::Instant now);
  std::size_t size() const { return times_.size(); }

 private:
  void set(const Key& key, base::Instant at);
  void cancel(const Key& key);
  void cancel(DeadlineKind first, DeadlineKind last, std::uint64_t id);

  std::map<Key, base::Instant> times_;
  std::set<std::pair<base::Instant, Key>> order_;
};

}  // namespace tutti::conference
