// MediaCore: one core's whole data plane as a function: run_once(now) does one bounded turn of everything.
//
// Time comes in from outside, and the thread that calls it lives elsewhere (CoreThread), so a simulator
// drives the same code in virtual time.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/core_options.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/load_meter.h"
#include "dataplane/core/moves.h"
#include "dataplane/core/reception.h"
#include "dataplane/core/reporting.h"
#include "dataplane/core/ticker.h"
#include "dataplane/mailbox/core_command.h"
#include "dataplane/mailbox/core_counters.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/net/packet_port.h"

namespace tutti::core {

class MediaCore {
 public:
  using Options = CoreOptions;

  // Takes all its memory, on the thread that calls it: the core's own, where it has one. Owns neither; both
  // outlive it.
  MediaCore(const Options& options, net::PacketPort& port, mailbox::Mailbox& mailbox);
  MediaCore(const MediaCore&) = delete;
  MediaCore& operator=(const MediaCore&) = delete;

  // Takes commands and packets, mixes and sends what is due. Returns when the next turn is due.
  // Thread: one, always the same.
  base::Instant run_once(base::Instant now) TUTTI_REALTIME;

  // Before the slot's first tenant is attached, so that no turn waits for its memory: up to 40 ms for one of
  // a thousand slots. Thread: one that is not the core's, always the same.
  void make_ready(std::uint32_t slot) { state_.participants.make_ready(slot); }

  // Thread: any.
  const mailbox::CoreCounters& counters() const { return state_.counters; }
  const mailbox::ParticipantReports& reports() const { return state_.reports; }

 private:
  static constexpr std::size_t kCommandsPerTurn = 64;

  void take_commands(base::Instant now) TUTTI_REALTIME;
  void take_detached() TUTTI_REALTIME;
  void count_network_drops() TUTTI_REALTIME;

  void obey(const mailbox::OpenConference& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::UpdateConference& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::CloseConference& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::LinkShare& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::UnlinkShare& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::AttachParticipant& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::UpdateListening& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::UpdateMedia& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::UpdateMix& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::MoveParticipant& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::PlayTone& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::StopTone& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::StartCoaching& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::StopCoaching& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::HearCoach& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::EndHearingCoach& command, base::Instant now) TUTTI_REALTIME;
  void obey(const mailbox::DetachParticipant& command, base::Instant now) TUTTI_REALTIME;

  CoreState state_;
  Reporting reporting_;
  Reception reception_;
  Moves moves_;
  Ticker ticker_;
  LoadMeter load_;
  std::array<mailbox::CoreCommand, kCommandsPerTurn> commands_;    // taken; made once, for it is 12 kB
  std::array<std::uint64_t, base::kDropReasons> network_drops_{};  // counted already
  std::uint64_t network_drops_total_ = 0;                          // the same of all
};

}  // namespace tutti::core
