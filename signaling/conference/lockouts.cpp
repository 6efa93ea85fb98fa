#include "signaling/conference/lockouts.h"

#include <algorithm>

namespace tutti::conference {
namespace {

// URIs come from the wire: one of 8 kB is no key.
constexpr std::size_t kUriBytesMax = 192;
constexpr std::uint32_t kDoublingsMax = 30;

}  // namespace

std::string Lockouts::key(std::string_view conference, const std::string& uri,
                          const base::SocketAddress& source) {
  return std::string(conference) + ' ' + base::ip_to_string(source) + ' ' + uri.substr(0, kUriBytesMax);
}

std::optional<std::chrono::seconds> Lockouts::remaining(const std::string& key, base::Instant now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || found->second->locked_until <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(found->second->locked_until - now);
}

bool Lockouts::record_failure(const std::string& key, base::Instant now) {
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (callers_.size() >= kCallersMax) {
      by_key_.erase(callers_.front().key);
      callers_.pop_front();
    }
    callers_.push_back({.key = key});
    found = by_key_.emplace(key, std::prev(callers_.end())).first;
  }
  callers_.splice(callers_.end(), callers_, found->second);
  Caller& caller = *found->second;
  // Who has not erred for long after its last wait begins anew.
  if (caller.lockouts > 0 && now - std::max(caller.locked_until, caller.erred_at) >= rules_.lockout_max) {
    caller.lockouts = caller.failures = 0;
  }
  caller.erred_at = now;
  if (++caller.failures < rules_.tries) return false;
  caller.failures = 0;
  const auto doublings = std::min(caller.lockouts++, kDoublingsMax);
  const auto wait = std::min(rules_.lockout * (std::int64_t{1} << doublings), rules_.lockout_max);
  caller.locked_until = now + std::max(wait, std::min(rules_.lockout, rules_.lockout_max));
  return true;
}

void Lockouts::forgive(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  callers_.erase(found->second);
  by_key_.erase(found);
}

}  // namespace tutti::conference
