// A focus between its scripted neighbours, with verbs for what callers do.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fakes.h"
#include "signaling/conference/focus.h"

namespace tutti::conference {

inline constexpr char kSdp[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n";

// kSdp with `from` replaced, e.g. to hold or to ask for another codec.
std::string sdp_with(const std::string& from, const std::string& to);

class FocusWorld {
 public:
  explicit FocusWorld(FocusConfig config = {}, std::size_t cores = 2, std::size_t mailbox_capacity = 256,
                      mailbox::CoreCapacity capacity = {64, 16});

  // An INVITE; what came of it is in dialogs[id].
  sip::DialogId invite(const std::string& room, const std::string& offer = kSdp);
  // The whole way in: INVITE, the core's turn, 200, ACK.
  sip::DialogId join(const std::string& room, const std::string& offer = kSdp);
  void acknowledge(sip::DialogId dialog);
  // BYE or CANCEL of the far end, or the user agent's own verdict.
  void end(sip::DialogId dialog, sip::EndReason reason = sip::EndReason::kRemoteBye);
  void reinvite(sip::DialogId dialog, const std::string& offer) { focus->on_reinvite(dialog, offer); }

  // Cores and focus take turns until nothing is under way.
  void settle();
  void run_cores() {
    for (const auto& core : cores) core->run();
  }
  void poll() { focus->poll(now += Focus::kPollPeriod); }

  int status(sip::DialogId dialog) { return dialogs[dialog].rejection.status; }
  FakeDialogs::State state(sip::DialogId dialog) { return dialogs[dialog].state; }
  // Of the one participant with this dialog; fails the test where there is none.
  ParticipantInfo info(const std::string& room, sip::DialogId dialog);
  const ScriptedCore::Attached& attached(sip::DialogId dialog);
  std::size_t count_attached() const;

  FakeDialogs dialogs;
  std::vector<std::unique_ptr<ScriptedCore>> cores;
  FakeMediaPlane media;
  std::unique_ptr<Focus> focus;
  base::Instant now{};
};

}  // namespace tutti::conference
