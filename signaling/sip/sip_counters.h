// SipCounters: what passed through the user agent, by method and status. Thread: written by the loop's
// thread, read by any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/counters.h"
#include "dataplane/base/status_counters.h"

namespace tutti::sip {

enum class Method : std::uint8_t {
  kInvite,
  kAck,
  kCancel,
  kBye,
  kOptions,
  kUpdate,
  kOther,
};
inline constexpr std::size_t kMethodCount = 7;
const char* to_string(Method method);

// What the library answers by itself (retransmissions, 481 to a CANCEL, 482, 400) is not in here.
struct SipCounters {
  std::array<base::Counter, kMethodCount> requests_received;  // retransmissions are not counted
  std::array<base::Counter, kMethodCount> requests_sent;
  base::StatusCounters responses_sent;
  base::StatusCounters responses_received;
  base::Counter shed;            // INVITEs answered 503 at once: too many pending, draining, or overloaded
  base::Counter shed_stateless;  // of these, those in a flood: nothing was kept of them
  base::Counter invite_acked;    // 2xx of ours that were acknowledged
  base::Gauge dialogs;           // from INVITE until the last BYE is answered
  base::Gauge pending_invites;
  base::Gauge connections;            // over TCP, that others have opened
  base::Counter refused_connections;  // one too many
  base::Counter refused_address;      // one too many from its address

  base::Counter& received(Method method) { return requests_received[static_cast<std::size_t>(method)]; }
  base::Counter& sent(Method method) { return requests_sent[static_cast<std::size_t>(method)]; }
  const base::Counter& received(Method method) const {
    return requests_received[static_cast<std::size_t>(method)];
  }
  const base::Counter& sent(Method method) const { return requests_sent[static_cast<std::size_t>(method)]; }
};

}  // namespace tutti::sip
