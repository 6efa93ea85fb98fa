#include "signaling/sip/dialog_impl.h"

#include <utility>

namespace tutti::sip {

const char* to_string(EndReason reason) {
  switch (reason) {
    case EndReason::kRemoteBye:
      return "remote bye";
    case EndReason::kCancelled:
      return "cancelled";
    case EndReason::kRejected:
      return "rejected";
    case EndReason::kNoAnswer:
      return "no answer";
    case EndReason::kNoAck:
      return "no ack";
    case EndReason::kSessionTimer:
      return "session timer";
    case EndReason::kTransportError:
      return "transport error";
    case EndReason::kElsewhere:
      return "not on this host";
  }
  return "unknown";
}

const char* to_string(Method method) {
  switch (method) {
    case Method::kInvite:
      return "INVITE";
    case Method::kAck:
      return "ACK";
    case Method::kCancel:
      return "CANCEL";
    case Method::kBye:
      return "BYE";
    case Method::kOptions:
      return "OPTIONS";
    case Method::kUpdate:
      return "UPDATE";
    case Method::kOther:
      break;
  }
  return "other";
}

Dialog::Dialog(DialogContext& context, DialogId id)
    : context_(context),
      id_(id),
      min_se_(context.config.session_timer.min_se),
      random_(static_cast<std::minstd_rand::result_type>(id) + 1) {}

Dialog::~Dialog() {
  release_invite();
}

void Dialog::learn_peer(const sip_t& sip) {
  if (sip.sip_allow) peer_allows_update_ = sip_is_allowed(sip.sip_allow, SIP_METHOD_UPDATE) != 0;
}

tport_t* Dialog::transport() const {
  tport_t* connection = connection_.get();
  if (!connection || tport_is_closed(connection) || tport_is_shutdown(connection)) return nullptr;
  return connection;
}

void Dialog::adopt_session(const SessionAgreement& agreement) {
  agreement_ = agreement;
  refresh_timer_.cancel();
  expiry_timer_.cancel();
  if (agreement.interval.count() == 0) return;
  if (agreement.we_refresh) {
    refresh_timer_ = context_.loop.after(agreement.refresh_after(), [this] { refresh_session(); });
  }
  expiry_timer_ = context_.loop.after(agreement.expires_after(), [this] {
    end_with_bye({EndReason::kSessionTimer, 0, "Session expired"});
  });
}

void Dialog::refresh_session() {
  if (state_ != State::kEstablished) return;
  const Pending how = peer_allows_update_ ? Pending::kRefreshByUpdate : Pending::kRefreshByInvite;
  if (!is_busy() && send_session_request(how, local_sdp_)) return;
  // Somebody is changing the session right now: that refreshes it, or we come again.
  refresh_timer_ = context_.loop.after(std::chrono::milliseconds(500), [this] { refresh_session(); });
}

void Dialog::tell_end(const DialogEnd& end) {
  if (silent_) return;
  silent_ = true;
  context_.observer.on_ended(id_, end);
}

void Dialog::end(DialogEnd end) {
  finish();
  tell_end(end);
}

void Dialog::end_with_bye(DialogEnd end) {
  send_bye(end.phrase);
  tell_end(end);
}

void Dialog::release_invite() {
  invite_.reset();
  if (std::exchange(counted_pending_, false)) context_.counters.pending_invites.add(-1);
}

void Dialog::finish() {
  if (state_ == State::kGone) return;
  state_ = State::kGone;
  guard_.cancel();
  refresh_timer_.cancel();
  expiry_timer_.cancel();
  release_invite();
  session_.reset();
  answered_.reset();
  overtaken_.reset();
  client_.reset();
  bye_.reset();
  leg_.reset();
  connection_.reset();
  context_.retire(id_);
}

}  // namespace tutti::sip
