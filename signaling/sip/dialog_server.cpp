// What the other side asks within a call: the server half of Dialog.
#include <utility>

#include "signaling/sip/dialog_impl.h"
#include "signaling/sip/text.h"

namespace tutti::sip {
namespace {

// Beyond 64*T1 at which the library gives up repeating a 2xx; only when it could not even send it.
constexpr std::chrono::milliseconds kAckSlack{500};

}  // namespace

void Dialog::receive_invite(ServerTransaction transaction, const sip_t& sip, IncomingInvite invite) {
  nta_agent_t* agent = context_.stack.agent();
  const Home home = make_home();
  // With our tag from the start: otherwise requests without a To tag would match this dialog too.
  sip_to_t* local = sip_to_dup(home.get(), sip.sip_to);
  sip_to_tag(home.get(), local, nta_incoming_tag(transaction.get(), nullptr));
  leg_.reset(nta_leg_tcreate(agent, on_request, leg_magic(), SIPTAG_CALL_ID(sip.sip_call_id),
                             SIPTAG_FROM(local), SIPTAG_TO(sip.sip_from),
                             NTATAG_REMOTE_CSEQ(sip.sip_cseq->cs_seq), TAG_END()));
  if (!leg_) {
    silent_ = true;
    answer(transaction, 500, {});
    finish();
    return;
  }
  nta_leg_server_route(leg_.get(), sip.sip_record_route, sip.sip_contact);
  nta_incoming_bind(transaction.get(), on_ack_or_cancel, incoming_magic());
  TransportRef connection(nta_incoming_transport(agent, transaction.get(), nullptr));
  contact_ =
      context_.stack.contact(sip.sip_request->rq_url->url_user,
                             context_.stack.address_of(connection.get(), invite.source), invite.transport);
  if (connection && tport_is_tcp(connection.get())) connection_ = std::move(connection);

  state_ = State::kIncoming;
  invite_ = std::move(transaction);
  counted_pending_ = true;
  context_.counters.pending_invites.add(1);
  asked_ = session_timer_of(sip);
  session_offers_ = !invite.offer.empty();
  learn_peer(sip);
  guard_ = context_.loop.after(kAnswerLimit, [this] {
    answer(invite_, 408, {});
    end({EndReason::kNoAnswer, 408, "Nobody answered the call"});
  });
  answer(invite_, 100, {});
  invite.dialog = id_;
  context_.observer.on_invite(invite);
}

void Dialog::answer(const ServerTransaction& transaction, int status, std::string_view phrase,
                    Headers headers) {
  if (!transaction) return;
  if (status > 100 && status < 300 && headers.contact.empty()) headers.contact = contact_;
  context_.stack.reply(transaction.get(), status, phrase, headers);
}

void Dialog::answer_session(const ServerTransaction& transaction, const SessionTimerHeaders& asked,
                            const std::string& sdp) {
  const auto agreed = answer_session_timer(context_.config.session_timer, asked, agreement_.we_refresh);
  if (!agreed) return;  // was answered 422 when it came
  Headers headers;
  headers.capabilities = true;
  headers.sdp = sdp;
  headers.session_expires = session_expires_header(*agreed, false);
  if (!agreed->we_refresh) headers.require = "timer";
  answer(transaction, 200, {}, std::move(headers));
  adopt_session(*agreed);
}

void Dialog::ring() {
  if (state_ == State::kIncoming) answer(invite_, 180, {});
}

void Dialog::accept(base::SharedText sdp) {
  if (state_ != State::kIncoming) return;
  state_ = State::kAccepted;
  local_sdp_ = std::move(sdp);
  offer_in_2xx_ = !session_offers_;
  answer_session(invite_, asked_, local_sdp_.str());
  await_ack();
}

void Dialog::reject(const Rejection& rejection) {
  if (state_ != State::kIncoming) return;
  silent_ = true;
  Refusal refusal = context_.stack.refusal_of(rejection);
  answer(invite_, refusal.status, refusal.phrase, std::move(refusal.headers));
  context_.refused();
  finish();
}

void Dialog::await_ack() {
  guard_ = context_.loop.after(transaction_timeout() + kAckSlack, [this] { never_acknowledged(); });
}

void Dialog::hang_up(const std::string& reason) {
  silent_ = true;
  leave_reason_ = reason;
  switch (state_) {
    case State::kIncoming: {
      Headers headers;
      headers.reason = reason_header(reason);
      answer(invite_, 480, {}, std::move(headers));
      finish();
      break;
    }
    case State::kAccepted:
      break;  // the BYE waits for the ACK. RFC 3261, 15
    case State::kCalling:
      cancel_invite(reason);
      break;
    case State::kEstablished:
      send_bye(reason);
      break;
    default:
      break;
  }
}

int Dialog::on_ack_or_cancel(nta_incoming_magic_t* magic, nta_incoming_t* request, const sip_t* sip) {
  auto& dialog = *reinterpret_cast<Dialog*>(magic);
  const bool in_vain = !sip || !sip->sip_request;
  if (in_vain && request == dialog.overtaken_.get()) {
    dialog.overtaken_.reset();
  } else if (in_vain) {
    dialog.never_acknowledged();
  } else if (sip->sip_request->rq_method == sip_method_ack) {
    dialog.acknowledged(request, *sip);
  } else if (sip->sip_request->rq_method == sip_method_cancel) {
    dialog.cancelled(request, *sip);
  }
  return 0;
}

void Dialog::acknowledged(nta_incoming_t* request, const sip_t& ack) {
  context_.counters.received(Method::kAck).add();
  context_.counters.invite_acked.add();
  const std::string sdp = sdp_of(ack);
  if (request == invite_.get()) {
    release_invite();
  } else if (request == answered_.get()) {
    answered_.reset();
  } else {
    overtaken_.reset();
    return;
  }
  guard_.cancel();
  if (silent_) {
    if (state_ == State::kAccepted) send_bye(leave_reason_);
    return;
  }
  const bool first = state_ == State::kAccepted;
  state_ = State::kEstablished;  // first: the observer may hang up at once
  if (std::exchange(offer_in_2xx_, false)) {
    if (sdp.empty()) {
      end_with_bye({EndReason::kNoAck, 0, "ACK without an answer"});
      return;
    }
    context_.observer.on_answer(id_, sdp);
  }
  if (first && !silent_) context_.observer.on_established(id_);
}

void Dialog::cancelled(nta_incoming_t* request, const sip_t& cancel) {
  context_.counters.received(Method::kCancel).add();
  if (request == invite_.get() && state_ == State::kIncoming) {
    answer(invite_, 487, {});
    context_.given_up(std::move(invite_));
    end({EndReason::kCancelled, 0, reason_of(cancel)});
  } else if (request == session_.get()) {
    answer(session_, 487, {});
    session_.reset();
  }
}

void Dialog::never_acknowledged() {
  release_invite();
  if (state_ == State::kAccepted) {
    if (silent_) {
      send_bye(leave_reason_);
    } else {
      end_with_bye({EndReason::kNoAck, 0, "No ACK"});
    }
  } else if (state_ == State::kEstablished && answered_) {
    end_with_bye({EndReason::kNoAck, 0, "No ACK"});
  }
}

int Dialog::on_request(nta_leg_magic_t* magic, nta_leg_t*, nta_incoming_t* request, const sip_t* sip) {
  reinterpret_cast<Dialog*>(magic)->receive(ServerTransaction(request), *sip);
  return 0;
}

void Dialog::receive(ServerTransaction transaction, const sip_t& sip) {
  const sip_method_t method = sip.sip_request->rq_method;
  context_.counters.received(method_of(method)).add();
  if (method == sip_method_ack) return;  // repeated, long after the transaction it belongs to
  if (auto refusal = check_request(sip)) {
    answer(transaction, refusal->status, refusal->phrase, std::move(refusal->headers));
    return;
  }
  TransportRef connection(nta_incoming_transport(context_.stack.agent(), transaction.get(), nullptr));
  if (connection && tport_is_tcp(connection.get())) connection_ = std::move(connection);
  learn_peer(sip);
  switch (method) {
    case sip_method_bye:
      receive_bye(transaction, sip);
      break;
    case sip_method_invite:
    case sip_method_update:
      receive_offer(std::move(transaction), sip, method);
      break;
    case sip_method_options: {
      Headers headers;
      headers.capabilities = true;
      headers.accept = kAccept;
      answer(transaction, 200, {}, std::move(headers));
      break;
    }
    default:
      answer(transaction, 481, {});
  }
}

void Dialog::receive_bye(const ServerTransaction& transaction, const sip_t& sip) {
  if (state_ == State::kCalling || state_ == State::kCancelling) {
    answer(transaction, 481, {});
    return;
  }
  answer(transaction, 200, {});
  answer(session_, 487, {});
  if (state_ == State::kIncoming) {
    answer(invite_, 487, {});
    context_.given_up(std::move(invite_));
  }
  end({EndReason::kRemoteBye, 0, reason_of(sip)});
}

void Dialog::receive_offer(ServerTransaction transaction, const sip_t& sip, sip_method_t method) {
  const bool update = method == sip_method_update;
  std::string offer = sdp_of(sip);
  const SessionTimerHeaders asked = session_timer_of(sip);
  if (silent_) {
    answer(transaction, 481, {});  // our BYE is on its way, or held back
    return;
  }
  if (!answer_session_timer(context_.config.session_timer, asked, false)) {
    Headers headers;
    headers.min_se = std::to_string(context_.config.session_timer.min_se.count());
    answer(transaction, 422, {}, std::move(headers));
    return;
  }
  if (update && offer.empty()) {  // a refresh, or a new Contact
    nta_leg_server_route(leg_.get(), nullptr, sip.sip_contact);
    if (state_ == State::kEstablished || state_ == State::kAccepted) {
      answer_session(transaction, asked, {});
    } else {
      answer(transaction, 200, {});
    }
    return;
  }
  if (overtaken_ && (state_ == State::kAccepted || answered_)) {
    // A third without an ACK. The library repeats each answer for 64*T1, with all that it keeps of it: a call
    // must not have any number, and is none any more at once, whoever answers the BYE.
    answer(transaction, 500, {});
    end_with_bye({EndReason::kNoAck, 0, "No ACK"});
    finish();
    return;
  }
  if (state_ == State::kIncoming || session_) {  // their last offer is not answered yet
    Headers headers;
    headers.retry_after = std::to_string(random_() % 10 + 1);
    answer(transaction, 500, "Another Offer Is Pending", std::move(headers));
    return;
  }
  const bool our_offer_is_out = offer_in_2xx_ || state_ == State::kCalling ||
                                pending_ == Pending::kReinvite || pending_ == Pending::kRefreshByInvite;
  if (our_offer_is_out) {
    answer(transaction, 491, {});
    return;
  }
  // Only who has our 2xx can ask this, so its ACK was lost or overtaken: the library still repeats the 2xx,
  // but whether and when the ACK comes is nothing to the call any more. Source: RFC 5407, 3.1.
  guard_.cancel();
  if (answered_) overtaken_ = std::move(answered_);
  if (state_ == State::kAccepted) {
    overtaken_ = std::move(invite_);
    release_invite();
    state_ = State::kEstablished;
    context_.observer.on_established(id_);
  }
  if (state_ != State::kEstablished || silent_) {
    answer(transaction, 481, {});
    return;
  }
  nta_leg_server_route(leg_.get(), nullptr, sip.sip_contact);
  session_ = std::move(transaction);
  session_offers_ = !offer.empty();
  asked_ = asked;
  if (!update) {
    nta_incoming_bind(session_.get(), on_ack_or_cancel, incoming_magic());
    answer(session_, 100, {});
  }
  context_.observer.on_reinvite(id_, offer);
}

void Dialog::accept_reinvite(base::SharedText sdp) {
  if (!session_) return;
  local_sdp_ = std::move(sdp);
  answer_session(session_, asked_, local_sdp_.str());
  if (nta_incoming_method(session_.get()) == sip_method_invite) {
    offer_in_2xx_ = !session_offers_;
    answered_ = std::move(session_);
    await_ack();
  } else {
    session_.reset();
  }
}

void Dialog::reject_reinvite(const Rejection& rejection) {
  if (!session_) return;
  Refusal refusal = context_.stack.refusal_of(rejection);
  answer(session_, refusal.status, refusal.phrase, std::move(refusal.headers));
  session_.reset();
}

}  // namespace tutti::sip
