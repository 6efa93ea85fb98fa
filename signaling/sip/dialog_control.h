// DialogControl and UserAgentObserver: what the focus tells the SIP side, and what the SIP side tells it.
//
// SDP crosses as an opaque text, Content-Type application/sdp; ours is kept once by both sides. Everything
// happens in the event loop's thread; the observer may call DialogControl inside its callbacks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "dataplane/base/result.h"
#include "dataplane/base/shared_text.h"
#include "dataplane/base/socket_address.h"
#include "signaling/sip/sip_error.h"

namespace tutti::sip {

// One call; never used twice in a process's life; 0 is no dialog.
enum class DialogId : std::uint64_t {};

enum class Transport : std::uint8_t { kUdp, kTcp };

// How long a call may hear nothing final, ours or the other side's; proxies give up at the same time.
// RFC 3261, 16.6, timer C.
inline constexpr std::chrono::seconds kAnswerLimit{180};

// A call that asks to be let in. Strings are as on the wire unless said otherwise.
struct IncomingInvite {
  DialogId dialog{};
  std::string user;          // the Request-URI's user part, %-escapes undone: the conference's name
  std::string request_uri;   // "sip:room@127.0.0.1:5060"
  std::string from_uri;      // "sip:alice@example.com", without parameters of the From header
  std::string from_display;  // unquoted; empty when there is none
  std::string call_id;
  std::string offer;           // empty: a delayed offer, accept() then carries ours (RFC 3261, 13.2.1)
  base::SocketAddress source;  // where the INVITE came from; tells the media address to expect of a NAT
  Transport transport = Transport::kUdp;
};

// A call of ours to somebody else.
struct OutgoingInvite {
  std::string target;        // "sip:room@127.0.0.1:5060;transport=tcp"
  std::string from_uri;      // "sip:alice@127.0.0.1"; empty: our product's name at our address
  std::string from_display;  // unquoted
  base::SharedText offer;    // not empty
};

// Why, beside the status. Source: RFC 3261, 20.43, which registers 300-399.
struct Warning {
  int code = 399;
  std::string text;  // unquoted
};

// A final answer other than 2xx.
struct Rejection {
  int status = 500;    // 300..699
  std::string phrase;  // empty: the RFC's phrase for the status
  std::optional<std::chrono::seconds> retry_after;
  std::optional<Warning> warning;
};

enum class EndReason : std::uint8_t {
  kRemoteBye,     // the other side hung up
  kCancelled,     // the caller gave up before we had answered
  kRejected,      // our INVITE got a final answer other than 2xx: DialogEnd::status
  kNoAnswer,      // our INVITE or a request in the dialog got no answer in time (64*T1), or 481, 408;
                  // theirs none from the observer within three minutes
  kNoAck,         // our 2xx was never acknowledged (RFC 3261, 13.3.1.4), or not with the answer; BYE was sent
  kSessionTimer,  // nobody refreshed the session (RFC 4028, 10); BYE was sent
  kTransportError,  // nothing can be sent to the other side
  kElsewhere,       // nothing may be: UserAgentConfig::loopback_only
};
const char* to_string(EndReason reason);

struct DialogEnd {
  EndReason reason = EndReason::kRemoteBye;
  int status = 0;      // of the answer that ended it, 0 when none did
  std::string phrase;  // of that answer, or the Reason header's text of the BYE or CANCEL
};

// What happens to calls. Every id announced by on_invite or returned by invite() ends exactly once: by
// reject() or hang_up(), after which nothing more is heard of it, or by on_ended. Then the id is dead.
class UserAgentObserver {
 public:
  virtual ~UserAgentObserver() = default;

  // Asked of each new call before anything is made of it: how long the caller shall wait with the next try,
  // where there is no room for any (503); nothing where there may be some. `call` false: of a request that is
  // only answered as a call would be.
  virtual std::optional<std::chrono::seconds> overloaded(bool /*call*/) { return std::nullopt; }
  // Asked in a flood of refusals, before anything is kept of the call: what on_invite would answer it at
  // once, where that is a refusal. `invite` has no id yet.
  virtual std::optional<Rejection> refuses(const IncomingInvite& /*invite*/) { return std::nullopt; }
  // Someone calls: 100 was sent; owes accept() or reject(), now or later, ring() in between if it takes long.
  virtual void on_invite(const IncomingInvite& invite) = 0;
  // The other side changes the session by re-INVITE or UPDATE; owes accept_reinvite() or reject_reinvite().
  // `offer` empty: accept_reinvite() carries our offer. Refreshes without SDP are answered unseen.
  virtual void on_reinvite(DialogId dialog, const std::string& offer) = 0;
  // The answer to an offer of ours (in a delayed-offer ACK, or in the 2xx to our INVITE). The same answer
  // comes again after each refresh by re-INVITE.
  virtual void on_answer(DialogId dialog, const std::string& sdp) = 0;
  // Our 2xx is acknowledged, or theirs has come; after on_answer when both come with one message. Once.
  virtual void on_established(DialogId dialog) = 0;
  virtual void on_ended(DialogId dialog, const DialogEnd& end) = 0;

  // A provisional answer (101-199) to invite().
  virtual void on_progress(DialogId /*dialog*/, int /*status*/) {}
  // reinvite() was refused (the session goes on as before), e.g. 488, or 491 when they ask at the same time;
  // or it got a 2xx without an answer. `retry_after`: when it may be taken, where they say so (an hour at
  // most).
  virtual void on_reinvite_rejected(DialogId /*dialog*/, int /*status*/,
                                    std::optional<std::chrono::seconds> /*retry_after*/) {}
};

// What can be done to calls. An id that is dead or in the wrong state for a call is ignored: the other side
// may have ended it meanwhile. Thread: the loop's.
class DialogControl {
 public:
  virtual ~DialogControl() = default;

  // 180 Ringing.
  virtual void ring(DialogId dialog) = 0;
  // 200 OK with `sdp`: the answer, or the offer when theirs was delayed; sent again until the ACK.
  virtual void accept(DialogId dialog, base::SharedText sdp) = 0;
  virtual void reject(DialogId dialog, const Rejection& rejection) = 0;

  virtual void accept_reinvite(DialogId dialog, base::SharedText sdp) = 0;
  virtual void reject_reinvite(DialogId dialog, const Rejection& rejection) = 0;
  // Offers a changed session to an established dialog; on_answer or on_reinvite_rejected follows. False where
  // the offer has not gone out, for another one is under way, and nothing follows: an answer that comes
  // meanwhile is to what was said before.
  [[nodiscard]] virtual bool reinvite(DialogId dialog, base::SharedText offer) = 0;

  // Ends the call in whatever state it is: CANCEL, BYE (held back until the ACK, RFC 3261, 15), or 480 to an
  // INVITE not yet answered. `reason` is the text of the Reason header (RFC 3326), empty for none.
  virtual void hang_up(DialogId dialog, const std::string& reason) = 0;

  // Calls somebody. Errors: kBadAddress, kTooManyDialogs.
  virtual base::Result<DialogId, SipError> invite(const OutgoingInvite& invite) = 0;
};

}  // namespace tutti::sip
