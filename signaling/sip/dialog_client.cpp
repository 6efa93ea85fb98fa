// What we ask of the other side of a call: the client half of Dialog.
#include <algorithm>
#include <utility>

#include "signaling/sip/dialog_impl.h"
#include "signaling/sip/text.h"

namespace tutti::sip {
namespace {

constexpr std::chrono::seconds kDefaultMinSe{90};  // said by not saying Min-SE. RFC 4028, 5
constexpr int kMostIntervalRetries = 3;

bool internal_answer(const sip_t& sip) {
  return nta_sip_is_internal(&sip) != 0;
}

}  // namespace

bool Dialog::send_invite(const OutgoingInvite& invite, const url_t& target,
                         const base::SocketAddress& target_address) {
  const Home home = make_home();
  const Transport transport = url_has_param(&target, "transport=tcp") ? Transport::kTcp : Transport::kUdp;
  const base::SocketAddress ours = context_.stack.address_towards(target_address);
  const std::string from_uri = invite.from_uri.empty() ? "sip:" + base::to_string(ours) : invite.from_uri;
  url_t* from = url_hdup(home.get(), URL_STRING_MAKE(from_uri.c_str())->us_url);
  if (!from || (from->url_type != url_sip && from->url_type != url_sips)) return false;
  url_t callee = target;
  callee.url_params = nullptr;
  callee.url_headers = nullptr;

  const std::string display = invite.from_display.empty() ? std::string() : quote(invite.from_display) + ' ';
  const std::string local = display + '<' + from_uri +
                            ">;tag=" + to_std(nta_agent_newtag(home.get(), nullptr, context_.stack.agent()));
  const std::string remote = '<' + uri_to_string(&callee) + '>';
  leg_.reset(nta_leg_tcreate(context_.stack.agent(), on_request, leg_magic(), SIPTAG_FROM_STR(local.c_str()),
                             SIPTAG_TO_STR(remote.c_str()), TAG_END()));
  if (!leg_) return false;

  state_ = State::kCalling;
  target_ = invite.target;
  offered_sdp_ = invite.offer;
  contact_ = context_.stack.contact(from->url_user, ours, transport);
  agreement_ = {context_.config.session_timer.session_expires, false};
  guard_ = context_.loop.after(kAnswerLimit, [this] {
    cancel_invite("No answer");
    tell_end({EndReason::kNoAnswer, 0, "No final answer in time"});
  });
  return send_invite_again();
}

bool Dialog::send_invite_again() {
  const Home home = make_home();
  const url_t* target = url_hdup(home.get(), URL_STRING_MAKE(target_.c_str())->us_url);
  Headers headers;
  headers.contact = contact_;
  headers.capabilities = true;
  headers.sdp = offered_sdp_.str();
  headers.session_expires = std::to_string(agreement_.interval.count());
  if (min_se_ != kDefaultMinSe) headers.min_se = std::to_string(min_se_.count());
  pending_ = Pending::kInvite;
  client_ = context_.stack.send(leg_.get(), on_response, outgoing_magic(), SIP_METHOD_INVITE, target, headers,
                                nullptr);
  return static_cast<bool>(client_);
}

bool Dialog::send_session_request(Pending what, const base::SharedText& sdp) {
  const bool by_update = what == Pending::kRefreshByUpdate;
  Headers headers;
  headers.contact = contact_;
  headers.capabilities = true;
  if (agreement_.interval.count() > 0) headers.session_expires = session_expires_header(agreement_, true);
  if (min_se_ != kDefaultMinSe) headers.min_se = std::to_string(min_se_.count());
  if (!by_update) headers.sdp = sdp.str();
  pending_ = what;
  offered_sdp_ = sdp;
  client_ = by_update ? context_.stack.send(leg_.get(), on_response, outgoing_magic(), SIP_METHOD_UPDATE,
                                            nullptr, headers, transport())
                      : context_.stack.send(leg_.get(), on_response, outgoing_magic(), SIP_METHOD_INVITE,
                                            nullptr, headers, transport());
  if (!client_) pending_ = Pending::kNothing;
  // Until then nobody can change the session. An UPDATE is answered within 64*T1, or not at all.
  if (client_ && !by_update) guard_ = context_.loop.after(kAnswerLimit, [this] { cancel_reinvite(); });
  return static_cast<bool>(client_);
}

void Dialog::cancel_reinvite() {
  nta_outgoing_tcancel(client_.get(), nullptr, nullptr, TAG_END());
  context_.counters.sent(Method::kCancel).add();
  guard_ = context_.loop.after(transaction_timeout(), [this] {
    end_with_bye({EndReason::kNoAnswer, 0, "No answer to a re-INVITE"});
  });
}

bool Dialog::reinvite(base::SharedText offer) {
  return state_ == State::kEstablished && !is_busy() && send_session_request(Pending::kReinvite, offer);
}

void Dialog::cancel_invite(const std::string& reason) {
  state_ = State::kCancelling;
  leave_reason_ = reason;
  const std::string header = reason_header(reason);
  // Sent when a provisional answer has come (RFC 3261, 9.1); its own answer is of no interest.
  nta_outgoing_tcancel(client_.get(), nullptr, nullptr,
                       TAG_IF(!header.empty(), SIPTAG_REASON_STR(header.c_str())), TAG_END());
  context_.counters.sent(Method::kCancel).add();
  guard_ = context_.loop.after(transaction_timeout(), [this] { finish(); });
}

void Dialog::send_bye(const std::string& reason) {
  answer(session_, 487, {});
  session_.reset();
  answered_.reset();
  overtaken_.reset();
  client_.reset();
  pending_ = Pending::kNothing;
  guard_.cancel();
  refresh_timer_.cancel();
  expiry_timer_.cancel();
  state_ = State::kLeaving;
  Headers headers;
  headers.reason = reason_header(reason);
  bye_ = context_.stack.send(leg_.get(), on_bye_response, outgoing_magic(), SIP_METHOD_BYE, nullptr, headers,
                             transport());
  if (!bye_) finish();
}

int Dialog::on_bye_response(nta_outgoing_magic_t* magic, nta_outgoing_t* request, const sip_t* sip) {
  auto& dialog = *reinterpret_cast<Dialog*>(magic);
  const int status = sip && sip->sip_status ? sip->sip_status->st_status : nta_outgoing_status(request);
  if (sip && !internal_answer(*sip)) dialog.context_.counters.responses_received.add(status);
  if (status >= 200) dialog.finish();
  return 0;
}

int Dialog::on_response(nta_outgoing_magic_t* magic, nta_outgoing_t* request, const sip_t* sip) {
  reinterpret_cast<Dialog*>(magic)->response(request, sip);
  return 0;
}

void Dialog::response(nta_outgoing_t* request, const sip_t* sip) {
  if (request != client_.get() || !sip || !sip->sip_status) return;
  const MessageRef keep(nta_outgoing_getresponse(request));  // beyond the transaction
  const int status = sip->sip_status->st_status;
  const bool internal = internal_answer(*sip);
  if (!internal) context_.counters.responses_received.add(status);
  if (!internal && status > 100) learn_peer(*sip);
  if (pending_ == Pending::kInvite) {
    invite_response(status, *sip, internal);
  } else if (status >= 200) {
    session_response(status, *sip, internal);
  }
}

void Dialog::invite_response(int status, const sip_t& sip, bool internal) {
  if (status < 200) {
    if (!silent_ && status > 100) context_.observer.on_progress(id_, status);
    return;
  }
  if (status < 300) {
    invite_answered(sip);
    return;
  }
  if (status == 422 && state_ == State::kCalling && retry_with_longer_interval(sip) && send_invite_again())
    return;
  EndReason reason = EndReason::kRejected;
  if (internal) reason = status == 408 ? EndReason::kNoAnswer : EndReason::kTransportError;
  end({reason, status, reason_of(sip)});
}

void Dialog::invite_answered(const sip_t& sip) {
  nta_leg_rtag(leg_.get(), sip.sip_to->a_tag);
  nta_leg_client_route(leg_.get(), sip.sip_record_route, sip.sip_contact);
  if (!context_.stack.may_reach(leg_.get())) return end({EndReason::kElsewhere, 200, {}});
  context_.stack.send_ack(leg_.get(), client_.get(), nullptr);
  client_.reset();
  pending_ = Pending::kNothing;
  guard_.cancel();
  if (silent_) {  // the CANCEL came too late
    send_bye(leave_reason_);
    return;
  }
  const std::string sdp = sdp_of(sip);
  if (sdp.empty()) {
    end_with_bye({EndReason::kNoAnswer, 200, "2xx without an answer"});
    return;
  }
  state_ = State::kEstablished;
  local_sdp_ = offered_sdp_;
  adopt_session(conclude_session_timer(agreement_.interval, session_timer_of(sip)));
  context_.observer.on_answer(id_, sdp);
  if (!silent_) context_.observer.on_established(id_);
}

bool Dialog::retry_with_longer_interval(const sip_t& sip) {
  if (!sip.sip_min_se || ++interval_retries_ > kMostIntervalRetries) return false;
  min_se_ = std::max(min_se_,
                     std::min(std::chrono::seconds(sip.sip_min_se->min_delta), std::chrono::seconds(86400)));
  agreement_.interval = std::max(agreement_.interval, min_se_);
  return true;
}

void Dialog::session_response(int status, const sip_t& sip, bool internal) {
  const Pending what = std::exchange(pending_, Pending::kNothing);
  const bool by_invite = what != Pending::kRefreshByUpdate;
  if (by_invite) guard_.cancel();
  if (status < 300) {
    nta_leg_client_route(leg_.get(), nullptr, sip.sip_contact);
    if (!context_.stack.may_reach(leg_.get())) return end({EndReason::kElsewhere, status, {}});
    if (by_invite) context_.stack.send_ack(leg_.get(), client_.get(), transport());
    client_.reset();
    interval_retries_ = 0;
    adopt_session(conclude_session_timer(agreement_.interval, session_timer_of(sip)));
    const std::string sdp = sdp_of(sip);
    if (by_invite && !sdp.empty()) {
      local_sdp_ = offered_sdp_;
      if (!silent_) context_.observer.on_answer(id_, sdp);
    } else if (what == Pending::kReinvite && !silent_) {
      context_.observer.on_reinvite_rejected(id_, status, std::nullopt);
    }
    return;
  }
  client_.reset();
  if (status == 481 || status == 408 || internal) {
    const bool lost = internal && status != 408;
    end_with_bye({lost ? EndReason::kTransportError : EndReason::kNoAnswer, status, reason_of(sip)});
    return;
  }
  if (status == 422 && retry_with_longer_interval(sip) && send_session_request(what, offered_sdp_)) return;
  if (what == Pending::kReinvite) {
    if (!silent_) context_.observer.on_reinvite_rejected(id_, status, retry_after_of(sip));
    return;
  }
  // A refresh that did not please; unless one does in time, the session ends.
  const bool no_update = !by_invite && (status == 405 || status == 501);
  if (no_update) peer_allows_update_ = false;
  const std::chrono::milliseconds pause(no_update ? 0 : 2100 + random_() % 1900);  // RFC 3261, 14.1
  // Of what is left, a third at least (half, but 32 s), so that a second one may be refused as well.
  const std::chrono::milliseconds most = agreement_.interval / 8;
  const std::chrono::milliseconds asked = retry_after_of(sip).value_or(std::chrono::seconds(0));
  refresh_timer_ = context_.loop.after(std::max(pause, std::min(asked, most)), [this] { refresh_session(); });
}

}  // namespace tutti::sip
