// Lockouts: callers who gave wrong PINs, and until when each is kept out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "signaling/conference/focus_config.h"

namespace tutti::conference {

// Bounded: when it is full, who erred longest ago is forgotten. Thread: one.
class Lockouts {
 public:
  // A hostile crowd's table is some 1 MB. To be forgotten early one must have as many others err.
  static constexpr std::size_t kCallersMax = 4'096;

  explicit Lockouts(const PinRules& rules) : rules_(rules) {}

  // A caller of a conference: its URI and the address, whatever the port, from which it calls.
  static std::string key(std::string_view conference, const std::string& uri,
                         const base::SocketAddress& source);

  // How long this one has still to wait, rounded up; empty where it may come.
  std::optional<std::chrono::seconds> remaining(const std::string& key, base::Instant now) const;
  // A wrong PIN, in whichever call: the last of PinRules::tries starts a wait, the first of
  // PinRules::lockout, each one after twice as long up to the maximum. True where it did.
  bool record_failure(const std::string& key, base::Instant now);
  // A right one: all is forgotten.
  void forgive(const std::string& key);
  std::size_t size() const { return callers_.size(); }

 private:
  struct Caller {
    std::string key;
    std::uint32_t failures = 0;  // since the last wait
    std::uint32_t lockouts = 0;
    base::Instant locked_until{};
    base::Instant erred_at{};
  };

  const PinRules rules_;
  std::list<Caller> callers_;  // who erred longest ago in front
  std::unordered_map<std::string, std::list<Caller>::iterator> by_key_;
};

}  // namespace tutti::conference
