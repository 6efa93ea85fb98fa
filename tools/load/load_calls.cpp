#include "tools/load/load_calls.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dataplane/base/check.h"
#include "dataplane/base/host_network.h"
#include "tools/analyser/plain_text.h"

namespace tutti::load {
namespace {

constexpr std::chrono::milliseconds kStep{10};
constexpr std::size_t kPhraseColumns = 80;  // of an answer, whose phrase may be as long as a message

}  // namespace

base::Result<std::unique_ptr<LoadCalls>, std::string> LoadCalls::start(const LoadPlan& plan,
                                                                       LoadEngine& engine,
                                                                       const base::SocketAddress& local_ip) {
  std::unique_ptr<LoadCalls> calls(new LoadCalls(plan, engine));
  sip::UserAgentConfig config;
  config.listen = {local_ip.with_port(0)};
  config.product = "tutti-load";
  config.focus = false;
  config.loopback_only = !plan.allow_remote;
  auto agent = sip::UserAgent::start(calls->loop_, config, *calls);
  if (!agent) return base::unexpected(agent.error().message);
  calls->agent_ = std::move(*agent);
  return calls;
}

LoadCalls::~LoadCalls() {
  agent_.reset();
}

sdp::LocalMedia LoadCalls::local_media(std::size_t caller) const {
  sdp::LocalMedia local;
  local.rtp = local.rtcp = engine_.address(caller);
  local.codecs = {plan_.law_of(caller) == analyser::Law::kMu ? sdp::AudioCodec::kPcmu
                                                             : sdp::AudioCodec::kPcma};
  local.session_name = "tutti-load";
  local.session_id = caller + 1;
  return local;
}

void LoadCalls::place_next() {
  CHECK(placed_ < calls_.size());
  const std::size_t caller = placed_++;
  LoadCall& call = calls_[caller];
  call.placed = base::monotonic_now();
  sip::OutgoingInvite invite;
  invite.target = room_uri(plan_.uri, plan_.room_of(caller));
  invite.from_uri = fmt::format("sip:load{}@{}", caller, base::to_string(agent_->bound().front()));
  invite.offer = sdp::write(sdp::offer(local_media(caller)));
  const auto dialog = agent_->invite(invite);
  if (!dialog) {
    call.state = CallState::kEnded;
    call.why = dialog.error().message;
    return;
  }
  call.state = CallState::kCalling;
  call.dialog = *dialog;
  ++undecided_;
  numbers_.emplace(*dialog, caller);
}

bool LoadCalls::work(base::Duration time, const std::function<bool()>& done) {
  const base::Instant end = base::monotonic_now() + time;
  while (true) {
    if (done && done()) return true;
    const base::Instant now = base::monotonic_now();
    if (now >= end) return false;
    loop_.step(std::min(kStep, std::chrono::ceil<std::chrono::milliseconds>(end - now)));
  }
}

std::optional<std::size_t> LoadCalls::find(sip::DialogId dialog) const {
  const auto found = numbers_.find(dialog);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

// The call leaves the count that it is in.
void LoadCalls::leave(std::size_t caller) {
  LoadCall& call = calls_[caller];
  engine_.stop(caller);
  --(call.state == CallState::kTalking ? talking_ : undecided_);
  call.state = CallState::kEnded;
  numbers_.erase(call.dialog);
}

void LoadCalls::give_up(std::size_t caller, int status, std::string why) {
  agent_->hang_up(calls_[caller].dialog, "");
  calls_[caller].status = status;
  calls_[caller].why = std::move(why);
  leave(caller);
}

void LoadCalls::hang_up(std::size_t caller) {
  const LoadCall& call = calls_[caller];
  if (call.state != CallState::kCalling && call.state != CallState::kTalking) return;
  give_up(caller, 0, call.answered ? "" : "no answer in time");
}

void LoadCalls::on_answer(sip::DialogId dialog, const std::string& text) {
  const auto caller = find(dialog);
  if (!caller) return;
  const auto answer = sdp::parse(text);
  const auto media = answer ? sdp::apply_answer(sdp::offer(local_media(*caller)), *answer)
                            : base::Result<sdp::MediaPlan, sdp::SdpError>(base::unexpected(answer.error()));
  if (calls_[*caller].answered) {  // again, to an offer that they had asked for
    if (media) follow_direction(*caller, *media);
    return;
  }
  if (!media) {
    give_up(*caller, 200,
            fmt::format("the answer's SDP cannot be used: {}", sdp::to_string(media.error().what)));
    return;
  }
  // A server must not turn this load upon somebody else.
  if (!plan_.allow_remote && !media->remote_rtp.unspecified() && !base::is_loopback(media->remote_rtp)) {
    give_up(*caller, 200,
            fmt::format("the answer wants RTP at {}, not on this host (see --allow-remote)",
                        base::ip_to_string(media->remote_rtp)));
    return;
  }
  follow_direction(*caller, *media);
  engine_.begin(*caller, {media->codecs.front().payload_type, media->remote_rtp});
}

// Where they want to hear nothing, nothing is sent; what was missed is judged of nobody.
void LoadCalls::follow_direction(std::size_t caller, const sdp::MediaPlan& media) {
  const bool send = sdp::may_send(media.direction) && !media.remote_rtp.unspecified();
  engine_.set_sending(caller, send);
  calls_[caller].could_send &= send;
  calls_[caller].could_hear &= sdp::may_receive(media.direction);
}

void LoadCalls::on_established(sip::DialogId dialog) {
  const auto caller = find(dialog);
  if (!caller) return;
  LoadCall& call = calls_[*caller];
  call.state = CallState::kTalking;
  call.answered = true;
  call.answered_at = base::monotonic_now();
  --undecided_;
  ++talking_;
}

void LoadCalls::on_reinvite(sip::DialogId dialog, const std::string& text) {
  const auto caller = find(dialog);
  if (caller && text.empty()) {  // they want our offer: the same again
    agent_->accept_reinvite(dialog, sdp::write(sdp::offer(local_media(*caller))));
    return;
  }
  const auto offer = sdp::parse(text);
  const auto answer = caller && offer
                          ? sdp::answer(*offer, local_media(*caller))
                          : base::Result<sdp::Answer, sdp::SdpError>(base::unexpected(sdp::SdpError{}));
  if (!answer) {
    agent_->reject_reinvite(dialog, {488, "", {}, {}});
    return;
  }
  agent_->accept_reinvite(dialog, sdp::write(answer->description));
  follow_direction(*caller, answer->plan);
}

void LoadCalls::on_ended(sip::DialogId dialog, const sip::DialogEnd& end) {
  const auto caller = find(dialog);
  if (!caller) return;
  LoadCall& call = calls_[*caller];
  if (end.reason == sip::EndReason::kElsewhere) {
    call.status = end.status;
    call.why = "the answer's Contact or Record-Route is not on this host (see --allow-remote)";
    call.ended_early = call.answered;
    leave(*caller);
    return;
  }
  // Without an answer the library makes one up: 408, 503; that is not the server's word.
  if (end.reason == sip::EndReason::kRejected) call.status = end.status;
  call.why = call.status != 0 && !end.phrase.empty() ? analyser::plain(end.phrase, kPhraseColumns)
                                                     : sip::to_string(end.reason);
  call.ended_early = call.answered;
  leave(*caller);
}

void LoadCalls::on_invite(const sip::IncomingInvite& invite) {
  agent_->reject(invite.dialog, {486, "", {}, {}});  // these callers only call
}

}  // namespace tutti::load
