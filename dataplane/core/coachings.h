// Coachings: voices that go to single listeners and into no mix. Each is published under a conference handle
// of its own, as the share of a conference would be, and added to what those hear who were told of it.
//
// A voice costs a copy into its ring a tick, an ear a copy out of it and an encoding of its own, whatever
// else goes on: the same whether both are on one core or on two.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/core/conference.h"
#include "dataplane/core/participant.h"
#include "dataplane/core/peer_mixes.h"
#include "dataplane/core/ring_directory.h"
#include "dataplane/core/tick_wheel.h"
#include "dataplane/mailbox/core_command.h"
#include "mixer/conference_mixer.h"

namespace tutti::core {

// Participant::voice and ear name their part here. Thread: the core.
class Coachings {
 public:
  // `core` is this core's index in the directory, which outlives it.
  Coachings(RingDirectory& rings, std::uint32_t core, PeerMixes& peers)
      : rings_(rings), core_(core), peers_(peers) {}

  // Begins to coach; `conference` is where it is, none while it is on its way to another. Nothing where there
  // are too many, or where it does already.
  void start(const mailbox::ConferenceHandle& voice, Participant& coach,
             Conference* conference) TUTTI_REALTIME;
  std::optional<mailbox::ParticipantHandle> coach_of(const mailbox::ConferenceHandle& voice) const
      TUTTI_REALTIME;
  // Its voice, if it coaches, is silent from now on.
  void stop(Participant& coach, Conference* conference) TUTTI_REALTIME;
  // It goes from the one conference, or comes to it.
  void leave(const Participant& coach, Conference& from) TUTTI_REALTIME;
  void arrive(const Participant& coach, Conference& to) TUTTI_REALTIME;

  // A participant begins to hear a voice, or fades out of it. Nothing where there are too many.
  void hear(Participant& participant, std::uint32_t core,
            const mailbox::ConferenceHandle& voice) TUTTI_REALTIME;
  void end_hearing(Participant& participant, std::uint32_t core,
                   const mailbox::ConferenceHandle& voice) TUTTI_REALTIME;
  // All that it hears fades out.
  void end_hearing(Participant& participant) TUTTI_REALTIME;
  // It is gone.
  void forget(Participant& participant) TUTTI_REALTIME;

  // In a tick of the coach's conference: what it says; then, once, silence for all there who said nothing.
  void speak(const Participant& coach, const TickWheel::Turn& turn, const base::Frame& frame) TUTTI_REALTIME;
  void be_silent(const Conference& conference, const TickWheel::Turn& turn) TUTTI_REALTIME;

  // In a tick of the listener's: all that it hears is added to `mixer`.
  void listen(Participant& participant, const TickWheel::Turn& turn,
              mixer::ConferenceMixer& mixer) TUTTI_REALTIME;

 private:
  struct Voice {
    bool open = false;
    bool spoke = false;  // in this tick
    std::uint32_t conference = kNoSlot;
    mailbox::ParticipantHandle coach;
    mailbox::ConferenceHandle handle;
  };
  struct Ear {
    bool open = false;
    bool ending = false;
    std::uint8_t next = 0;  // of the same listener; 0: none
    PeerLink link;
  };

  void publish(const Voice& voice, const TickWheel::Turn& turn, std::uint32_t contributors) TUTTI_REALTIME;

  RingDirectory& rings_;
  const std::uint32_t core_;
  PeerMixes& peers_;
  std::array<Voice, mailbox::kCoachingsMax> voices_;
  std::array<Ear, mailbox::kCoachingsMax> ears_;
  base::SumFrame said_;  // what is being published
};

}  // namespace tutti::core
