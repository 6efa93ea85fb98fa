// LoadCalls: the SIP of all callers: dials at a rate, notes what became of each call, hangs up.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "signaling/sdp/negotiation.h"
#include "signaling/sip/user_agent.h"
#include "tools/load/load_engine.h"
#include "tools/load/load_plan.h"

namespace tutti::load {

enum class CallState : std::uint8_t { kNotPlaced, kCalling, kTalking, kEnded };

struct LoadCall {
  CallState state = CallState::kNotPlaced;
  bool answered = false;     // it was talking once
  bool ended_early = false;  // it was talking and ended without our doing
  bool could_send = true;    // all the time: they never held it
  bool could_hear = true;
  int status = 0;   // SIP status of its failure; 0: none came
  std::string why;  // it failed or ended early, in words
  sip::DialogId dialog{};
  base::Instant placed;
  base::Instant answered_at;
};

// Thread: the one that made it.
class LoadCalls final : private sip::UserAgentObserver {
 public:
  // `plan` and `engine` outlive it. Errors: one sentence.
  static base::Result<std::unique_ptr<LoadCalls>, std::string> start(const LoadPlan& plan, LoadEngine& engine,
                                                                     const base::SocketAddress& local_ip);
  ~LoadCalls() override;

  // Sends the next caller's INVITE.
  void place_next();
  // RTP stops, BYE goes out; CANCEL to a call not yet answered, which then counts as unanswered.
  void hang_up(std::size_t caller);
  // Does SIP's work for `time`, or until `done` says so. True when `done` said so.
  bool work(base::Duration time, const std::function<bool()>& done = {});

  const std::vector<LoadCall>& all() const { return calls_; }
  std::size_t placed() const { return placed_; }
  std::size_t talking() const { return talking_; }
  std::size_t undecided() const { return undecided_; }  // placed, and neither answered nor failed
  // 0 when every BYE has been answered.
  std::size_t dialogs() const { return agent_->dialogs(); }

 private:
  LoadCalls(const LoadPlan& plan, LoadEngine& engine)
      : plan_(plan), engine_(engine), calls_(plan.callers()) {}
  void on_invite(const sip::IncomingInvite& invite) override;
  void on_reinvite(sip::DialogId dialog, const std::string& offer) override;
  void on_answer(sip::DialogId dialog, const std::string& sdp) override;
  void on_established(sip::DialogId dialog) override;
  void on_ended(sip::DialogId dialog, const sip::DialogEnd& end) override;

  sdp::LocalMedia local_media(std::size_t caller) const;
  std::optional<std::size_t> find(sip::DialogId dialog) const;
  void give_up(std::size_t caller, int status, std::string why);
  void leave(std::size_t caller);
  void follow_direction(std::size_t caller, const sdp::MediaPlan& media);

  const LoadPlan& plan_;
  LoadEngine& engine_;
  sip::EventLoop loop_;
  std::unique_ptr<sip::UserAgent> agent_;
  std::vector<LoadCall> calls_;
  std::unordered_map<sip::DialogId, std::size_t> numbers_;
  std::size_t placed_ = 0;
  std::size_t talking_ = 0;
  std::size_t undecided_ = 0;
};

}  // namespace tutti::load
