// Participant: all that a core holds of one: its stream in, its stream out, its path through the network.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/core/rtcp_session.h"
#include "dataplane/core/slot_list.h"
#include "dataplane/core/source_latch.h"
#include "dataplane/core/tones.h"
#include "dataplane/mailbox/core_command.h"
#include "dataplane/mailbox/core_event.h"
#include "dataplane/mailbox/handles.h"
#include "dataplane/mailbox/media_parameters.h"
#include "dataplane/stream/formats.h"
#include "dataplane/stream/inbound_stream.h"
#include "dataplane/stream/outbound_stream.h"
#include "dataplane/stream/payload_pool.h"
#include "mixer/dsp/gain.h"
#include "mixer/dsp/speech_gate.h"

namespace tutti::core {

// What a tick reads only of those who lose packets or do not send every 20 ms. In a slab of its own, so that
// nobody else pays for it in memory.
struct ParticipantReserve {
  stream::Concealer::State concealer;
  stream::Packetizer::Room packetizer;
};

// Thread: the core. Plain state: what happens to it is MediaCore's and the streams' business. In order of how
// often it is read: a tick as a rule reads three lines and one of the jitter buffer's slots; the rest is for
// what arrives and for what is due now and then.
struct alignas(64) Participant {
  Participant(const mailbox::AttachParticipant& command, base::Duration jitter_delay, base::Instant now,
              ParticipantReserve& reserve) TUTTI_REALTIME;
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  // A new agreement; the audio out goes on unbroken.
  // Returns whether the peer is to be learned anew: its described address is another one.
  bool agree(const mailbox::MediaParameters& media, base::Instant now) TUTTI_REALTIME;

  // Whose voice, how loudly, and who hears it: from the next tick on.
  void control(const mailbox::MixControls& controls) TUTTI_REALTIME;

  // Where to send has changed: another address, or the first.
  void configure_outbound() TUTTI_REALTIME;

  const base::SocketAddress& rtcp_destination() const TUTTI_REALTIME;

  // Whether RTCP from `source` is the peer's: from where its RTP comes or was said to come.
  bool admits_rtcp(const base::SocketAddress& source, base::Instant now) const TUTTI_REALTIME;

  // Whether the voice may be in the mix of this tick.
  bool may_talk() const TUTTI_REALTIME { return speaking && !kept_out; }
  // Whether its owner talks, whoever hears it.
  bool talks() const TUTTI_REALTIME { return speaking && !silenced; }
  bool moving() const TUTTI_REALTIME { return move != kNoSlot; }
  // Whether it is in the mix as it was in the last tick, and nothing of that is to be told.
  bool steady() const TUTTI_REALTIME;
  // The peak of what is due in this tick and of what already waits behind it, as it came.
  std::uint16_t peak_ahead() TUTTI_REALTIME { return may_receive ? inbound.peak_ahead() : 0; }
  // A tick's, as loud as the others would hear it; falls to half in 220 ms.
  void note_peak(std::uint16_t said) TUTTI_REALTIME { loudness = std::max(gain_in.of_peak(said), fallen()); }
  std::uint16_t fallen() const TUTTI_REALTIME { return static_cast<std::uint16_t>(loudness * 15 / 16); }
  // What sets it apart has changed.
  void settle() TUTTI_REALTIME;

  // Whether the peer has been silent for longer than agreed, while it should not have been.
  bool silent_too_long(base::Instant now) const TUTTI_REALTIME { return now >= silent_too_long_at(); }
  base::Instant silent_too_long_at() const TUTTI_REALTIME;

  mailbox::ParticipantTotals totals() const TUTTI_REALTIME;

  // Fetches into the cache what a tick reads.
  void prefetch() const TUTTI_REALTIME;
  void prefetch_outbound() const TUTTI_REALTIME;
  void prefetch_seldom() const TUTTI_REALTIME;  // what is looked after now and then

  // What a tick asks first, at once: these eight.
  alignas(8) bool in_mix = false;  // of the last tick, then of the one that is being mixed
  bool speaking = false;           // the gate is open
  bool spoke = false;              // it was open in the tick before
  bool talking = false;            // as was told last
  bool among_loudest = true;       // of the last tick in which it might have been in the mix
  bool may_receive = false;        // these two media's
  bool kept_out = false;           // not in the mix: it is silenced or coaches
  bool fading = false;             // in the mix for the last time
  mailbox::ParticipantHandle handle;
  std::uint32_t conference = kNoSlot;  // slot of it, while a member
  std::uint32_t move = kNoSlot;        // its own of Moves, on the way to another conference or out
  bool leaving = false;                // its last command has come
  bool rtcp_mux = false;
  bool silenced = false;                   // does not talk: it is muted, on hold, waits or moves
  bool personal = false;                   // what it hears is not what the others hear
  std::uint8_t voice = 0;                  // its own of Coachings; 0: none
  std::uint8_t quiet_reports = 0;          // how many reports ago it talked
  std::int8_t slip = 0;                    // its next frame waits for a tick (1), or is left out (-1)
  std::uint8_t arrival_phase = UINT8_MAX;  // when its packets come, once TickFollower knows
  std::uint8_t owed = 0;                   // frames that ticks have not taken yet: QuietStreams
  dsp::Gain gain_in;                       // of the voice
  dsp::Gain gain_out;                      // of what is heard; none for the deaf
  dsp::SpeechGate gate;
  std::uint16_t loudness = 0;    // the peak of late, falling slowly: who is among the loudest
  std::uint16_t quiet_peak = 0;  // at least that of all that waits, while QuietStreams has it
  // The next tick that has more to do than the mix; early is harmless, late is not.
  base::Instant look_after_at = base::Instant::min();
  const base::SocketAddress* send_to = nullptr;  // the RTP latch's destination

  stream::OutboundStream outbound;
  stream::InboundStream inbound;
  stream::PayloadPool::Shelf shelf;  // the pool's, beside what else of it a packet and a tick touch

  base::Instant other_sign_of_life;  // than its stream's packets: RTCP, what the stream refused
  bool timeout_told = false;
  // How many of the last ones were lost, of 65 536, and what was reported last of them.
  std::uint16_t recent_loss = 0;
  std::uint32_t reported_received = 0;
  std::uint32_t reported_lost = 0;
  std::uint32_t dropped = 0;  // before they reached the stream
  base::Instant digits_told_until = base::Instant::min();
  SourceLatch rtp_latch;
  SourceLatch rtcp_latch;         // unused under rtcp-mux
  ToneList tones = 0;             // that it alone hears
  std::uint16_t music_frame = 0;  // of what it hears while it waits, the next one
  std::uint8_t ear = 0;           // the first of those in Coachings; 0: none
  bool hears_music = false;       // it waited in the last tick
  bool bye_told = false;
  mailbox::MixControls mix;
  mailbox::MediaParameters media;
  RtcpSession rtcp;
  alignas(64) std::byte apart;  // a line of nothing: see below

 private:
  stream::SendFormat send_format() const TUTTI_REALTIME;
};

static_assert(offsetof(Participant, in_mix) == 0 && offsetof(Participant, fading) == 7);
static_assert(offsetof(Participant, outbound) == 64);  // one line before it
static_assert(sizeof(Participant) - sizeof(Participant::shelf) <= 960);
// Of lines an odd number: else the same line of all would be in few sets of the caches.
static_assert(sizeof(Participant) / 64 % 2 == 1);
static_assert(sizeof(ParticipantReserve) <= 1'600);

}  // namespace tutti::core

#include "dataplane/core/participant-inl.h"  // IWYU pragma: export
