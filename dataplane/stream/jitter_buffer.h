// JitterBuffer: encoded packets wait here until their samples are due; a clock of samples, moved by take().
//
// What is due is told by timestamps, what is missing by sequence numbers. Both wrap; packets may come in any
// order, twice, or never, and hold 10 to 60 ms each. Takes no time from outside: a tick is 160 samples.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/rtp/rtp_packet.h"
#include "dataplane/rtp/types.h"
#include "dataplane/stream/chunk.h"
#include "dataplane/stream/coded_block.h"
#include "dataplane/stream/delay_policy.h"
#include "dataplane/stream/jitter_slot.h"
#include "dataplane/stream/payload_pool.h"
#include "mixer/codec/codec_id.h"

namespace tutti::stream {

// Thread: one. Units: samples, at 8 000 Hz. Every call takes a time that does not grow with what waits,
// but for kSlots steps where a timeline ends.
class JitterBuffer : public DelayPolicy {
 public:
  static constexpr int kSlots = 32;         // by sequence number: 320 ms of the shortest packets
  static constexpr int kReach = 2'000;      // 250 ms: no packet waits longer
  static constexpr int kTargetMax = 1'600;  // 200 ms: the delay that late packets can bring about
  static constexpr int kSoon = 3 * static_cast<int>(base::kFrameSamples);  // a tick's frame and the next two
  static constexpr int kRestartAfter = 800;  // 100 ms: after such a silence a packet begins anew

  // Begins anew, with a delay of `target` samples to begin with and never less. Must be empty().
  void reset(int target) TUTTI_REALTIME;
  // Forgets the timeline, not the delay that was learned: the source begins anew.
  void restart(PayloadPool& pool) TUTTI_REALTIME;

  // Copies the payload into a block of the pool, the owner's; tells its peak. Shapes: one byte a sample.
  // Errors: kMalformed (empty), kOversize, kDuplicate, kLate, kTooFarAhead, kBufferFull.
  std::optional<base::DropReason> insert(const rtp::RtpPacket& packet, codec::CodecId codec,
                                         PayloadPool& pool, PayloadPool::Owner owner = PayloadPool::kNobody,
                                         std::uint16_t* peak_out = nullptr) TUTTI_REALTIME;

  // The frame of a tick as a rule: one packet, of 20 ms, due now, no change of the delay wanted. Takes it for
  // the caller, who releases it, and ends the tick; none, and nothing done, where take() must look closer.
  CodedBlock try_take_frame() TUTTI_REALTIME;

  // The next samples, at most `samples_max` (positive), as far as they are of one kind and packet.
  Chunk take(int samples_max, PayloadPool& pool) TUTTI_REALTIME;
  // The greatest peak among the packets that are due within `samples`, partly played ones included.
  std::uint16_t peak_ahead(int samples) const TUTTI_REALTIME;
  std::uint16_t peak_soon() TUTTI_REALTIME;  // within kSoon: remembered until it may be another
  // Fetch what take() reads next: the payload, and before it where that is; what insert() writes beside it.
  void prefetch_payload(const PayloadPool::Shelf& own) const TUTTI_REALTIME;
  void prefetch_waiting() const TUTTI_REALTIME;
  void prefetch_slot(rtp::SequenceNumber number) const TUTTI_REALTIME;

  void end_tick() TUTTI_REALTIME;  // once a tick, after its take() calls: judges the delay
  DelayChange wanted() const TUTTI_REALTIME { return wanted_; }
  void lengthened() TUTTI_REALTIME;            // what waits is due a frame later than it was
  void shortened(int samples) TUTTI_REALTIME;  // so many were taken and thrown away
  // By how much the delay should be shortened yet.
  int to_shorten() const TUTTI_REALTIME { return wanted_ == DelayChange::kShorten ? change_by_ : 0; }
  // Whether samples shall be left out in this tick though it is not quiet; to be asked once a tick. Streams
  // that were late together are not due together, as a splice has its price.
  bool splice_due() TUTTI_REALTIME;
  bool in_haste() const TUTTI_REALTIME { return patience_ >= kHaste; }
  // Decodes what take() would hand out next, as far as it is audio without a hole; returns the samples.
  int peek(std::span<std::int16_t> out, const PayloadPool& pool) const TUTTI_REALTIME;
  int into_packet() const TUTTI_REALTIME;  // samples of the first one that are played already

  // Whether nothing that waits is due within so many samples.
  bool none_due(int samples) const TUTTI_REALTIME;
  // When the last of what waits will have been played. Units: samples from now; 0 where nothing waits.
  int waiting() const TUTTI_REALTIME;

  bool empty() const TUTTI_REALTIME { return occupied_ == 0; }
  int packets_waiting() const TUTTI_REALTIME { return std::popcount(occupied_); }
  int target() const TUTTI_REALTIME { return target_; }

 private:
  using Slot = JitterSlot;
  bool operator==(const JitterBuffer&) const = default;
  Slot& slot(rtp::SequenceNumber number) TUTTI_REALTIME { return slots_[number.value() % kSlots]; }
  bool occupied(rtp::SequenceNumber number) const TUTTI_REALTIME;
  std::int32_t lead_of(const Slot& waiting) const TUTTI_REALTIME { return waiting.lead(playout_); }
  // How many numbers behind head_ the first packet is; one at least waits.
  int first_waiting() const TUTTI_REALTIME;
  CodedBlock try_take_frame_behind(int steps) TUTTI_REALTIME;
  [[gnu::noinline]] CodedBlock try_take_frame_behind_gap() TUTTI_REALTIME;
  void judge_delay() TUTTI_REALTIME;
  void prove_anew() TUTTI_REALTIME;
  // Whether it is to be put where it belongs, and nothing else done: as a rule.
  bool fits(const rtp::RtpHeader& header) const TUTTI_REALTIME;
  bool has_room(const rtp::RtpHeader& header, int samples, PayloadPool& pool) const TUTTI_REALTIME;
  // These by value: what is known of a packet that fits is in registers, and need not be anywhere else.
  [[gnu::noinline]] std::optional<base::DropReason> make_room(rtp::RtpHeader header, int samples,
                                                              PayloadPool& pool) TUTTI_REALTIME;
  void anchor(const rtp::RtpHeader& header, int samples) TUTTI_REALTIME;
  void delay_playout(rtp::RtpTimestamp timestamp, int late_by) TUTTI_REALTIME;
  std::optional<base::DropReason> refuse_passed(const rtp::RtpHeader& header) TUTTI_REALTIME;
  bool confirms_suspect(const rtp::RtpHeader& header, int samples) TUTTI_REALTIME;
  std::optional<base::DropReason> slide_to(rtp::SequenceNumber number) TUTTI_REALTIME;
  void raise_target(int late_by) TUTTI_REALTIME;
  void note_lead(int lead) TUTTI_REALTIME;
  void pass(int steps) TUTTI_REALTIME;
  void release_first(int steps, PayloadPool& pool) TUTTI_REALTIME;
  void drop_all(PayloadPool& pool) TUTTI_REALTIME;
  std::int16_t until_peak_goes(rtp::RtpTimestamp from) const TUTTI_REALTIME;
  bool peak_known() const TUTTI_REALTIME;
  void know_peak_until(rtp::RtpTimestamp end) TUTTI_REALTIME;
  void forget_peak() TUTTI_REALTIME { know_peak_until(playout_); }  // what waits is not what it was
  std::uint16_t find_peak_soon() TUTTI_REALTIME;
  void note_peak(rtp::RtpTimestamp timestamp, int samples, std::uint16_t peak) TUTTI_REALTIME;

  // Read by every tick: 40 bytes, so that an InboundStream's own are in the same line.
  std::uint64_t seen_ = 0;             // bit i: head_ - 1 - i has been here
  std::uint32_t occupied_ = 0;         // a bit for each slot
  rtp::RtpTimestamp playout_;          // of the next sample
  rtp::RtpTimestamp played_;           // after the last sample that was handed out as audio
  rtp::SequenceNumber head_;           // the first that was neither played nor passed over
  std::int16_t idle_ = kRestartAfter;  // samples since audio was handed out; saturates there
  std::int16_t lead_min_ = INT16_MAX;  // in this window: by how much packets came before they were due
  std::int16_t lead_max_ = INT16_MIN;
  std::int16_t target_ = 0;       // what a talkspurt begins with
  std::int16_t change_by_ = 0;    // of wanted_, still to come
  std::int16_t patience_ = 0;     // ticks that shortening was wanted; below zero: to wait longer
  std::uint16_t peak_soon_ = 0;   // of what is due within kSoon
  std::uint16_t peak_until_ = 0;  // the sample with which that may change, its low half as in a slot
  std::uint8_t window_ticks_ = 0;
  bool anchored_ : 1 = false;      // playout_ means something
  bool louder_later_ : 1 = false;  // what is louder than peak_soon_ may wait behind it
  bool has_suspect_ : 1 = false;   // one packet came from another timeline
  bool was_silent_ : 1 = false;    // the packet that came last was nothing but zeros
  DelayChange wanted_ : 2 = DelayChange::kNone;
  alignas(8) std::array<Slot, kSlots> slots_{};
  // These are read by what arrives.
  std::int16_t floor_ = 0;              // the configured delay
  rtp::SequenceNumber suspect_number_;  // what would follow that packet
  rtp::RtpTimestamp suspect_timestamp_;
};

}  // namespace tutti::stream

#include "dataplane/stream/jitter_buffer-inl.h"  // IWYU pragma: export
