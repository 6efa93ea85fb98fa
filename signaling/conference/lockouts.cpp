#include "signaling/conference/lockouts.h"

#include <algorithm>

#include "dataplane/base/host_network.h"

namespace tutti::conference {
namespace {

// URIs come from the wire: one of 8 kB is no name.
constexpr std::size_t kKeptUriBytes = 192;
constexpr std::uint32_t kDoublingsMax = 30;

}  // namespace

PinCaller::PinCaller(std::string_view conference, const std::string& from, const base::SocketAddress& source)
    : uri(std::string(conference) + ' ' + base::ip_to_string(source) + ' ' + from.substr(0, kKeptUriBytes)),
      address(std::string(conference) + ' ' + base::ip_to_string(base::network_of(source))) {}

std::optional<std::chrono::seconds> WrongPins::remaining(const std::string& name, base::Instant now) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || found->second->locked_until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(found->second->locked_until - now);
}

bool WrongPins::record(const std::string& name, std::uint32_t tries, const PinRules& rules,
                       base::Instant now) {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    if (entries_.size() >= kNamesMax) {
      by_name_.erase(entries_.front().name);
      entries_.pop_front();
    }
    entries_.push_back({.name = name, .erred_at = now});
    found = by_name_.emplace(name, std::prev(entries_.end())).first;
  }
  entries_.splice(entries_.end(), entries_, found->second);
  Entry& entry = *found->second;
  if (now - std::max(entry.locked_until, entry.erred_at) >= rules.lockout_max) {
    entry.lockouts = entry.failures = 0;
  }
  entry.erred_at = now;
  if (++entry.failures < tries) return false;
  entry.failures = 0;
  const auto doublings = std::min(entry.lockouts++, kDoublingsMax);
  const auto wait = std::min(rules.lockout * (std::int64_t{1} << doublings), rules.lockout_max);
  entry.locked_until = now + std::max(wait, std::min(rules.lockout, rules.lockout_max));
  return true;
}

void WrongPins::forget(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  entries_.erase(found->second);
  by_name_.erase(found);
}

void WrongPins::take_back(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end() && found->second->failures > 0) --found->second->failures;
}

std::optional<std::chrono::seconds> Lockouts::remaining(const PinCaller& caller, base::Instant now) const {
  // An empty one is less than any other.
  return std::max(by_uri_.remaining(caller.uri, now), by_address_.remaining(caller.address, now));
}

bool Lockouts::record_failure(const PinCaller& caller, const PinRules& rules, base::Instant now) {
  const bool waits = by_uri_.record(caller.uri, rules.tries, rules, now);
  const bool all_wait =
      rules.address_tries > 0 && by_address_.record(caller.address, rules.address_tries, rules, now);
  return waits || all_wait;
}

void Lockouts::forgive(const PinCaller& caller) {
  by_uri_.forget(caller.uri);
  by_address_.take_back(caller.address);
}

}  // namespace tutti::conference
