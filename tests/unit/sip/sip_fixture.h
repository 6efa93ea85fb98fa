// A user agent on an ephemeral loopback port and an observer that writes down what it hears. One thread:
// waiting turns the agent's loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "signaling/sip/user_agent.h"
#include "tests/unit/sip/raw_peer.h"

namespace tutti::sip {

// Writes down everything; the std::functions, where set, also act.
class Recorder : public UserAgentObserver {
 public:
  std::optional<std::chrono::seconds> overloaded(bool call) override {
    calls_asked_of += call ? 1 : 0;
    return overloaded_for;
  }
  std::optional<Rejection> refuses(const IncomingInvite& invite) override {
    return refusal ? refusal(invite) : std::nullopt;
  }
  void on_invite(const IncomingInvite& invite) override;
  void on_reinvite(DialogId dialog, const std::string& offer) override;
  void on_answer(DialogId dialog, const std::string& sdp) override;
  void on_established(DialogId dialog) override;
  void on_ended(DialogId dialog, const DialogEnd& end) override;
  void on_progress(DialogId dialog, int status) override;
  void on_reinvite_rejected(DialogId dialog, int status,
                            std::optional<std::chrono::seconds> retry_after) override;

  std::function<std::optional<Rejection>(const IncomingInvite&)> refusal;
  std::function<void(const IncomingInvite&)> invited;
  std::function<void(DialogId, const std::string&)> reinvited;
  std::function<void(DialogId)> answered;

  std::optional<std::chrono::seconds> overloaded_for;
  std::size_t calls_asked_of = 0;  // by overloaded()
  std::vector<IncomingInvite> invites;
  std::vector<std::string> reinvite_offers;
  std::vector<std::string> answers;
  std::vector<DialogId> established;
  std::vector<DialogEnd> ends;
  std::vector<DialogId> ended;
  std::vector<int> progress;
  std::vector<int> reinvite_rejections;
  std::vector<std::optional<std::chrono::seconds>> retries_after;  // of these
};

class SipTest : public testing::Test {
 protected:
  SipTest();
  ~SipTest() override;

  void start();
  // For what the passing of time brings about: 64*T1 = 1.28 s. Before start().
  void quicken();
  // Answers every call and every re-INVITE with kAnswer at once.
  void accept_all();
  bool wait_for(const std::function<bool()>& condition, std::chrono::milliseconds timeout = Peer::kPatience);
  void turn_for(std::chrono::milliseconds time);
  // So much time passes at once: for our timers, not for the library's own.
  void skip(std::chrono::seconds time);
  // Establishes `call`; the answer to its INVITE.
  std::string establish(RawCall& call, const RawCall::Extra& extra = {"", kOffer});
  bool wait_for_no_dialogs() {
    return wait_for([this] { return agent->dialogs() == 0; });
  }
  const base::SocketAddress& server() const { return agent->bound().front(); }

  static base::Instant now() { return base::monotonic_now() + ahead_; }

  static inline base::Duration ahead_{};
  EventLoop loop{&SipTest::now};
  Recorder recorder;
  UserAgentConfig config;
  std::unique_ptr<UserAgent> agent;
};

}  // namespace tutti::sip
