#include "signaling/sip/user_agent.h"

#include <atomic>
#include <utility>

#include "signaling/sip/message_guard_impl.h"
#include "signaling/sip/text.h"
#include "signaling/sip/user_agent_impl.h"

namespace tutti::sip {
namespace {

// One for the process: an id is never used twice, whatever agents come and go.
std::atomic<std::uint64_t> last_dialog_id{0};

// Answers a second outside of calls that get a transaction, so that a lost one is sent again: 3 200 of them,
// 48 MB, at worst. What repeats them looks at all that wait; of 30 000 it does nothing else.
constexpr std::size_t kTracesASecond = 100;

}  // namespace

UserAgent::Impl::Impl(EventLoop& loop, UserAgentConfig the_config, UserAgentObserver& observer)
    : config(std::move(the_config)),
      stack_(loop, config, counters),
      context_{stack_,
               loop,
               config,
               observer,
               counters,
               [this](DialogId id) { retire(id); },
               [this] { count_trace(); },
               [this](ServerTransaction invite) { await_ack(std::move(invite)); }} {}

UserAgent::Impl::~Impl() {
  burial_.cancel();
  second_.cancel();
  retired_.clear();
  dialogs_.clear();
  unacknowledged_.clear();
  default_leg_.reset();
}

base::Result<void, SipError> UserAgent::Impl::open() {
  if (auto opened = stack_.open(); !opened) return opened;
  stack_.receive_stateless = [this](msg_t* message, sip_t& sip) { receive_stateless(message, sip); };
  default_leg_.reset(nta_leg_tcreate(stack_.agent(), on_request, reinterpret_cast<nta_leg_magic_t*>(this),
                                     NTATAG_NO_DIALOG(1), TAG_END()));
  if (!default_leg_)
    return base::unexpected(SipError{SipErrorKind::kLibrary, "the SIP library takes no requests"});
  return {};
}

Dialog* UserAgent::Impl::find(DialogId id) {
  const auto found = dialogs_.find(static_cast<std::uint64_t>(id));
  if (found == dialogs_.end() || !found->second->audible()) return nullptr;
  return found->second.get();
}

Dialog& UserAgent::Impl::make_dialog() {
  const std::uint64_t id = ++last_dialog_id;
  auto& slot = dialogs_[id];
  slot = std::make_unique<Dialog>(context_, DialogId{id});
  counters.dialogs.set(static_cast<std::int64_t>(dialogs_.size()));
  return *slot;
}

void UserAgent::Impl::retire(DialogId id) {
  const auto found = dialogs_.find(static_cast<std::uint64_t>(id));
  if (found == dialogs_.end()) return;
  retired_.push_back(std::move(found->second));
  dialogs_.erase(found);
  counters.dialogs.set(static_cast<std::int64_t>(dialogs_.size()));
  if (!burial_.active()) {
    burial_ = context_.loop.after(std::chrono::milliseconds(0), [this] { retired_.clear(); });
  }
}

int UserAgent::Impl::on_request(nta_leg_magic_t* magic, nta_leg_t*, nta_incoming_t* request,
                                const sip_t* sip) {
  reinterpret_cast<Impl*>(magic)->receive(ServerTransaction(request), *sip);
  return 0;
}

void UserAgent::Impl::receive(ServerTransaction transaction, const sip_t& sip) {
  const sip_method_t method = sip.sip_request->rq_method;
  counters.received(method_of(method)).add();
  if (method == sip_method_ack) return count_trace();
  if (const auto answer = answer_to(sip)) {
    stack_.reply(transaction.get(), answer->status, answer->phrase, answer->headers);
    return count_trace();
  }
  receive_invite(std::move(transaction), sip);
}

void UserAgent::Impl::receive_stateless(msg_t* message, sip_t& sip) {
  const sip_method_t method = sip.sip_request->rq_method;
  counters.received(method_of(method)).add();
  if (method == sip_method_ack) return nta_msg_discard(stack_.agent(), message);
  auto answer = answer_to(sip);
  if (!answer) {
    const tport_t* connection = tport_delivered_by(nta_agent_tports(stack_.agent()), message);
    const auto rejection = context_.observer.refuses(read_invite(message, sip, connection));
    if (rejection) answer = stack_.refusal_of(*rejection);
  } else if (method == sip_method_invite && answer->status == 503) {
    counters.shed_stateless.add();
  }
  if (answer) return stack_.reply_stateless(message, answer->status, answer->phrase, answer->headers);
  ServerTransaction transaction(nta_incoming_create(stack_.agent(), nullptr, message, &sip, TAG_END()));
  if (transaction) receive_invite(std::move(transaction), sip);
}

std::optional<Refusal> UserAgent::Impl::answer_to(const sip_t& sip) {
  const sip_method_t method = sip.sip_request->rq_method;
  if (method != sip_method_cancel) {
    if (auto refusal = check_request(sip)) return refusal;
  }
  const bool in_dialog = sip.sip_to->a_tag != nullptr;
  if (!in_dialog && method == sip_method_options) {
    // As an INVITE would be, so that whoever shares calls out hears of it. RFC 3261, 11.2
    const auto retry_after = refuses_calls(false);
    Refusal answer{retry_after ? 503 : 200, {}, {}};
    if (retry_after) answer.headers.retry_after = std::to_string(retry_after->count());
    answer.headers.capabilities = true;
    answer.headers.accept = kAccept;
    return answer;
  }
  // Of a dialog or an INVITE that is not, or no longer, here.
  if (in_dialog || method != sip_method_invite) return Refusal{481, {}, {}};
  if (auto refusal = check_first_invite(sip)) return refusal;
  if (const auto retry_after = refuses_calls(true)) {
    counters.shed.add();
    Refusal refusal{503, {}, {}};
    refusal.headers.retry_after = std::to_string(retry_after->count());
    return refusal;
  }
  if (answer_session_timer(config.session_timer, session_timer_of(sip), false)) return std::nullopt;
  Refusal refusal{422, {}, {}};
  refusal.headers.min_se = std::to_string(config.session_timer.min_se.count());
  return refusal;
}

std::optional<std::chrono::seconds> UserAgent::Impl::refuses_calls(bool call) {
  const bool full =
      static_cast<std::size_t>(counters.pending_invites.value()) >= config.limits.pending_invites ||
      (config.limits.dialogs > 0 && dialogs_.size() >= config.limits.dialogs);
  if (full || draining) return config.limits.retry_after;
  return context_.observer.overloaded(call);
}

void UserAgent::Impl::count_trace() {
  if (++traces_this_second_ == kTracesASecond) stack_.set_stateless(true);
  if (second_.active()) return;
  second_ = context_.loop.after(std::chrono::seconds(1), [this] {
    traces_this_second_ = 0;
    stack_.set_stateless(false);
  });
}

// The library repeats its answer for 64*T1 out of a list that is walked for each: as many as of INVITEs that
// wait for ours, and no more.
void UserAgent::Impl::await_ack(ServerTransaction refused) {
  nta_incoming_t* request = refused.get();
  if (nta_incoming_status(request) < 300) return;  // it could not be sent, and nothing is heard of it again
  nta_incoming_bind(request, on_ack, reinterpret_cast<nta_incoming_magic_t*>(this));
  unacknowledged_.emplace(request, std::move(refused));
  counters.pending_invites.add(1);
}

// Or 64*T1 without one.
int UserAgent::Impl::on_ack(nta_incoming_magic_t* magic, nta_incoming_t* request, const sip_t*) {
  auto& impl = *reinterpret_cast<Impl*>(magic);
  impl.unacknowledged_.erase(request);
  impl.counters.pending_invites.add(-1);
  return 0;
}

void UserAgent::Impl::receive_invite(ServerTransaction transaction, const sip_t& sip) {
  const TransportRef connection(nta_incoming_transport(stack_.agent(), transaction.get(), nullptr));
  const MessageRef message(nta_incoming_getrequest(transaction.get()));
  IncomingInvite invite = read_invite(message.get(), sip, connection.get());
  make_dialog().receive_invite(std::move(transaction), sip, std::move(invite));
}

base::Result<DialogId, SipError> UserAgent::Impl::invite(const OutgoingInvite& invite) {
  if (config.limits.dialogs > 0 && dialogs_.size() >= config.limits.dialogs) {
    return base::unexpected(SipError{SipErrorKind::kTooManyDialogs, "there are as many calls as allowed"});
  }
  const SipError bad_target{SipErrorKind::kBadAddress, "'" + invite.target + "' is not a SIP URI to call"};
  const bool from_fits = invite.from_uri.empty() || fits_in_header(invite.from_uri);
  if (!fits_in_header(invite.target) || !from_fits) return base::unexpected(bad_target);
  const Home home = make_home();
  const url_t* target = url_hdup(home.get(), URL_STRING_MAKE(invite.target.c_str())->us_url);
  if (!target || target->url_type != url_sip || !target->url_host || !*target->url_host) {
    return base::unexpected(bad_target);
  }
  // A name is resolved by the library; then our first address has to do for the Contact.
  std::string_view host = target->url_host;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const base::SocketAddress address = base::parse_ip(host).value_or(base::SocketAddress{});
  Dialog& dialog = make_dialog();
  if (!dialog.send_invite(invite, *target, address)) {
    retire(dialog.id());
    return base::unexpected(bad_target);
  }
  return dialog.id();
}

base::Result<std::unique_ptr<UserAgent>, SipError> UserAgent::start(EventLoop& loop, UserAgentConfig config,
                                                                    UserAgentObserver& observer) {
  auto impl = std::make_unique<Impl>(loop, std::move(config), observer);
  if (auto opened = impl->open(); !opened) return base::unexpected(opened.error());
  return std::unique_ptr<UserAgent>(new UserAgent(std::move(impl)));
}

UserAgent::UserAgent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UserAgent::~UserAgent() = default;

void UserAgent::ring(DialogId id) {
  if (Dialog* dialog = impl_->find(id)) dialog->ring();
}
void UserAgent::accept(DialogId id, base::SharedText sdp) {
  if (Dialog* dialog = impl_->find(id)) dialog->accept(std::move(sdp));
}
void UserAgent::reject(DialogId id, const Rejection& rejection) {
  if (Dialog* dialog = impl_->find(id)) dialog->reject(rejection);
}
void UserAgent::accept_reinvite(DialogId id, base::SharedText sdp) {
  if (Dialog* dialog = impl_->find(id)) dialog->accept_reinvite(std::move(sdp));
}
void UserAgent::reject_reinvite(DialogId id, const Rejection& rejection) {
  if (Dialog* dialog = impl_->find(id)) dialog->reject_reinvite(rejection);
}
bool UserAgent::reinvite(DialogId id, base::SharedText offer) {
  Dialog* dialog = impl_->find(id);
  return dialog != nullptr && dialog->reinvite(std::move(offer));
}
void UserAgent::hang_up(DialogId id, const std::string& reason) {
  if (Dialog* dialog = impl_->find(id)) dialog->hang_up(reason);
}
base::Result<DialogId, SipError> UserAgent::invite(const OutgoingInvite& invite) {
  return impl_->invite(invite);
}

void UserAgent::refuse_new_calls() {
  impl_->draining = true;
}
const std::vector<base::SocketAddress>& UserAgent::bound() const {
  return impl_->stack().bound();
}
std::size_t UserAgent::dialogs() const {
  return impl_->dialogs();
}
const SipCounters& UserAgent::counters() const {
  return impl_->counters;
}
std::uint64_t UserAgent::messages_kept_out() {
  return message_guard_drops().value();
}

}  // namespace tutti::sip
