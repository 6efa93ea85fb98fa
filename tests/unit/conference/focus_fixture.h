// A focus between its scripted neighbours, with verbs for what callers do.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "fake_media_plane.h"
#include "fakes.h"
#include "signaling/conference/focus.h"

namespace tutti::conference {

inline constexpr char kSdp[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n";

// kSdp with `from` replaced, e.g. to hold or to ask for another codec.
std::string sdp_with(const std::string& from, const std::string& to);

// Keeps all that is told, and holds the rules of pairs and order against it.
class CheckedEvents final : public EventSink {
 public:
  void emit(ConferenceEvent event) override;
  // The events' names, of one conference.
  std::vector<std::string> names(const std::string& conference) const;

  std::vector<ConferenceEvent> all;

 private:
  std::set<std::pair<std::string, ParticipantId>> inside_;
  std::set<std::pair<std::string, ParticipantId>> talking_;
  std::set<std::pair<std::string, ParticipantId>> with_media_;
  std::map<std::string, ConferenceState> states_;
  std::map<ParticipantId, ParticipantStatus> statuses_;
};

class FocusWorld {
 public:
  explicit FocusWorld(FocusConfig config = {}, std::size_t cores = 2, std::size_t mailbox_capacity = 256,
                      mailbox::CoreCapacity capacity = {64, 16});

  Control& control() { return focus->control(); }
  // Whom we called picks up, with this answer; or its phone says no.
  void answer(sip::DialogId dialog, const std::string& sdp = kSdp);
  void decline(sip::DialogId dialog, int status, const std::string& phrase);
  // The core's word: keys pressed, a voice begins or ends, a first packet.
  void press(sip::DialogId dialog, const std::string& keys);
  void talk(sip::DialogId dialog, bool talking);
  void latch(sip::DialogId dialog, const base::SocketAddress& source);
  void report(sip::DialogId dialog, const mailbox::ReportedState& state);
  // Time goes on, with a poll at its end.
  void pass(base::Duration time);
  ParticipantId id(const std::string& room, sip::DialogId dialog) { return info(room, dialog).id; }
  // What was told of one kind, in order, from whichever conference.
  template <typename Detail>
  std::vector<Detail> told() const {
    std::vector<Detail> list;
    for (const ConferenceEvent& event : events.all) {
      if (const auto* detail = std::get_if<Detail>(&event.detail)) list.push_back(*detail);
    }
    return list;
  }

  // An INVITE; what came of it is in dialogs[id].
  sip::DialogId invite(const std::string& room, const std::string& offer = kSdp);
  base::SocketAddress caller = {.ip = {127, 0, 0, 7}, .port = 5066, .family = base::AddressFamily::kIpv4};
  std::string caller_uri = "sip:caller@127.0.0.1";
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
  ScriptedCore& core_of(sip::DialogId dialog);

  FakeDialogs dialogs;
  std::vector<std::unique_ptr<ScriptedCore>> cores;
  FakeMediaPlane media;
  CheckedEvents events;
  std::unique_ptr<Focus> focus;
  base::Instant now{};
};

}  // namespace tutti::conference
