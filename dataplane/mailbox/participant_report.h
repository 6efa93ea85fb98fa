// ParticipantReports: what one core tells of each of its participants, for anyone to read at any time without
// asking it. Written 5 times a second; a participant's drops as they happen.
//
// A record is a seqlock of atomic words, as mixer::MixRing's slots are: who reads while it is being written
// reads it again, and there is no data race in the language's sense either.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/slab_memory.h"
#include "dataplane/mailbox/handles.h"

namespace tutti::mailbox {

// The state at `at`, and counts since the participant was attached.
struct ReportedState {
  static constexpr std::uint32_t kNever = UINT32_MAX;

  base::Instant at;
  std::uint32_t packets_received = 0;  // valid RTP
  std::uint32_t packets_lost = 0;      // RFC 3550, A.3; never below zero
  std::uint32_t packets_sent = 0;
  std::uint32_t frames_concealed = 0;
  std::uint32_t ms_since_packet = kNever;  // valid RTP or RTCP; kNever before the first
  std::uint32_t round_trip_us = kNever;    // by RTCP; kNever before the first report on us
  std::uint32_t jitter_us = 0;             // RFC 3550, A.8
  std::uint16_t buffer_delay_ms =
      0;  // what the jitter buffer keeps a packet for, the tick's wait not counted
  std::uint16_t recent_loss_x65536 = 0;  // of the packets of the last some 3 s, as a share of 65 536
  std::uint8_t level_dbov = 127;         // -dBov (RFC 6464) of late, as the others would hear it
  bool talking = false;                  // as TalkingChanged told last
  bool gate_open = false;                // loud enough to be heard
  bool may_talk = false;                 // nothing in MixControls, nor a coaching, keeps it out of the mix
  bool among_loudest = false;            // the choice of the loudest has not left it out
  bool in_mix = false;                   // it was in the last tick's
  bool has_source = false;               // valid RTP has come
};

struct ParticipantReport : ReportedState {
  // By base::DropReason; kStranger are those from a wrong source, as far as the network let them through.
  std::array<std::uint32_t, base::kDropReasons> drops{};

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
  void write(const ParticipantHandle& tenant, const ReportedState& state) TUTTI_REALTIME;
  void count_drop(const ParticipantHandle& tenant, base::DropReason reason) TUTTI_REALTIME;
  // What was written last. For what is smoothed from one report to the next.
  ReportedState last(const ParticipantHandle& tenant) const TUTTI_REALTIME;
  // Fetches into the cache what write() will write.
  void prefetch(std::uint32_t slot) const TUTTI_REALTIME { __builtin_prefetch(&records_[slot], 1); }

  // Thread: any. None where the slot has another tenant, or none yet; the last one's stays after it has left.
  std::optional<ParticipantReport> read(const ParticipantHandle& tenant) const;

 private:
  static constexpr std::size_t kWords = sizeof(ReportedState) / sizeof(std::uint64_t);

  // Two lines: the second is touched by who drops.
  struct alignas(64) Record {
    std::atomic<std::uint32_t> version;  // odd while being written; 0 before the first tenant
    std::atomic<std::uint32_t> generation;
    std::array<std::atomic<std::uint64_t>, kWords> words;
    alignas(64) std::array<std::atomic<std::uint32_t>, base::kDropReasons> drops;
  };
  static_assert(sizeof(Record) == 128 && sizeof(ReportedState) % sizeof(std::uint64_t) == 0);

  void store(Record& record, const ReportedState& state) TUTTI_REALTIME;

  const std::uint32_t participants_;
  const base::SlabMemory memory_;  // all zero at first
  Record* const records_;
};

}  // namespace tutti::mailbox
