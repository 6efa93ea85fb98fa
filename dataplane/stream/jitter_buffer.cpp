#include "dataplane/stream/jitter_buffer.h"

#include <algorithm>
#include <bit>

#include "dataplane/base/check.h"
#include "dataplane/stream/frame.h"
#include "mixer/codec/codec.h"

namespace tutti::stream {

namespace {

using base::DropReason;

constexpr int kSeen = 64;        // bits in seen_
constexpr int kReorder = 15;     // how many packets before the first one may still come after it
constexpr int kForgotten = 128;  // more than SourceValidator::kMisorderMax: not late but another count

}  // namespace

void JitterBuffer::reset(int target) TUTTI_REALTIME {
  DCHECK(empty());
  *this = JitterBuffer();
  floor_ = target_ = static_cast<std::int16_t>(std::clamp(target, 0, kTargetMax));
}

void JitterBuffer::restart(PayloadPool& pool) TUTTI_REALTIME {
  drop_all(pool);
  seen_ = 0;
  idle_ = kRestartAfter;
  anchored_ = false;
  has_suspect_ = false;
}

void JitterBuffer::drop_all(PayloadPool& pool) TUTTI_REALTIME {
  while (occupied_ != 0) {
    pool.release(slots_[static_cast<unsigned>(std::countr_zero(occupied_))].block);
    occupied_ &= occupied_ - 1;
  }
  forget_peak();
}

void JitterBuffer::pass(int steps) TUTTI_REALTIME {
  head_ = head_ + steps;
  seen_ = steps < kSeen ? seen_ << steps : 0;
}

void JitterBuffer::release_first(int steps, PayloadPool& pool) TUTTI_REALTIME {
  const rtp::SequenceNumber number = head_ + steps;
  pool.release(slot(number).block);
  occupied_ &= ~(1U << (number.value() % kSlots));
  pass(steps + 1);
  seen_ |= 1;
}

std::optional<DropReason> JitterBuffer::insert(const rtp::RtpPacket& packet, codec::CodecId codec,
                                               PayloadPool& pool, PayloadPool::Owner owner,
                                               std::uint16_t* peak_out) TUTTI_REALTIME {
  if (packet.payload.empty()) return DropReason::kMalformed;
  if (packet.payload.size() > PayloadPool::kLongBytes) return DropReason::kOversize;
  const rtp::RtpHeader& header = packet.header;
  const int samples = static_cast<int>(packet.payload.size());  // G.711: a byte each
  const unsigned place = header.sequence_number.value() % kSlots;
  if (!fits(header)) [[unlikely]] {
    if (const auto refused = make_room(header, samples, pool)) return refused;
  } else {
    DCHECK(has_room(header, samples, pool));
  }

  PayloadPool::Index block = PayloadPool::kSilence;
  // Who was silent is silent, as a rule: what is everyone's need not be written into a block that is in no
  // cache.
  std::uint16_t peak = was_silent_ ? codec::peak(codec, packet.payload) : std::uint16_t{1};
  if (peak != 0) {
    block = pool.try_acquire(packet.payload.size(), owner);
    if (block == PayloadPool::kNone) return DropReason::kBufferFull;
    peak = codec::copy_and_peak(codec, packet.payload, pool.bytes(block));
    if (peak == 0) {
      pool.release(block);
      block = PayloadPool::kSilence;
    }
  }
  was_silent_ = peak == 0;
  Slot taken;  // written whole: nothing of its line is waited for
  taken.block = block & ((1U << PayloadPool::kIndexBits) - 1);
  taken.samples = static_cast<std::uint32_t>(samples) & 0x3FF;
  taken.timestamp = static_cast<std::uint16_t>(header.timestamp.value());
  taken.peak = peak & 0x7FFF;
  taken.codec = static_cast<std::uint8_t>(codec) & 1;
  slots_[place] = taken;
  occupied_ |= 1U << place;
  has_suspect_ = false;
  note_peak(header.timestamp, samples, peak);
  note_lead(header.timestamp - playout_);
  if (peak_out != nullptr) *peak_out = peak;
  return std::nullopt;
}

// It is within the two windows, of time and of numbers, and has not come before.
bool JitterBuffer::fits(const rtp::RtpHeader& header) const TUTTI_REALTIME {
  const auto ahead = static_cast<std::uint32_t>(header.sequence_number - head_);
  const auto lead = static_cast<std::uint32_t>(header.timestamp - playout_);
  return anchored_ && ahead < kSlots && lead <= kReach && header.timestamp - played_ >= 0 &&
         !occupied(header.sequence_number) && (!empty() || idle_ < kRestartAfter);
}

// Makes room in the windows for what does not fit, or says why not. Of what does it says and changes nothing.
std::optional<DropReason> JitterBuffer::make_room(rtp::RtpHeader header, int samples,
                                                  PayloadPool& pool) TUTTI_REALTIME {
  const rtp::SequenceNumber number = header.sequence_number;
  if (!anchored_) {
    anchor(header, samples);
    return std::nullopt;
  }
  const bool silent = empty() && idle_ >= kRestartAfter;
  const int ahead = number - head_;
  if (ahead < 0 && !(silent && ahead < -kForgotten)) return refuse_passed(header);
  if (ahead < kSlots && ahead >= 0 && occupied(number)) return DropReason::kDuplicate;
  const std::int32_t lead = header.timestamp - playout_;
  const bool backwards = header.timestamp - played_ < 0;

  if (silent) {
    if (ahead >= 0 && !backwards && lead < 0 && lead >= -kReach) {
      delay_playout(header.timestamp, -lead);  // the network paused, not the sender
    } else {
      anchor(header, samples);
    }
  } else if (backwards || lead > kReach) {
    // Another timeline: to be believed when a second packet continues it.
    if (!confirms_suspect(header, samples)) return backwards ? DropReason::kLate : DropReason::kTooFarAhead;
    drop_all(pool);
    anchor(header, samples);
    played_ = playout_;
  } else if (lead < 0) {
    // Late, but nothing behind it was played: what was made up in its place becomes delay.
    std::int32_t furthest = lead;  // of all that wait: timestamps need not grow as numbers do
    for (int i = 0; i < kSlots; ++i) {
      if (occupied(head_ + i)) furthest = std::max(furthest, lead_of(slot(head_ + i)));
    }
    if (furthest - lead > kReach) return DropReason::kLate;
    delay_playout(header.timestamp, -lead);
  }
  return slide_to(number);
}

// That make_room() says so, too: the longer way to what fits() answers.
bool JitterBuffer::has_room(const rtp::RtpHeader& header, int samples,
                            PayloadPool& pool) const TUTTI_REALTIME {
  JitterBuffer same = *this;
  return !same.make_room(header, samples, pool) && same == *this;
}

// A timeline begins: its first sample is due after the delay.
void JitterBuffer::anchor(const rtp::RtpHeader& header, int samples) TUTTI_REALTIME {
  // Whole frames besides what is configured: then a tick is a packet, as before any splice.
  const int learned = (target_ - floor_ + kStep - 1) / kStep * kStep;
  // The tick that plays a packet shorter than a frame wants the next one, too.
  const int delay = std::max<int>(floor_ + learned, kFrame - samples);
  playout_ = header.timestamp + -delay;
  const rtp::SequenceNumber first = header.sequence_number + -kReorder;
  const int ahead = header.sequence_number - head_;
  if (!anchored_ || ahead < 0 || ahead > kForgotten) {
    // Packets that were sent before this one may come after it.
    head_ = first;
    seen_ = 0;
    played_ = header.timestamp + -kReach;
  } else {
    if (first - head_ > 0) pass(first - head_);
    if (played_ - playout_ > 0) played_ = playout_;
  }
  anchored_ = true;
  forget_peak();
}

void JitterBuffer::delay_playout(rtp::RtpTimestamp timestamp, int late_by) TUTTI_REALTIME {
  raise_target(late_by);
  playout_ = timestamp;
  forget_peak();
  if (wanted_ == DelayChange::kShorten) wanted_ = DelayChange::kNone;
  prove_anew();
}

// What came before tells nothing of the network as it is now.
void JitterBuffer::prove_anew() TUTTI_REALTIME {
  window_ticks_ = kWindowTicks - kLateTicks;
}

std::optional<DropReason> JitterBuffer::refuse_passed(const rtp::RtpHeader& header) TUTTI_REALTIME {
  const int behind = -(header.sequence_number - head_) - 1;  // 0 to 32 767: half the circle counts as behind
  if (behind >= kSeen) return DropReason::kLate;
  const std::uint64_t bit = std::uint64_t{1} << behind;
  if ((seen_ & bit) != 0) return DropReason::kDuplicate;
  seen_ |= bit;
  const std::int32_t late_by = playout_ - header.timestamp;
  if (late_by > 0 && late_by <= kReach) {
    // Its place was passed over; another such packet shall find more time.
    raise_target(late_by);
    note_lead(-late_by);
    const int already = wanted_ == DelayChange::kLengthen ? change_by_ : 0;
    change_by_ = static_cast<std::int16_t>(std::min(std::max(already, late_by), kTargetMax));
    wanted_ = DelayChange::kLengthen;
    prove_anew();
  }
  return DropReason::kLate;
}

bool JitterBuffer::confirms_suspect(const rtp::RtpHeader& header, int samples) TUTTI_REALTIME {
  const std::int32_t off = header.timestamp - suspect_timestamp_;
  if (has_suspect_ && header.sequence_number == suspect_number_ && off >= -kReach && off <= kReach) {
    return true;
  }
  has_suspect_ = true;
  suspect_number_ = header.sequence_number + 1;
  suspect_timestamp_ = header.timestamp + samples;
  return false;
}

std::optional<DropReason> JitterBuffer::slide_to(rtp::SequenceNumber number) TUTTI_REALTIME {
  const int beyond = (number - head_) - (kSlots - 1);
  if (beyond <= 0) return std::nullopt;
  if (!empty() && first_waiting() < beyond) return DropReason::kTooFarAhead;
  pass(beyond);
  return std::nullopt;
}

void JitterBuffer::raise_target(int late_by) TUTTI_REALTIME {
  const int delay = lead_max_ == INT16_MIN ? target_ : lead_max_;
  target_ = static_cast<std::int16_t>(std::clamp<int>(delay + late_by, target_, kTargetMax));
}

void JitterBuffer::note_lead(int lead) TUTTI_REALTIME {
  // Within kReach, as all that is accepted.
  lead_min_ = std::min(lead_min_, static_cast<std::int16_t>(lead));
  lead_max_ = std::max(lead_max_, static_cast<std::int16_t>(lead));
}

CodedBlock JitterBuffer::try_take_frame_behind_gap() TUTTI_REALTIME {
  return empty() ? CodedBlock() : try_take_frame_behind(first_waiting());
}

Chunk JitterBuffer::take(int samples_max, PayloadPool& pool) TUTTI_REALTIME {
  DCHECK(samples_max > 0);
  Chunk chunk;
  int samples = samples_max;
  while (!empty()) {
    const int steps = first_waiting();
    const Slot& next = slot(head_ + steps);
    const std::int32_t offset = -lead_of(next);
    const int whole = static_cast<int>(next.samples);
    if (offset >= whole) {
      release_first(steps, pool);  // its sender overlapped it with the one before
      continue;
    }
    if (offset < 0) {
      samples = std::min(samples, -offset);
      chunk.kind = steps == 0 ? Chunk::Kind::kGap : Chunk::Kind::kLost;
      break;
    }
    samples = std::min(samples, whole - offset);
    chunk.kind = Chunk::Kind::kAudio;
    chunk.codec = static_cast<codec::CodecId>(next.codec);
    chunk.payload = std::span(pool.bytes(next.block) + offset, static_cast<std::size_t>(samples));
    if (offset + samples == whole) {
      release_first(steps, pool);
    } else {
      pass(steps);
    }
    break;
  }
  if (empty() && chunk.kind != Chunk::Kind::kAudio) chunk.kind = Chunk::Kind::kLost;
  chunk.samples = samples;
  if (!peak_known()) forget_peak();
  playout_ = playout_ + samples;
  if (chunk.kind == Chunk::Kind::kAudio) {
    played_ = playout_;
    idle_ = 0;
  } else {
    // Nobody misses what follows so long a silence, or comes before the first packet.
    if (idle_ >= kRestartAfter) chunk.kind = Chunk::Kind::kGap;
    idle_ = static_cast<std::int16_t>(std::min(idle_ + samples, kRestartAfter));
  }
  return chunk;
}

void JitterBuffer::judge_delay() TUTTI_REALTIME {
  if (!peak_known()) forget_peak();
  const bool any = lead_min_ <= lead_max_;
  const int spare = any ? lead_min_ - kMargin : 0;
  if (wanted_ != DelayChange::kLengthen) {
    const DelayChange before = wanted_;
    wanted_ = DelayChange::kNone;
    if (any && spare < 0 && lead_max_ + kStep <= floor_) {
      // A slow sender's clock ate the delay: better mended now than by a frame that comes too late.
      change_by_ = kStep;
      wanted_ = DelayChange::kLengthen;
    } else if (any && spare >= kStep && lead_max_ - kStep >= floor_) {
      // All of it: so much nobody needed for a whole window.
      change_by_ = static_cast<std::int16_t>(std::min(spare, lead_max_ - floor_));
      wanted_ = DelayChange::kShorten;
      if (before != wanted_) {
        patience_ = static_cast<std::int16_t>(-static_cast<int>(playout_.value() / kStep % kSpliceEvery));
      }
    }
  }
  window_ticks_ = 0;
  lead_min_ = INT16_MAX;
  lead_max_ = INT16_MIN;
}

void JitterBuffer::lengthened() TUTTI_REALTIME {
  playout_ = playout_ + -kStep;
  forget_peak();
  if (wanted_ != DelayChange::kLengthen) return;
  change_by_ = static_cast<std::int16_t>(std::max(change_by_ - kStep, 0));
  if (change_by_ == 0) wanted_ = DelayChange::kNone;
}

void JitterBuffer::shortened(int samples) TUTTI_REALTIME {
  target_ = static_cast<std::int16_t>(std::max<int>(target_ - samples, floor_));
  change_by_ = static_cast<std::int16_t>(std::max(change_by_ - samples, 0));
  if (change_by_ < kShortenLeast) wanted_ = DelayChange::kNone;
}

bool JitterBuffer::splice_due() TUTTI_REALTIME {
  if (wanted_ != DelayChange::kShorten) return false;
  if (++patience_ == kHaste + kSpliceEvery) patience_ = kHaste;
  return patience_ >= kPatience && patience_ % kSpliceEvery == 0;
}

bool JitterBuffer::none_due(int samples) const TUTTI_REALTIME {
  return empty() || lead_of(slots_[(head_ + first_waiting()).value() % kSlots]) >= samples;
}

int JitterBuffer::waiting() const TUTTI_REALTIME {
  int last = 0;
  for (std::uint32_t rest = occupied_; rest != 0; rest &= rest - 1) {
    const Slot& one = slots_[static_cast<unsigned>(std::countr_zero(rest))];
    last = std::max(last, lead_of(one) + static_cast<int>(one.samples));
  }
  return last;
}

std::uint16_t JitterBuffer::peak_ahead(int samples) const TUTTI_REALTIME {
  std::uint16_t peak = 0;
  for (std::uint32_t rest = occupied_; rest != 0; rest &= rest - 1) {
    const Slot& waiting = slots_[static_cast<unsigned>(std::countr_zero(rest))];
    if (lead_of(waiting) < samples) peak = std::max<std::uint16_t>(peak, waiting.peak);
  }
  return peak;
}

std::uint16_t JitterBuffer::find_peak_soon() TUTTI_REALTIME {
  int peak = 0;
  int goes_in = kReach;  // where nothing is heard, it goes with what comes
  int louder_in = kReach;
  for (std::uint32_t rest = occupied_; rest != 0; rest &= rest - 1) {
    const Slot& waiting = slots_[static_cast<unsigned>(std::countr_zero(rest))];
    const int lead = lead_of(waiting);
    const int end = lead + static_cast<int>(waiting.samples);
    if (lead >= kSoon || waiting.peak < peak) continue;
    goes_in = waiting.peak > peak ? end : std::max(goes_in, end);
    peak = waiting.peak;
  }
  for (std::uint32_t rest = occupied_; rest != 0; rest &= rest - 1) {
    const Slot& waiting = slots_[static_cast<unsigned>(std::countr_zero(rest))];
    if (const int lead = lead_of(waiting); lead >= kSoon && waiting.peak > peak)
      louder_in = std::min(louder_in, lead - kSoon + 1);
  }
  peak_soon_ = static_cast<std::uint16_t>(peak);
  louder_later_ = louder_in != kReach;
  know_peak_until(playout_ + std::min(goes_in, louder_in));
  return peak_soon_;
}

int JitterBuffer::into_packet() const TUTTI_REALTIME {
  return empty() ? 0 : std::max(-lead_of(slots_[(head_ + first_waiting()).value() % kSlots]), 0);
}

int JitterBuffer::peek(std::span<std::int16_t> out, const PayloadPool& pool) const TUTTI_REALTIME {
  const int room = static_cast<int>(out.size());
  int at = 0;
  if (empty()) return at;
  for (int steps = first_waiting(); steps < kSlots && at < room; ++steps) {
    const rtp::SequenceNumber number = head_ + steps;
    const Slot& next = slots_[number.value() % kSlots];
    if (!occupied(number) || lead_of(next) > at) break;
    const int skipped = at - lead_of(next);
    const int samples = std::min(static_cast<int>(next.samples) - skipped, room - at);
    if (samples <= 0) continue;  // its sender overlapped it with the one before
    codec::decode(static_cast<codec::CodecId>(next.codec),
                  std::span(pool.bytes(next.block) + skipped, static_cast<std::size_t>(samples)),
                  out.subspan(static_cast<std::size_t>(at)));
    at += samples;
  }
  return at;
}

}  // namespace tutti::stream
