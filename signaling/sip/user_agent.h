// UserAgent: answers and places calls over UDP and TCP: transactions, dialogs, session timers, overload.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "signaling/sip/dialog_control.h"
#include "signaling/sip/event_loop.h"
#include "signaling/sip/session_timer.h"
#include "signaling/sip/sip_counters.h"
#include "signaling/sip/sip_error.h"

namespace tutti::sip {

// Source: RFC 3261, 17.1.1.1; lower only in tests.
struct TransactionTimers {
  std::chrono::milliseconds t1{500};
  std::chrono::milliseconds t2{4000};
  std::chrono::milliseconds t4{5000};
};

struct UserAgentLimits {
  // INVITEs not yet acknowledged; above it 503 with Retry-After: the library's retransmission list is O(n).
  std::size_t pending_invites = 1000;
  std::size_t dialogs = 0;  // 0: no limit here; whoever accepts decides
  std::chrono::seconds retry_after{5};
  // Over TCP, opened by others; more are closed at once. Who has how many of them: base::ConnectionBound.
  std::size_t connections = 1'000;
  std::size_t connections_per_address = 256;
};

struct UserAgentConfig {
  // Each address gets UDP and TCP of the same port; port 0 takes a free one, see bound().
  std::vector<base::SocketAddress> listen;
  bool tcp = true;
  // A connection that carries no call and brings nothing for so long is closed: its far end may be gone
  // without a word, and each holds a descriptor.
  std::chrono::milliseconds tcp_idle{300'000};
  std::string product = "Tutti";  // Server and User-Agent
  bool focus = true;              // Contact carries `isfocus` (RFC 4579); false for a client
  // Requests of a dialog go to loopback addresses alone: one whose far end wants them elsewhere ends unsaid.
  bool loopback_only = false;
  SessionTimerConfig session_timer;
  TransactionTimers timers;
  UserAgentLimits limits;
};

// Thread: all of it the loop's, except counters().
class UserAgent final : public DialogControl {
 public:
  // Owns nothing of `loop` and `observer`, which outlive it.
  static base::Result<std::unique_ptr<UserAgent>, SipError> start(EventLoop& loop, UserAgentConfig config,
                                                                  UserAgentObserver& observer);
  // Drops all calls without a word; hang up and wait for dialogs() == 0 first.
  ~UserAgent() override;

  void ring(DialogId dialog) override;
  void accept(DialogId dialog, base::SharedText sdp) override;
  void reject(DialogId dialog, const Rejection& rejection) override;
  void accept_reinvite(DialogId dialog, base::SharedText sdp) override;
  void reject_reinvite(DialogId dialog, const Rejection& rejection) override;
  bool reinvite(DialogId dialog, base::SharedText offer) override;
  void hang_up(DialogId dialog, const std::string& reason) override;
  base::Result<DialogId, SipError> invite(const OutgoingInvite& invite) override;

  // From now on new calls get 503; those under way go on.
  void refuse_new_calls();

  // Where it really listens: UserAgentConfig::listen with the ports filled in.
  const std::vector<base::SocketAddress>& bound() const;
  // Calls that exist, also those of which only the answer to our BYE is missing.
  std::size_t dialogs() const;
  // Thread: any.
  const SipCounters& counters() const;
  // Messages that nobody answers for: too long, of a form the library cannot bear, or more requests than a
  // call needs. Of the whole process. Thread: any.
  static std::uint64_t messages_kept_out();

 private:
  class Impl;
  explicit UserAgent(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::sip
