// Renegotiation: a new offer within a call, or the answer to ours, changes the media without a break.
//
// What cannot be agreed is refused, and the session goes on as it was (RFC 3261, 14.2).
#pragma once

#include <string>

#include "signaling/conference/host.h"
#include "signaling/conference/leaving.h"

namespace tutti::conference {

class Renegotiation {
 public:
  Renegotiation(Host& host, Leaving& leaving) : host_(host), leaving_(leaving) {}

  void on_reinvite(sip::DialogId dialog, const std::string& offer);
  void on_answer(sip::DialogId dialog, const std::string& sdp);
  // A call accepted with our offer has its answer by now, or none will come.
  void on_established(sip::DialogId dialog);

 private:
  void send_offer(Participant& participant);
  void agree(Participant& participant, sdp::MediaPlan plan);

  Host& host_;
  Leaving& leaving_;
};

}  // namespace tutti::conference
