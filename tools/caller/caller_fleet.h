// CallerFleet: the callers of one process: SIP by one user agent, RTP by one engine.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "signaling/sdp/negotiation.h"
#include "signaling/sip/user_agent.h"
#include "tools/caller/rtp_engine.h"

namespace tutti::caller {

struct FleetConfig {
  base::SocketAddress local_ip;  // of SIP and RTP; its port is SIP's, 0 for a free one
  sip::TransactionTimers timers;
};

struct CallPlan {
  std::string name;    // the user part of From
  std::string target;  // "sip:room@127.0.0.1:5060", ";transport=tcp" where wanted
  std::vector<sdp::AudioCodec> codecs = {sdp::AudioCodec::kPcmu, sdp::AudioCodec::kPcma};
  SampleSource source;     // none: silence
  bool keep_audio = true;  // what it says and what it hears
  bool keep_log = true;
  std::uint32_t seed = 1;  // SSRC, first sequence number, first timestamp
};

enum class CallState : std::uint8_t { kCalling, kTalking, kEnded };

// One call as it stands.
struct Call {
  CallPlan plan;
  CallState state = CallState::kCalling;
  bool answered = false;                     // it was talking once
  std::string end;                           // why it ended, in words
  std::optional<sip::EndReason> end_reason;  // none: ended here
  int end_status = 0;                        // the SIP status that ended it, 0 for none
  sip::DialogId dialog{};
  LegId leg{};
  analyser::Law law = analyser::Law::kMu;
  base::Instant placed;
  std::optional<base::Instant> answered_at;
  std::optional<base::Instant> ended_at;
};

// Thread: the one that made it, for all; RTP runs on the engine's own thread meanwhile.
class CallerFleet final : private sip::UserAgentObserver {
 public:
  // Errors: one sentence.
  static base::Result<std::unique_ptr<CallerFleet>, std::string> start(const FleetConfig& config);
  ~CallerFleet() override;

  // Sends an INVITE; the call's number, counted from 0. Errors: one sentence.
  base::Result<std::size_t, std::string> call(CallPlan plan);
  // BYE, or CANCEL; RTP stops first. Idempotent.
  void hang_up(std::size_t number);

  // Does SIP's work for `time`, or until `done` says so. True when `done` said so.
  bool work(std::chrono::milliseconds time, const std::function<bool()>& done = {});

  std::size_t size() const { return calls_.size(); }
  const Call& at(std::size_t number) const { return calls_[number]; }
  std::size_t talking() const;
  std::size_t ended() const;
  // Dialogs of the user agent: 0 when every BYE has been answered.
  std::size_t dialogs() const { return agent_->dialogs(); }

  LegRecord record(std::size_t number) const { return engine_->record(calls_[number].leg); }
  LegCounters counters(std::size_t number) const { return engine_->counters(calls_[number].leg); }
  // What it has said so far, sample by sample from LegRecord::first_sent on; empty without keep_audio.
  // Only of a call that has ended: the engine's thread writes it before.
  analyser::SampleView said(std::size_t number) const;
  // What the RTP stream that comes back must look like.
  analyser::RtpExpectation expectation(std::size_t number) const;

 private:
  CallerFleet() = default;
  void on_invite(const sip::IncomingInvite& invite) override;
  void on_reinvite(sip::DialogId dialog, const std::string& offer) override;
  void on_answer(sip::DialogId dialog, const std::string& sdp) override;
  void on_established(sip::DialogId dialog) override;
  void on_ended(sip::DialogId dialog, const sip::DialogEnd& end) override;

  Call* find(sip::DialogId dialog);
  void apply(Call& call, std::size_t number, const sdp::MediaPlan& media);
  void finish(Call& call, std::string why);
  sdp::LocalMedia local_media(const Call& call) const;

  sip::EventLoop loop_;
  std::unique_ptr<RtpEngine> engine_;
  std::unique_ptr<sip::UserAgent> agent_;
  base::SocketAddress local_ip_;
  std::vector<Call> calls_;
  std::vector<std::shared_ptr<analyser::Samples>> said_;
  std::vector<sdp::SessionDescription> offers_;
  std::map<sip::DialogId, std::size_t> numbers_;
};

}  // namespace tutti::caller
