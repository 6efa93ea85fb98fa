#include "dataplane/net/neighbour_table.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

constexpr base::Duration kPostponed = std::chrono::milliseconds(50);

}  // namespace

NeighbourTable::NeighbourTable(std::uint32_t capacity) : capacity_(capacity) {
  CHECK(capacity > 0);
}

std::optional<MacAddress> NeighbourTable::resolve(const base::SocketAddress& ip, base::Instant now) {
  const Key key(ip.family, ip.ip);
  auto at = entries_.find(key);
  if (at == entries_.end()) {
    if (entries_.size() == capacity_ && !make_room(now)) {
      counters_.refused.add();
      return std::nullopt;
    }
    at = entries_.try_emplace(key).first;
    at->second.contest_at = at->second.due = at->second.used = now;
    due_.emplace(now, key);
    begin_probing(at, now);
    counters_.neighbours.set(static_cast<std::int64_t>(entries_.size()));
    return std::nullopt;
  }
  Entry& entry = at->second;
  entry.used = now;
  switch (entry.state) {
    case State::kIncomplete:
      return std::nullopt;
    case State::kReachable:
      if (!entry.probing && now >= entry.since + kReprobe) begin_probing(at, now);
      return entry.mac;
    case State::kStale:
      if (!entry.probing) begin_probing(at, now);
      return entry.mac;
    case State::kFailed:
      if (now >= entry.since + kFailed) {
        entry.state = State::kIncomplete;
        begin_probing(at, now);
      }
      return std::nullopt;
  }
  return std::nullopt;
}

void NeighbourTable::hear(const base::SocketAddress& ip, const MacAddress& mac, bool as_answer,
                          base::Instant now) {
  const auto at = entries_.find(Key(ip.family, ip.ip));
  if (at == entries_.end()) return;
  Entry& entry = at->second;
  const bool asked = as_answer && entry.probing && entry.tries > 0;
  if (entry.state == State::kFailed) {  // it is back: who still waits for it need not wait longer
    if (now >= entry.used + kInUse || now < entry.contest_at) return;
    entry.state = State::kIncomplete;
    entry.contest_at = now + kRetry;
    begin_probing(at, now);
    return;
  }
  if (entry.state == State::kIncomplete) {
    if (asked) {
      counters_.learned.add();
      confirm(at, mac, now);
    }
    return;
  }
  if (mac == entry.mac) {
    if (asked) confirm(at, mac, now);
    return;
  }
  // The first try went to the known one alone, who was silent.
  if (asked && entry.tries > 1 && !entry.heir) {
    entry.heir = mac;
    schedule(at, now + kGrace);
    return;
  }
  if (entry.heir == mac) return;
  counters_.contested.add();
  if (entry.probing || now < entry.contest_at) return;
  entry.contest_at = now + kRetry;
  begin_probing(at, now);
}

std::optional<NeighbourTable::Probe> NeighbourTable::next_probe(base::Instant now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto at = entries_.find(due_.begin()->second);
    Entry& entry = at->second;
    if (!entry.probing) {
      age(at, now);
      continue;
    }
    if (entry.heir) {
      counters_.moved.add();
      confirm(at, *entry.heir, now);
      continue;
    }
    if (entry.tries == kTries) {
      counters_.failed.add();
      entry.state = State::kFailed;
      entry.probing = false;
      entry.since = now;
      schedule(at, entry.used + kForget);
      continue;
    }
    const bool to_everybody = !known(entry) || entry.tries > 0;
    if (to_everybody && !broadcasts_.try_take(now)) {
      schedule(at, now + kPostponed);
      continue;
    }
    ++entry.tries;
    schedule(at, now + kRetry);
    Probe probe;
    probe.ip.family = at->first.first;
    probe.ip.ip = at->first.second;
    if (!to_everybody) probe.to = entry.mac;
    return probe;
  }
  return std::nullopt;
}

std::optional<NeighbourTable::State> NeighbourTable::find(const base::SocketAddress& ip) const {
  const auto at = entries_.find(Key(ip.family, ip.ip));
  if (at == entries_.end()) return std::nullopt;
  return at->second.state;
}

void NeighbourTable::schedule(Entries::iterator at, base::Instant due) {
  auto node = due_.extract({at->second.due, at->first});
  at->second.due = due;
  node.value() = {due, at->first};
  due_.insert(std::move(node));
}

void NeighbourTable::begin_probing(Entries::iterator at, base::Instant now) {
  at->second.probing = true;
  at->second.tries = 0;
  schedule(at, now);
}

void NeighbourTable::confirm(Entries::iterator at, const MacAddress& mac, base::Instant now) {
  Entry& entry = at->second;
  entry.mac = mac;
  entry.state = State::kReachable;
  entry.probing = false;
  entry.heir.reset();
  entry.since = now;
  schedule(at, now + kReachable);
}

// What is due and not being asked.
void NeighbourTable::age(Entries::iterator at, base::Instant now) {
  Entry& entry = at->second;
  // In use it would have been asked again by now: resolve() sees to that.
  if (entry.state == State::kReachable) entry.state = State::kStale;
  if (now >= entry.used + kForget) {
    erase(at);
  } else {
    schedule(at, entry.used + kForget);
  }
}

void NeighbourTable::erase(Entries::iterator at) {
  due_.erase({at->second.due, at->first});
  entries_.erase(at);
  counters_.neighbours.set(static_cast<std::int64_t>(entries_.size()));
}

// Who did not answer has nothing to lose; of the others whoever has been out of use longest.
bool NeighbourTable::make_room(base::Instant now) {
  if (now < room_at_) return false;
  auto oldest = entries_.begin();
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (at->second.state == State::kFailed) {
      erase(at);
      return true;
    }
    if (at->second.used < oldest->second.used) oldest = at;
  }
  if (now < oldest->second.used + kInUse) {
    room_at_ = std::min(oldest->second.used + kInUse, now + kRetry);  // one may have failed by then
    return false;
  }
  erase(oldest);
  return true;
}

}  // namespace tutti::net
