// Dialog: one call, from INVITE to the answer to its BYE (RFC 3261, 12 to 15; RFC 5407 for the races).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>

#include "signaling/sip/dialog_control.h"
#include "signaling/sip/event_loop.h"
#include "signaling/sip/handles_impl.h"
#include "signaling/sip/request_impl.h"
#include "signaling/sip/session_timer.h"
#include "signaling/sip/sip_counters.h"
#include "signaling/sip/stack_impl.h"
#include "signaling/sip/user_agent.h"

namespace tutti::sip {

// What all dialogs of a user agent share; outlives them.
struct DialogContext {
  Stack& stack;
  EventLoop& loop;
  const UserAgentConfig& config;
  UserAgentObserver& observer;
  SipCounters& counters;
  std::function<void(DialogId)> retire;  // out of the table; destroyed later, not inside its own callbacks
  std::function<void()> refused;         // a first INVITE, by the observer
  std::function<void(ServerTransaction)> given_up;  // a first INVITE, by its caller: answered, not yet ACKed
};

class Dialog {
 public:
  Dialog(DialogContext& context, DialogId id);
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;
  ~Dialog();

  // The first INVITE of a call to us; `invite` tells what the observer is to hear, without the id.
  void receive_invite(ServerTransaction transaction, const sip_t& sip, IncomingInvite invite);
  // The first INVITE of a call of ours. False when the library refuses the target.
  bool send_invite(const OutgoingInvite& invite, const url_t& target,
                   const base::SocketAddress& target_address);

  // Known to the observer, who may still act on it.
  bool audible() const { return !silent_; }
  DialogId id() const { return id_; }

  void ring();
  void accept(base::SharedText sdp);
  void reject(const Rejection& rejection);
  void accept_reinvite(base::SharedText sdp);
  void reject_reinvite(const Rejection& rejection);
  bool reinvite(base::SharedText offer);
  void hang_up(const std::string& reason);

 private:
  enum class State : std::uint8_t {
    kFresh,
    kIncoming,    // their INVITE waits for our answer
    kAccepted,    // our 2xx waits for their ACK
    kCalling,     // our INVITE waits for their answer
    kCancelling,  // ours too, but nobody wants the answer any more
    kEstablished,
    kLeaving,  // our BYE waits for their answer
    kGone,
  };
  enum class Pending : std::uint8_t { kNothing, kInvite, kReinvite, kRefreshByInvite, kRefreshByUpdate };

  // dialog_server.cpp: what the other side asks.
  static int on_request(nta_leg_magic_t* magic, nta_leg_t* leg, nta_incoming_t* request, const sip_t* sip);
  static int on_ack_or_cancel(nta_incoming_magic_t* magic, nta_incoming_t* request, const sip_t* sip);
  void receive(ServerTransaction transaction, const sip_t& sip);
  void receive_bye(const ServerTransaction& transaction, const sip_t& sip);
  void receive_offer(ServerTransaction transaction, const sip_t& sip, sip_method_t method);
  void acknowledged(nta_incoming_t* request, const sip_t& ack);
  void cancelled(nta_incoming_t* request, const sip_t& cancel);
  void never_acknowledged();
  void answer(const ServerTransaction& transaction, int status, std::string_view phrase,
              Headers headers = {});
  void answer_session(const ServerTransaction& transaction, const SessionTimerHeaders& asked,
                      const std::string& sdp);
  void await_ack();
  void release_invite();

  // dialog_client.cpp: what we ask.
  static int on_response(nta_outgoing_magic_t* magic, nta_outgoing_t* request, const sip_t* sip);
  static int on_bye_response(nta_outgoing_magic_t* magic, nta_outgoing_t* request, const sip_t* sip);
  void response(nta_outgoing_t* request, const sip_t* sip);
  void invite_response(int status, const sip_t& sip, bool internal);
  void invite_answered(const sip_t& sip);
  void session_response(int status, const sip_t& sip, bool internal);
  bool retry_with_longer_interval(const sip_t& sip);
  bool send_invite_again();
  bool send_session_request(Pending what, const base::SharedText& sdp);
  bool is_busy() const { return pending_ != Pending::kNothing || session_ || answered_; }
  void send_bye(const std::string& reason);
  void cancel_invite(const std::string& reason);
  void cancel_reinvite();

  // dialog_impl.cpp: what both share.
  void adopt_session(const SessionAgreement& agreement);
  void refresh_session();
  void learn_peer(const sip_t& sip);
  tport_t* transport() const;
  void end(DialogEnd end);           // gone, and the observer hears of it
  void end_with_bye(DialogEnd end);  // the observer hears of it now, the other side gets a BYE
  void tell_end(const DialogEnd& end);
  void finish();  // gone
  std::chrono::milliseconds transaction_timeout() const { return 64 * context_.config.timers.t1; }
  nta_leg_magic_t* leg_magic() { return reinterpret_cast<nta_leg_magic_t*>(this); }
  nta_incoming_magic_t* incoming_magic() { return reinterpret_cast<nta_incoming_magic_t*>(this); }
  nta_outgoing_magic_t* outgoing_magic() { return reinterpret_cast<nta_outgoing_magic_t*>(this); }

  DialogContext& context_;
  const DialogId id_;
  State state_ = State::kFresh;
  bool silent_ = false;  // the observer has been told the end, or asked for it

  Leg leg_;
  TransportRef connection_;  // the TCP connection the call came over; kept, for we may not reach its far end
  std::string contact_;
  ServerTransaction invite_;     // their first INVITE, until its ACK or their next offer
  ServerTransaction session_;    // their re-INVITE or UPDATE with an offer, until our answer
  bool session_offers_ = false;  // session_ carries an offer; else we owe one
  ServerTransaction answered_;   // their re-INVITE, from our 2xx until its ACK or their next offer
  ServerTransaction overtaken_;  // one of these whose place was taken before its ACK came
  bool counted_pending_ = false;
  bool offer_in_2xx_ = false;  // our offer went out in a 2xx: the ACK must carry the answer
  std::string leave_reason_;   // for the BYE that must wait: for the ACK, or for the end of our INVITE
  Timer guard_;                // no ACK in time, or no final answer in time

  ClientTransaction client_;
  Pending pending_ = Pending::kNothing;
  ClientTransaction bye_;
  std::string target_;            // of our INVITE
  base::SharedText offered_sdp_;  // in client_
  base::SharedText local_sdp_;    // what the other side knows of us
  int interval_retries_ = 0;
  SessionAgreement agreement_;
  SessionTimerHeaders asked_;  // of the request in invite_ or session_
  std::chrono::seconds min_se_;
  bool peer_allows_update_ = false;
  Timer refresh_timer_;
  Timer expiry_timer_;
  std::minstd_rand random_;
};

}  // namespace tutti::sip
