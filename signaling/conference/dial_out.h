// DialOut: calls of ours that bring somebody into a conference.
//
// Its place is taken and its offer made before the INVITE goes out; the core listens at once, so that who
// answers is heard from its first packet on, and is let in when its 200 is there.
#pragma once

#include <string>
#include <string_view>

#include "signaling/conference/control.h"
#include "signaling/conference/host.h"
#include "signaling/conference/leaving.h"
#include "signaling/conference/moderation.h"

namespace tutti::conference {

// Whether the host of a sip: URI is one that the rules name. Errors: NotAllowed, InvalidArgument.
Outcome<> check_target(const DialOutRules& rules, std::string_view uri);

class DialOut {
 public:
  DialOut(Host& host, Moderation& moderation, Leaving& leaving)
      : host_(host), moderation_(moderation), leaving_(leaving) {}

  // It is one that was called and has not answered yet: all that is heard of its dialog belongs here.
  static bool calls(const Participant& participant) {
    return participant.identity().dialled_out && !participant.accepted;
  }

  Outcome<Participant*> invite(Conference& conference, const Invitation& invitation);

  // Of one that was called.
  void on_attached(Participant& participant);
  void on_answer(Participant& participant, const std::string& sdp);
  void on_established(Participant& participant);
  void on_ended(Participant& participant, const sip::DialogEnd& end);
  void on_ring_timeout(Participant& participant);

 private:
  Outcome<> check(const Conference& conference, const Invitation& invitation) const;
  void fail(Participant& participant, ConferenceError error, const std::string& detail);
  void let_in(Participant& participant);

  Host& host_;
  Moderation& moderation_;
  Leaving& leaving_;
};

}  // namespace tutti::conference
