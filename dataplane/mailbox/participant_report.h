// ParticipantReports: what one core tells of each of its participants, for anyone to read at any time without
// asking it: of its voice 5 times a second, of its packets with every eighth of them, its drops as they
// happen.
//
// A participant's is one line of atomic words, each of which is of one moment, that a core only ever writes:
// to read or to lock it would cost more than to tell it. Its generation stands before and behind, as in a
// seqlock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/slab_memory.h"
#include "dataplane/mailbox/handles.h"

namespace tutti::mailbox {

// Counts are of its whole stay.
struct ReportedState {
  static constexpr std::uint32_t kNever = UINT32_MAX;

  // As of its last tick, 5 times a second.
  base::Instant at;
  std::uint32_t packets_sent = 0;
  std::uint16_t buffer_delay_ms =
      0;                          // that the jitter buffer keeps a packet for, the tick's wait not counted
  std::uint8_t level_dbov = 127;  // -dBov (RFC 6464) of late, as the others would hear it
  bool talking = false;           // as TalkingChanged told last
  bool gate_open = false;         // loud enough to be heard
  bool may_talk = false;          // nothing in MixControls, nor a coaching, keeps it out of the mix
  bool among_loudest = false;     // the choice of the loudest has not left it out
  bool in_mix = false;            // it was in the tick's

  // As of its last eighth packet, of all sources that were followed.
  bool has_source = false;                 // valid RTP has come
  std::uint32_t ms_since_packet = kNever;  // from that one to `at`; kNever before the first
  std::uint32_t packets_received = 0;      // valid RTP
  std::uint32_t packets_lost = 0;          // RFC 3550, A.3; never below zero
  std::uint32_t frames_concealed = 0;
  std::uint32_t jitter_us = 0;           // RFC 3550, A.8
  std::uint16_t recent_loss_x65536 = 0;  // of some 130 packets, 2.6 s, as a share of 65 536

  std::uint32_t round_trip_us = kNever;  // by RTCP; kNever before the first report on us
};

struct ParticipantReport : ReportedState {
  // By base::DropReason; kStranger are those from a wrong source, as far as the network let them through.
  std::array<std::uint32_t, base::kParticipantDropReasons> drops{};

  std::uint32_t dropped(base::DropReason reason) const { return drops[static_cast<std::size_t>(reason)]; }
  std::uint32_t packets_dropped() const;
};

class ParticipantReports {
 public:
  // One for each slot. Memory of slots that were never used is never touched.
  explicit ParticipantReports(std::uint32_t participants);
  ParticipantReports(const ParticipantReports&) = delete;
  ParticipantReports& operator=(const ParticipantReports&) = delete;

  // Thread: the core. The slot has a new tenant, of whom nothing is known.
  void begin(const ParticipantHandle& tenant, base::Instant now) TUTTI_REALTIME;
  // Each writes its part of the state, of a tenant that began.
  void write_voice(const ParticipantHandle& tenant, const ReportedState& state) TUTTI_REALTIME;
  void write_stream(const ParticipantHandle& tenant, const ReportedState& state,
                    base::Instant packet) TUTTI_REALTIME;
  void write_round_trip(const ParticipantHandle& tenant, base::Duration time) TUTTI_REALTIME;
  void count_drop(const ParticipantHandle& tenant, base::DropReason reason) TUTTI_REALTIME;
  // Fetches into the cache what write_voice() will write.
  void prefetch(std::uint32_t slot) const TUTTI_REALTIME { base::prefetch(&records_[slot]); }
  // All of it, for who plays a core.
  void write(const ParticipantHandle& tenant, const ReportedState& state);

  // Thread: any. None where the slot has another tenant, or none yet; the last one's stays after it has left.
  std::optional<ParticipantReport> read(const ParticipantHandle& tenant) const;
  // Of whoever has the slot, or had it last; its `at` tells which. For figures over all.
  std::optional<ParticipantReport> look(std::uint32_t slot) const;

 private:
  using Word = std::atomic<std::uint64_t>;

  // The second line is touched by who drops.
  struct alignas(64) Record {
    Word tenant;  // the generation and one bit; zero while it changes and before the first
    Word at;
    Word voice;       // packets sent, delay, level, flags, from low to high
    Word counts;      // received, lost
    Word quality;     // concealed, jitter in samples, loss
    Word packet_at;   // zero: none yet
    Word round_trip;  // us, and one; zero: none yet
    alignas(64) std::array<std::atomic<std::uint32_t>, base::kParticipantDropReasons> drops;
  };
  static_assert(sizeof(Record) == 128);

  const std::uint32_t participants_;
  const base::SlabMemory memory_;  // all zero at first
  Record* const records_;
};

}  // namespace tutti::mailbox
