// Ticker: the part of a turn that mixes the conferences whose moment has come, and sends.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/core/core_state.h"
#include "dataplane/core/listener_batch.h"
#include "dataplane/core/listener_classes.h"
#include "dataplane/core/lookahead.h"
#include "dataplane/core/moves.h"
#include "dataplane/core/personal_mix.h"
#include "dataplane/core/reception.h"
#include "dataplane/core/reporting.h"
#include "dataplane/core/slab.h"
#include "dataplane/core/talker_batch.h"
#include "dataplane/core/talker_choice.h"
#include "dataplane/core/talker_packets.h"
#include "dataplane/core/tick_follower.h"

namespace tutti::core {

// Thread: the core.
class Ticker {
 public:
  // Owns none of them; all outlive it.
  Ticker(CoreState& state, Reception& reception, Reporting& reporting, Moves& moves);

  // Does every sub-slot that is due, at most one tick's worth of them; returns how many.
  std::uint32_t run(base::Instant now) TUTTI_REALTIME;

 private:
  // A core that was stopped for longer leaves ticks out: what leaves later than that the listeners' jitter
  // buffers have given up. So one that has too much to do is never later either, and what waits for it grows
  // no deeper.
  static constexpr base::Duration kPatience = std::chrono::milliseconds(40);

  // A sub-slot is done in steps of so many participants or a little more: their packets are taken, mixed and
  // sent while the kernel's state of their sockets, and ours of them, is in the cache.
  static constexpr std::uint32_t kStepMembers = 64;
  // Where the port is not told whom to look for there is nothing of theirs to keep together, and a larger
  // batch of packets has more of what it touches on its way at once.
  static constexpr std::uint32_t kStepMembersOfAll = 512;

  base::Instant now() const TUTTI_REALTIME {
    return state_.options.clock == nullptr ? turn_began_ : state_.options.clock();
  }
  std::uint32_t run_sub_slot(const TickWheel::Turn& turn, bool late) TUTTI_REALTIME;
  void take_packets(std::span<Participant* const> members, bool late) TUTTI_REALTIME;
  void tick(std::uint32_t i, const TickWheel::Turn& turn) TUTTI_REALTIME;
  void half_tick(Conference& conference) TUTTI_REALTIME;
  void gather(Conference& conference, std::span<Participant* const> awake,
              const TickWheel::Turn& turn) TUTTI_REALTIME;
  void add_tones(Conference& conference) TUTTI_REALTIME;
  void fetch_reports(std::span<Participant* const> members) TUTTI_REALTIME;
  // These two out of the walk that is most of a tick: it holds what it needs in registers.
  [[gnu::noinline]] bool listen(Participant& participant) TUTTI_REALTIME;
  [[gnu::noinline]] bool take_voice(Participant& participant, const Conference& conference,
                                    const TickWheel::Turn& turn, base::Frame& frame) TUTTI_REALTIME;
  bool slip(Participant& participant, bool wanted) TUTTI_REALTIME;
  [[gnu::always_inline]] inline bool speaks_on(Participant& participant, dsp::SpeechGateOptions gate,
                                               base::Frame& frame) TUTTI_REALTIME;
  bool take(Participant& participant, bool wanted, base::Frame& frame) TUTTI_REALTIME;
  void whisper(Participant& participant, const TickWheel::Turn& turn, base::Frame& frame) TUTTI_REALTIME;
  [[gnu::noinline]] void send_otherwise(Participant& participant, const base::Frame& own,
                                        const TickWheel::Turn& turn) TUTTI_REALTIME;
  void send_personal(Participant& participant, const base::Frame& own,
                     const TickWheel::Turn& turn) TUTTI_REALTIME;
  // `turn` as the conference counts it; `beat`: whether it is on its own.
  void hand_out(Conference& conference, std::span<Participant* const> members, const TickWheel::Turn& turn,
                bool beat) TUTTI_REALTIME;
  void look_after(Participant& participant, base::Instant due) TUTTI_REALTIME;

  CoreState& state_;
  Reception& reception_;
  Reporting& reporting_;
  Moves& moves_;
  TalkerChoice choice_;
  TickFollower follower_;
  mixer::ConferenceMixer
      mixer_;  // of the conference that is being mixed: one for all, so that it stays in cache
  // Of the same: empty behind its tick.
  TalkerBatch talkers_;
  ListenerClasses classes_;
  TalkerPackets own_mixes_;
  ListenerBatch whole_mixes_;
  PersonalMix personal_;
  Lookahead ahead_;   // of the sub-slot that is being mixed
  const bool looks_;  // the port's
  const net::EndpointLines look_lines_;
  const std::uint32_t step_members_;
  base::Instant turn_began_{};
  bool in_haste_ = false;         // this step is a sub-slot late or more
  std::uint32_t half_walks_ = 0;  // so many sub-slots may have a packet due between two ticks
  // Of the conference that is being mixed, in its members' order: who may have a part in this tick's mix, and
  // the frames of those who have.
  const std::unique_ptr<std::uint32_t[]> speakers_;
  Slab<base::Frame> frames_;
};

}  // namespace tutti::core
