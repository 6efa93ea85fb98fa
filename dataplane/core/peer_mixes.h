// PeerMixes: a conference that is mixed as several shares: publishes each of this core's that is read at its
// tick, and adds the others to it, of this core and of others alike, so that everyone hears all but oneself.
//
// Nobody waits for anybody. A peer's ticks are mixed in order, each once, `lag` ticks after our own: first
// the lag at which a peer that is not late has published some time before; one more each time it was not
// there, up to kLagMax; one less, by a cross-fade, when the longer wait has proven to be in vain. A peer that
// stands still fades out within a tick, is counted, and fades in again when it is back.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/core/conference.h"
#include "dataplane/core/ring_directory.h"
#include "dataplane/core/slab.h"
#include "dataplane/core/talker_choice.h"
#include "dataplane/core/tick_wheel.h"
#include "dataplane/mailbox/core_counters.h"
#include "dataplane/mailbox/handles.h"
#include "mixer/conference_mixer.h"
#include "mixer/mix_ring.h"

namespace tutti::core {

// How a core follows one peer's share of one conference.
struct PeerLink {
  std::uint32_t core = 0;
  mailbox::ConferenceHandle share;
  std::uint64_t last = 0;   // its tick that was mixed last
  std::uint32_t spare = 0;  // for so many ticks the next one was there as well
  std::uint8_t lag = 0;     // ticks
  bool begun = false;       // something of it was mixed: from now on what is missing is missed
  bool heard = false;       // so was its last tick
  bool ending = false;      // it fades out in the next tick, and is none then
};
static_assert(sizeof(PeerLink) == 32);  // docs/BUDGETS.md

// Thread: the core.
class PeerMixes {
 public:
  static constexpr std::uint32_t kLagMax = 3;  // 60 ms
  // Sub-slots between a peer's tick and ours, at the least: 5 ms, when a tick counts as late.
  static constexpr std::uint32_t kMarginSubSlots = 2;
  // A longer wait is in vain when it was so for 5 s.
  static constexpr std::uint32_t kSpareTicks = 250;

  // `core` is this core's index in the directory, which outlives it.
  PeerMixes(RingDirectory& rings, std::uint32_t core, std::uint32_t conferences,
            mailbox::CoreCounters& counters);

  // A conference ends on this core.
  void close(Conference& conference) TUTTI_REALTIME;

  // `peer` is the other share's number.
  void link(Conference& conference, std::uint32_t peer, std::uint32_t core,
            const mailbox::ConferenceHandle& share) TUTTI_REALTIME;
  // What of it was heard last fades out.
  void unlink(Conference& conference, std::uint32_t peer) TUTTI_REALTIME;

  // Before the choice of the loudest: the peers' loudest voices join those who are offered.
  void compete(const Conference& conference, std::uint64_t tick, TalkerChoice& choice) TUTTI_REALTIME;

  // When the share's own voices are in the sum: publishes it where it is read, then adds the peers'.
  void exchange(Conference& conference, const TickWheel::Turn& turn,
                mixer::ConferenceMixer& mixer) TUTTI_REALTIME;
  // One that no conference is linked with: adds its tick that is due in `turn`; or the last of it, fading
  // out.
  void hear(PeerLink& link, const TickWheel::Turn& turn, mixer::ConferenceMixer& mixer) TUTTI_REALTIME;
  void let_go(PeerLink& link, mixer::ConferenceMixer& mixer) TUTTI_REALTIME;

  // Fetches into the cache where exchange() will publish that tick.
  void prefetch(const Conference& conference, std::uint64_t tick) TUTTI_REALTIME {
    const std::uint32_t slot = conference.handle.slot;
    if (readers_.any(slot)) rings_.open(core_, slot).prefetch(tick);
  }

 private:
  bool linked(const Conference& conference, std::uint32_t peer) TUTTI_REALTIME {
    return (conference.peers >> peer & 1U) == 1 && !link_of(conference, peer).ending;
  }
  PeerLink& link_of(const Conference& conference, std::uint32_t peer) TUTTI_REALTIME {
    return links_[conference.handle.slot * mailbox::kSharesMax + peer];
  }
  void publish(const Conference& conference, const TickWheel::Turn& turn,
               mixer::ConferenceMixer& mixer) TUTTI_REALTIME;
  bool begin(PeerLink& link, const mixer::MixRing& ring, const TickWheel::Turn& turn) TUTTI_REALTIME;
  void follow(PeerLink& link, const mixer::MixRing& ring, const TickWheel::Turn& turn,
              mixer::ConferenceMixer& mixer) TUTTI_REALTIME;
  bool follows(const PeerLink& link, const mixer::MixRing& ring, std::uint64_t tick) TUTTI_REALTIME;
  void shorten(PeerLink& link, const mixer::MixRing& ring) TUTTI_REALTIME;
  void miss(PeerLink& link, const mixer::MixRing& ring, mixer::ConferenceMixer& mixer) TUTTI_REALTIME;
  void fade_out(PeerLink& link, const mixer::MixRing& ring, mixer::ConferenceMixer& mixer) TUTTI_REALTIME;
  bool try_add(mixer::ConferenceMixer& mixer) TUTTI_REALTIME;

  RingDirectory& rings_;
  const std::uint32_t core_;
  const RingDirectory::Readers readers_;  // of this core's
  mailbox::CoreCounters& counters_;
  Slab<PeerLink> links_;  // by conference slot and number; Conference::peers tells which there are
  mixer::MixPart own_;    // of the conference that is being mixed
  // What is being read.
  mixer::MixPart part_;
  base::SumFrame sum_;
  mixer::MixPart next_part_;
  base::SumFrame next_sum_;
};

// How many ticks to stay behind a peer that is mixed at `phase`, so that it is kMarginSubSlots ahead.
std::uint32_t least_lag(std::uint32_t own_phase, std::uint32_t phase) TUTTI_REALTIME;

}  // namespace tutti::core
