// Lockouts: callers who gave wrong PINs, and until when each is kept out.
//
// Wrong ones are counted twice: of a caller (its URI, the address it calls from, the room), and, for a URI is
// whatever its sender writes, of an address and room, with a higher bound, for behind one address may be a
// house full of callers or a trunk. Who is at either bound waits. They are not counted for a room as a whole:
// a bound there would let whoever dials from enough addresses keep everybody out, and a bound so high that
// nobody can would stop nobody; against guesses from many addresses stand the PIN's digits, and the event
// that each lock-out tells.
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

// Who gives PINs, under the two names by which it is counted.
struct PinCaller {
  PinCaller() = default;
  // The address counts whatever its port, and of IPv6 its first 64 bits: whoever has one has all below them.
  PinCaller(std::string_view conference, const std::string& uri, const base::SocketAddress& source);

  std::string uri;      // with address and conference
  std::string address;  // with conference
};

// Wrong PINs by name. Bounded: when it is full, who erred longest ago is forgotten. Thread: one.
class WrongPins {
 public:
  // A hostile crowd's table is some 1 MB. To be forgotten early one must have as many others err.
  static constexpr std::size_t kNamesMax = 4'096;

  // How long this one has still to wait, rounded up; empty where it may come.
  std::optional<std::chrono::seconds> remaining(const std::string& name, base::Instant now) const;
  // The last of `tries` starts a wait, the first of PinRules::lockout, each one after twice as long up to the
  // maximum; who errs not for that long begins anew. True where one started.
  bool record(const std::string& name, std::uint32_t tries, const PinRules& rules, base::Instant now);
  void forget(const std::string& name);
  // One wrong one less since the last wait.
  void take_back(const std::string& name);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string name;
    std::uint32_t failures = 0;  // since the last wait
    std::uint32_t lockouts = 0;
    base::Instant locked_until{};
    base::Instant erred_at{};
  };

  std::list<Entry> entries_;  // who erred longest ago in front
  std::unordered_map<std::string, std::list<Entry>::iterator> by_name_;
};

// Thread: one.
class Lockouts {
 public:
  // The longer wait of the two; empty where the caller may come.
  std::optional<std::chrono::seconds> remaining(const PinCaller& caller, base::Instant now) const;
  // A wrong PIN, in whichever call. True where the caller has to wait from now on.
  bool record_failure(const PinCaller& caller, const PinRules& rules, base::Instant now);
  // A right one: the caller's are forgotten, of its address's one is taken back, so that the slips of a crowd
  // that knows its PIN never add up to a wait.
  void forgive(const PinCaller& caller);

 private:
  WrongPins by_uri_;
  WrongPins by_address_;
};

}  // namespace tutti::conference
