// Joining: from an INVITE to a participant in the mix.
//
// The call is accepted when the core has the participant, not before: a caller who hears 200 is heard from
// its first packet on, and nobody is accepted whom the core then refuses.
#pragma once

#include <optional>

#include "signaling/conference/host.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

class Joining {
 public:
  explicit Joining(Host& host) : host_(host) {}

  // Answers with a refusal, or gives the caller to a core and answers on_attached.
  void on_invite(const sip::IncomingInvite& invite);
  // The core has it.
  void on_attached(Participant& participant);

 private:
  struct Agreement;

  base::Result<Agreement, sip::Rejection> try_join(const sip::IncomingInvite& invite);
  std::optional<sip::Rejection> admit(const std::string& name) const;
  base::Result<Agreement, sip::Rejection> read_offer(const sip::IncomingInvite& invite) const;
  std::optional<sip::Rejection> take_place(Agreement& agreement, const sip::IncomingInvite& invite);
  std::optional<sip::Rejection> describe(Agreement& agreement, const sip::IncomingInvite& invite) const;
  void attach(Agreement agreement, const sip::IncomingInvite& invite);

  Host& host_;
};

}  // namespace tutti::conference
