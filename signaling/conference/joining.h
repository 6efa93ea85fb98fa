// Joining: from an INVITE to a participant in the mix.
//
// The call is accepted when the core has the participant, not before: a caller who hears 200 is heard from
// its first packet on, and nobody is accepted whom the core then refuses.
#pragma once

#include <optional>
#include <string>

#include "signaling/conference/arrival.h"
#include "signaling/conference/host.h"
#include "signaling/conference/moderation.h"
#include "signaling/conference/pin_entry.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

class Joining {
 public:
  Joining(Host& host, Moderation& moderation, PinEntry& pins)
      : host_(host), moderation_(moderation), pins_(pins) {}

  // What on_invite would refuse before it takes anything for the caller.
  std::optional<sip::Rejection> refuses(const sip::IncomingInvite& invite);
  // Answers with a refusal, or gives the caller to a core and answers on_attached.
  void on_invite(const sip::IncomingInvite& invite);
  // The core has it.
  void on_attached(Participant& participant);

 private:
  struct Agreement;

  base::Result<Agreement, sip::Rejection> consider(const sip::IncomingInvite& invite, Conference* conference);
  base::Result<Agreement, sip::Rejection> try_join(const sip::IncomingInvite& invite);
  std::optional<sip::Rejection> admit(const sip::IncomingInvite& invite, const Conference* conference) const;
  std::optional<sip::Rejection> admit_to(const Conference& conference) const;
  // Who has given too many wrong PINs of late, where one is asked.
  std::optional<sip::Rejection> refuse_guesser(const ConferenceSettings& settings, const std::string& name,
                                               const sip::IncomingInvite& invite) const;
  base::Result<Agreement, sip::Rejection> read_offer(const sip::IncomingInvite& invite) const;
  sip::Rejection refuse_for_load(Conference* conference, const char* detail);
  std::optional<sip::Rejection> describe(Agreement& agreement, const std::string& conference) const;
  void attach(Agreement agreement, const sip::IncomingInvite& invite);

  Host& host_;
  Moderation& moderation_;
  PinEntry& pins_;
};

}  // namespace tutti::conference
