// NeighbourTable: which MAC addresses the neighbours have that somebody here sends to; bounded, and believing
// nothing but the answers to its own questions.
//
// What others say unasked never changes a MAC address: it makes the table ask, first the neighbour that it
// knows, and only where that one is silent everybody. docs/decisions/0030-neighbours-without-a-kernel.md
// Source: RFC 826; RFC 4861, section 7.3; RFC 1122, section 2.3.2.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "dataplane/base/clock.h"
#include "dataplane/base/counters.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"
#include "dataplane/net/rate_limit.h"

namespace tutti::net {

// Thread: one, which is no core's; the counters by any.
class NeighbourTable {
 public:
  static constexpr int kTries = 3;
  static constexpr base::Duration kRetry = std::chrono::seconds(1);  // between two tries
  static constexpr base::Duration kReprobe =
      std::chrono::seconds(20);  // who is in use is asked again, so that
  static constexpr base::Duration kReachable = std::chrono::seconds(30);    // all tries end before this
  static constexpr base::Duration kInUse = std::chrono::seconds(30);        // since it was last asked for
  static constexpr base::Duration kGrace = std::chrono::milliseconds(200);  // for the known one to answer too
  static constexpr base::Duration kFailed = std::chrono::seconds(3);        // before it is tried again
  static constexpr base::Duration kForget = std::chrono::minutes(5);        // of not being asked for
  static_assert(kReprobe + kTries * kRetry < kReachable);
  // Of questions to everybody, so that addresses that nobody has make no storm.
  static constexpr base::Duration kBroadcastEvery = std::chrono::milliseconds(1);
  static constexpr std::uint32_t kBroadcastsAtOnce = 100;

  explicit NeighbourTable(std::uint32_t capacity);

  // The MAC of a neighbour on the link; none while it is not known, which begins to be asked for.
  std::optional<MacAddress> resolve(const base::SocketAddress& ip, base::Instant now);
  // A neighbour said that it has the address: as to a question of ours, or unasked. Of whom nobody here has
  // asked for, nothing is kept.
  void hear(const base::SocketAddress& ip, const MacAddress& mac, bool as_answer, base::Instant now);

  struct Probe {
    base::SocketAddress ip;
    std::optional<MacAddress> to;  // none: to everybody
  };
  // The next question that is due; to be called until there is none.
  std::optional<Probe> next_probe(base::Instant now);

  enum class State : std::uint8_t {
    kIncomplete,  // asked for, not known yet
    kReachable,   // answered of late
    kStale,       // answered once, and was not needed since; used, and asked at once, when it is
    kFailed       // did not answer
  };
  std::optional<State> find(const base::SocketAddress& ip) const;
  std::size_t size() const { return entries_.size(); }

  struct Counters {
    base::Counter learned;    // were unknown and answered
    base::Counter moved;      // answered from another MAC address than before
    base::Counter failed;     // did not answer
    base::Counter contested;  // another MAC address was claimed for one that is known, and not believed
    base::Counter refused;    // no place was left
    base::Gauge neighbours;
  };
  const Counters& counters() const { return counters_; }

 private:
  using Key = std::pair<base::AddressFamily, std::array<std::uint8_t, 16>>;
  struct Entry {
    State state = State::kIncomplete;
    MacAddress mac{};  // of kReachable and kStale
    bool probing = false;
    int tries = 0;                     // of this round
    std::optional<MacAddress> heir{};  // answered in place of the known one, which still may
    base::Instant used;
    base::Instant since;       // when it was confirmed, or failed
    base::Instant contest_at;  // from when on a claim begins a new round
    base::Instant due;         // what is next: a try, or to age
  };
  using Entries = std::map<Key, Entry>;

  static bool known(const Entry& entry) {
    return entry.state == State::kReachable || entry.state == State::kStale;
  }
  void schedule(Entries::iterator at, base::Instant due);
  void begin_probing(Entries::iterator at, base::Instant now);
  void confirm(Entries::iterator at, const MacAddress& mac, base::Instant now);
  void age(Entries::iterator at, base::Instant now);
  void erase(Entries::iterator at);
  bool make_room(base::Instant now);

  const std::uint32_t capacity_;
  Entries entries_;
  std::set<std::pair<base::Instant, Key>> due_;   // each entry once
  base::Instant room_at_ = base::Instant::min();  // no sooner has anyone been out of use for long enough
  RateLimit broadcasts_{kBroadcastEvery, kBroadcastsAtOnce};
  Counters counters_;
};

}  // namespace tutti::net
