// Moderation: the rules of a room applied to who is in it: who is let in, what each role may do, who waits
// for a moderator, and what of all this the cores are told.
#pragma once

#include "dataplane/mailbox/tone.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

class Moderation {
 public:
  explicit Moderation(Host& host) : host_(host) {}

  // What the core shall do with its voice and its ears; `inside` = as if it were let in.
  static mailbox::MixControls controls_for(const Participant& participant, bool inside);

  // It is let in: from now on it is heard and hears, as far as the rules let it.
  void enter(Participant& participant);
  // It is in the room no more. No step for who never was.
  void exit(Participant& participant);
  void set_role(Participant& participant, ParticipantRole role);
  // Takes, or gives back, one of the conference's max_participants.
  static void set_counted(Participant& participant, bool counted);

  // Tells the core what is new of this one.
  void apply(Participant& participant);
  // Of everyone: a rule is another one.
  void apply_all(Conference& conference);

 private:
  // How the room stands with its rules: what this says before and after a change differs where all must be
  // told.
  struct Stand {
    bool waiting = false;
    bool alone = false;
    bool operator==(const Stand&) const = default;
  };
  static Stand stand_of(const Conference& conference);
  void count(Participant& participant, int change);
  // A moderator came or went.
  void watch_moderators(Conference& conference, std::size_t before);

  void signal(Conference& conference, const mailbox::Tone& tone);

  Host& host_;
};

}  // namespace tutti::conference
