// PinEntry: asks callers of a room that has a PIN for it, by the keys of their phones (RFC 4733).
//
// An entry ends with # or with as many digits as the longest PIN has; * begins it anew. Where there is but a
// PIN for moderators, # alone lets its caller in as a speaker. Until then a caller neither hears the room nor
// is heard, and hears a prompt.
#pragma once

#include <optional>
#include <string>

#include "signaling/conference/host.h"
#include "signaling/conference/leaving.h"
#include "signaling/conference/moderation.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

class PinEntry {
 public:
  PinEntry(Host& host, Moderation& moderation, Leaving& leaving)
      : host_(host), moderation_(moderation), leaving_(leaving) {}

  static bool asked(const ConferenceSettings& settings) {
    return !settings.pin.empty() || !settings.moderator_pin.empty();
  }
  // 403 with Retry-After for who gave wrong ones; empty for all others.
  std::optional<sip::Rejection> refuse(const std::string& conference,
                                       const sip::IncomingInvite& invite) const;
  // It will be asked.
  void expect(Participant& participant, const sip::IncomingInvite& invite);
  // Its call is accepted.
  void begin(Participant& participant);
  void on_digit(Participant& participant, char digit);
  // Its settings are others: where no PIN is asked any more, who was entering one is let in.
  void on_settings(const Conference& conference);
  // PinRules::entry_time is over.
  void on_timeout(Participant& participant);

 private:
  void judge(Participant& participant);
  void lock_out(Participant& participant);
  void let_in(Participant& participant, bool as_moderator);

  Host& host_;
  Moderation& moderation_;
  Leaving& leaving_;
};

}  // namespace tutti::conference
