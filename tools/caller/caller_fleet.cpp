#include "tools/caller/caller_fleet.h"

#include <algorithm>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "signaling/sdp/session_description.h"
#include "tools/analyser/plain_text.h"

namespace tutti::caller {
namespace {

constexpr std::chrono::milliseconds kStep{10};
constexpr std::size_t kPhraseColumns = 80;  // of an answer, whose phrase may be as long as a message

analyser::Law law_of(sdp::AudioCodec codec) {
  return codec == sdp::AudioCodec::kPcma ? analyser::Law::kA : analyser::Law::kMu;
}

// Hands on what the source says, and keeps it.
SampleSource keeping(SampleSource source, std::shared_ptr<analyser::Samples> kept) {
  return [source = std::move(source), kept = std::move(kept)](std::span<std::int16_t> frame) {
    source(frame);
    kept->insert(kept->end(), frame.begin(), frame.end());
  };
}

}  // namespace

base::Result<std::unique_ptr<CallerFleet>, std::string> CallerFleet::start(const FleetConfig& config) {
  std::unique_ptr<CallerFleet> fleet(new CallerFleet);
  fleet->local_ip_ = config.local_ip.with_port(0);
  auto engine = RtpEngine::start();
  if (!engine) return base::unexpected(engine.error());
  fleet->engine_ = std::move(*engine);
  sip::UserAgentConfig agent_config;
  agent_config.listen = {config.local_ip};
  agent_config.product = "tutti-caller";
  agent_config.focus = false;
  agent_config.timers = config.timers;
  auto agent = sip::UserAgent::start(fleet->loop_, agent_config, *fleet);
  if (!agent) return base::unexpected(agent.error().message);
  fleet->agent_ = std::move(*agent);
  return fleet;
}

CallerFleet::~CallerFleet() {
  agent_.reset();
}

sdp::LocalMedia CallerFleet::local_media(const Call& call) const {
  sdp::LocalMedia local;
  local.rtp = engine_->rtp_address(call.leg);
  local.rtcp = engine_->rtcp_address(call.leg);
  local.codecs = call.plan.codecs;
  local.session_name = call.plan.name;
  local.session_id = static_cast<std::uint64_t>(call.leg);
  return local;
}

base::Result<std::size_t, std::string> CallerFleet::call(CallPlan plan) {
  const auto leg = engine_->open(local_ip_);
  if (!leg) return base::unexpected(leg.error());
  Call call;
  call.plan = std::move(plan);
  if (!call.plan.source) call.plan.source = silence_source();
  call.leg = *leg;
  call.placed = base::monotonic_now();
  sdp::SessionDescription offer = sdp::offer(local_media(call));
  sip::OutgoingInvite invite;
  invite.target = call.plan.target;
  invite.from_uri = fmt::format("sip:{}@{}", call.plan.name, base::to_string(agent_->bound().front()));
  invite.from_display = call.plan.name;
  invite.offer = sdp::write(offer);
  const auto dialog = agent_->invite(invite);
  if (!dialog) {
    engine_->close(*leg);
    return base::unexpected(dialog.error().message);
  }
  call.dialog = *dialog;
  const std::size_t number = calls_.size();
  numbers_.emplace(*dialog, number);
  calls_.push_back(std::move(call));
  offers_.push_back(std::move(offer));
  said_.push_back(std::make_shared<analyser::Samples>());
  return number;
}

void CallerFleet::hang_up(std::size_t number) {
  Call& call = calls_[number];
  if (call.state == CallState::kEnded) return;
  engine_->stop(call.leg);
  agent_->hang_up(call.dialog, "");
  finish(call, "hung up");
}

bool CallerFleet::work(std::chrono::milliseconds time, const std::function<bool()>& done) {
  const base::Instant end = base::monotonic_now() + time;
  while (true) {
    if (done && done()) return true;
    const base::Instant now = base::monotonic_now();
    if (now >= end) return false;
    loop_.step(std::min(kStep, std::chrono::duration_cast<std::chrono::milliseconds>(end - now) +
                                   std::chrono::milliseconds(1)));
  }
}

std::size_t CallerFleet::talking() const {
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [](const Call& call) { return call.state == CallState::kTalking; }));
}

std::size_t CallerFleet::ended() const {
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [](const Call& call) { return call.state == CallState::kEnded; }));
}

analyser::SampleView CallerFleet::said(std::size_t number) const {
  return *said_[number];
}

analyser::RtpExpectation CallerFleet::expectation(std::size_t number) const {
  analyser::RtpExpectation expectation;
  expectation.payload_type = analyser::payload_type(calls_[number].law);
  return expectation;
}

Call* CallerFleet::find(sip::DialogId dialog) {
  const auto found = numbers_.find(dialog);
  return found == numbers_.end() ? nullptr : &calls_[found->second];
}

void CallerFleet::finish(Call& call, std::string why) {
  engine_->stop(call.leg);
  call.state = CallState::kEnded;
  call.end = std::move(why);
  call.ended_at = base::monotonic_now();
  numbers_.erase(call.dialog);
}

void CallerFleet::apply(Call& call, std::size_t number, const sdp::MediaPlan& media) {
  std::mt19937 random(call.plan.seed * 2'654'435'761U + static_cast<std::uint32_t>(number));
  call.law = law_of(media.codecs.front().codec);
  LegMedia leg;
  leg.talker.law = call.law;
  leg.talker.payload_type = media.codecs.front().payload_type;
  leg.talker.ssrc = static_cast<std::uint32_t>(random());
  leg.talker.first_sequence = static_cast<std::uint16_t>(random());
  leg.talker.first_timestamp = static_cast<std::uint32_t>(random());
  leg.talker.samples_per_packet = std::size_t{media.ptime_ms} * analyser::kSamplesPerMs;
  leg.listener.law = call.law;
  leg.listener.payload_type = leg.talker.payload_type;
  leg.listener.keep_audio = call.plan.keep_audio;
  leg.listener.keep_log = call.plan.keep_log;
  leg.source = call.plan.keep_audio ? keeping(call.plan.source, said_[number]) : call.plan.source;
  leg.send = sdp::may_send(media.direction) && !media.remote_rtp.unspecified();
  leg.remote_rtp = media.remote_rtp;
  leg.remote_rtcp = media.remote_rtcp;
  engine_->begin(call.leg, std::move(leg));
}

void CallerFleet::on_answer(sip::DialogId dialog, const std::string& text) {
  Call* call = find(dialog);
  if (call == nullptr) return;
  const auto number = static_cast<std::size_t>(call - calls_.data());
  const auto answer = sdp::parse(text);
  const auto media = answer ? sdp::apply_answer(offers_[number], *answer)
                            : base::Result<sdp::MediaPlan, sdp::SdpError>(base::unexpected(answer.error()));
  if (!media) {
    agent_->hang_up(dialog, "");
    finish(*call, fmt::format("the answer's SDP cannot be used: {}", sdp::to_string(media.error().what)));
    return;
  }
  apply(*call, number, *media);
}

void CallerFleet::on_established(sip::DialogId dialog) {
  Call* call = find(dialog);
  if (call == nullptr) return;
  call->state = CallState::kTalking;
  call->answered = true;
  call->answered_at = base::monotonic_now();
}

void CallerFleet::on_reinvite(sip::DialogId dialog, const std::string& text) {
  const Call* call = find(dialog);
  const auto offer = sdp::parse(text);
  if (call == nullptr || !offer) {
    agent_->reject_reinvite(dialog, {text.empty() ? 488 : 400, "", {}, {}});
    return;
  }
  const auto answer = sdp::answer(*offer, local_media(*call));
  if (!answer) {
    agent_->reject_reinvite(dialog, {488, "", {}, {}});
    return;
  }
  apply(*find(dialog), numbers_.at(dialog), answer->plan);
  agent_->accept_reinvite(dialog, sdp::write(answer->description));
}

void CallerFleet::on_ended(sip::DialogId dialog, const sip::DialogEnd& end) {
  Call* call = find(dialog);
  if (call == nullptr) return;
  std::string why = sip::to_string(end.reason);
  if (end.status != 0)
    why += fmt::format(" ({} {})", end.status, analyser::plain(end.phrase, kPhraseColumns));
  call->end_reason = end.reason;
  call->end_status = end.status;
  finish(*call, std::move(why));
}

void CallerFleet::on_invite(const sip::IncomingInvite& invite) {
  agent_->reject(invite.dialog, {486, "", {}, {}});  // these callers only call
}

}  // namespace tutti::caller
