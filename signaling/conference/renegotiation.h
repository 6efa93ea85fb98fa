// Renegotiation: a new offer within a call, or the answer to ours, changes the media without a break.
//
// What cannot be agreed is refused, and the session goes on as it was (RFC 3261, 14.2).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "signaling/conference/host.h"
#include "signaling/conference/leaving.h"
#include "signaling/conference/moderation.h"

namespace tutti::conference {

class Renegotiation {
 public:
  Renegotiation(Host& host, Moderation& moderation, Leaving& leaving)
      : host_(host), moderation_(moderation), leaving_(leaving) {}

  void on_reinvite(sip::DialogId dialog, const std::string& offer);
  void on_answer(Participant& participant, const std::string& sdp);
  // A call accepted with our offer has its answer by now, or none will come.
  void on_established(Participant& participant);
  // The far end refused our offer, or took it without an answer.
  void on_rejected(Participant& participant, int status, std::optional<std::chrono::seconds> retry_after);

  // Hold or resume, from our side: at once in the mix, and offered to the far end by re-INVITE.
  void set_held(Participant& participant, bool held);
  // Offers what is to be said now, where it was not the time for it before.
  void offer_again(Participant& participant);

 private:
  void send_offer(Participant& participant);
  void offer_change(Participant& participant);
  // Makes an offer the description that was sent last; false where the last one cannot be gone on from.
  bool describe_offer(Participant& participant);
  // Both ask at the same time, or the far end wants to be asked after `wait`: ours goes out a little later,
  // unless theirs brings it up before.
  void offer_later(const Participant& participant, std::chrono::seconds wait = {});
  void agree(Participant& participant, sdp::MediaPlan plan);

  Host& host_;
  Moderation& moderation_;
  Leaving& leaving_;
};

}  // namespace tutti::conference
