#include "dataplane/stream/inbound_stream.h"

#include <algorithm>
#include <cstdlib>

#include "dataplane/stream/frame.h"
#include "dataplane/stream/time_compressor.h"
#include "mixer/codec/codec.h"
#include "mixer/dsp/fade.h"

namespace tutti::stream {

namespace {

using base::DropReason;

// Below some -42 dBov nobody hears a frame more or less.
bool quiet(const base::Frame& frame) TUTTI_REALTIME {
  return std::all_of(frame.samples.begin(), frame.samples.end(),
                     [](std::int16_t sample) { return std::abs(int{sample}) < 256; });
}

}  // namespace

void InboundStream::attach(const ReceiveFormats& formats, base::Duration delay) TUTTI_REALTIME {
  formats_ = formats;
  has_source_ = has_candidate_ = false;
  last_arrival_ = {};
  keys_ = KeyDetector();
  banked_ = InboundTotals();
  const auto samples = delay.count() * std::int64_t{base::kMixRateHz} / 1'000'000'000;
  buffer_.reset(static_cast<int>(std::clamp<std::int64_t>(samples, 0, JitterBuffer::kTargetMax)));
  concealer_.reset();
}

void InboundStream::configure(const ReceiveFormats& formats) TUTTI_REALTIME {
  formats_ = formats;
}

void InboundStream::detach(PayloadPool& pool) TUTTI_REALTIME {
  bank_statistics();
  has_source_ = has_candidate_ = false;
  buffer_.restart(pool);
  release_kept(pool);
}

std::optional<codec::CodecId> InboundStream::find_codec(rtp::PayloadType type) const TUTTI_REALTIME {
  for (const PayloadFormat& format : formats_.audio) {
    if (format.payload_type == type) return format.codec;
  }
  return std::nullopt;
}

Receipt InboundStream::receive(const rtp::RtpPacket& packet, base::Instant arrival, PayloadPool& pool,
                               PayloadPool::Owner owner) TUTTI_REALTIME {
  const Receipt receipt = accept(packet, arrival, pool, owner);
  if (receipt || receipt.of_source) last_arrival_ = arrival;
  if (!receipt) ++banked_.packets_dropped;
  return receipt;
}

Receipt InboundStream::accept(const rtp::RtpPacket& packet, base::Instant arrival, PayloadPool& pool,
                              PayloadPool::Owner owner) TUTTI_REALTIME {
  const rtp::RtpHeader& header = packet.header;
  const bool is_event = header.payload_type == formats_.telephone_event;
  const PayloadFormat& first = formats_.audio.front();  // as a rule
  const auto codec = header.payload_type == first.payload_type ? std::optional(first.codec)
                                                               : find_codec(header.payload_type);
  const bool known = is_event || codec.has_value();
  Receipt receipt;

  if (has_source_ && header.ssrc == source_) [[likely]] {
    has_candidate_ = false;  // the source lives: whoever else sent is a stray
    if (const auto refused = count(header, is_event, arrival, pool)) return Receipt::refused(*refused);
    if (!known) {
      Receipt unknown = Receipt::refused(DropReason::kUnknownPayloadType);
      unknown.of_source = true;
      return unknown;
    }
  } else {
    if (!known) return Receipt::refused(DropReason::kUnknownPayloadType);
    if (!follow(header, arrival, pool)) return Receipt::refused(DropReason::kProbation);
    receipt.new_source = true;
  }

  if (is_event) [[unlikely]]
    return receive_event(packet, receipt);
  std::uint16_t peak = 0;
  if (const auto refused = buffer_.insert(packet, *codec, pool, owner, &peak)) {
    // A source that was accepted with this packet stays accepted: its loss is counted, not its standing.
    if (!receipt.new_source) return Receipt::refused(*refused);
    ++banked_.packets_dropped;
  }
  receipt.peak = peak;
  return receipt;
}

Receipt InboundStream::receive_event(rtp::RtpPacket packet, Receipt receipt) TUTTI_REALTIME {
  const auto event = rtp::parse_telephone_event(packet.payload);
  if (!event) return Receipt::refused(event.error());
  receipt.digit = keys_.receive(packet.header.timestamp, *event);
  return receipt;
}

// Counts a packet of the source that is followed, or says that its number makes no sense.
std::optional<DropReason> InboundStream::count(const rtp::RtpHeader& header, bool is_event,
                                               base::Instant arrival, PayloadPool& pool) TUTTI_REALTIME {
  const std::uint32_t received = statistics_.packets_received();
  const std::int32_t lost = statistics_.packets_lost();
  const rtp::SequenceVerdict verdict =
      is_event ? statistics_.receive_untimed(header.sequence_number)
               : statistics_.receive(header.sequence_number, header.timestamp, arrival);
  if (verdict == rtp::SequenceVerdict::kSuspect) return DropReason::kTooFarAhead;
  if (verdict == rtp::SequenceVerdict::kRestarted) restart(received, lost, pool);
  return std::nullopt;
}

// Its numbers have begun anew; so much it had counted before.
void InboundStream::restart(std::uint32_t received, std::int32_t lost, PayloadPool& pool) TUTTI_REALTIME {
  banked_.packets_received += received;
  banked_.packets_lost += static_cast<std::uint64_t>(std::max(lost, 0));
  buffer_.restart(pool);
}

// From now on the packet's source, if nobody is followed yet or it has proven itself.
bool InboundStream::follow(rtp::RtpHeader header, base::Instant at, PayloadPool& pool) TUTTI_REALTIME {
  const bool proven = !has_source_ || (has_candidate_ && header.ssrc == candidate_ &&
                                       header.sequence_number == candidate_next_);
  if (!proven) {
    has_candidate_ = true;
    candidate_ = header.ssrc;
    candidate_next_ = header.sequence_number + 1;
    return false;
  }
  bank_statistics();
  buffer_.restart(pool);
  keys_ = KeyDetector();
  has_source_ = true;
  has_candidate_ = false;
  source_ = header.ssrc;
  const auto codec = find_codec(header.payload_type);
  const std::uint32_t clock_hz = codec ? codec::properties(*codec).rtp_clock_hz : 8'000;
  statistics_.start(header.sequence_number, header.timestamp, at, clock_hz);
  return true;
}

void InboundStream::bank_statistics() TUTTI_REALTIME {
  if (!has_source_) return;
  banked_.packets_received += statistics_.packets_received();
  banked_.packets_lost += static_cast<std::uint64_t>(std::max(statistics_.packets_lost(), 0));
}

FrameKind InboundStream::pop(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME {
  return play(out, pool, true);
}

FrameKind InboundStream::play(base::Frame& out, PayloadPool& pool, bool may_splice) TUTTI_REALTIME {
  if (const CodedBlock frame = try_pop(pool)) {
    codec::decode(frame.codec(), std::span<const std::byte>(pool.bytes(frame.block()), base::kFrameSamples),
                  out.samples);
    return FrameKind::kAudio;
  }
  learn_kept(pool);
  const bool spliced = may_splice && try_splice(out, pool);
  return finish_tick(spliced ? FrameKind::kAudio : fill(out, pool), out, pool);
}

FrameKind InboundStream::pop_in_haste(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME {
  if (concealer_.blends_next() || !buffer_.none_due(kFrame)) return play(out, pool, false);
  // A hole begins, or goes on. What was learned piece by piece is not asked: that would be the search.
  const CodedBlock last = kept_[1];
  FrameKind kind = FrameKind::kSilence;
  const bool lost = buffer_.take(kFrame, pool).kind == Chunk::Kind::kLost;
  if (last) {
    codec::decode(last.codec(), std::span<const std::byte>(pool.bytes(last.block()), base::kFrameSamples),
                  out.samples);
    dsp::fade(out.samples, dsp::Fade::kOut);
    kind = lost ? FrameKind::kConcealed : FrameKind::kAudio;
  } else {
    out.samples.fill(0);
  }
  concealer_.reset();
  release_kept(pool);
  return finish_tick(kind, out, pool);
}

// Gives or takes a frame of delay where that is wanted and nobody hears it.
FrameKind InboundStream::finish_tick(FrameKind kind, base::Frame& out, PayloadPool& pool) TUTTI_REALTIME {
  if (buffer_.wanted() != DelayChange::kNone && kind == FrameKind::kAudio && quiet(out)) {
    if (buffer_.wanted() == DelayChange::kLengthen) {
      buffer_.lengthened();
    } else if (!buffer_.empty() && buffer_.to_shorten() >= kFrame) {
      kind = fill(out, pool);
      buffer_.shortened(kFrame);
    }
  }
  buffer_.end_tick();
  if (kind == FrameKind::kConcealed) ++banked_.frames_concealed;
  return kind;
}

// What was played without the concealer's knowledge, it hears now. Two frames fill its history, whatever was
// played before them.
void InboundStream::learn_kept(PayloadPool& pool) TUTTI_REALTIME {
  static_assert(2 * kFrame >= int{Concealer::kHistorySamples});
  for (const CodedBlock& kept : kept_) {
    if (!kept) continue;
    base::Frame frame;
    codec::decode(kept.codec(), std::span<const std::byte>(pool.bytes(kept.block()), base::kFrameSamples),
                  frame.samples);
    concealer_.receive(frame.samples);
  }
  release_kept(pool);
}

// The delay is given back inside what is heard.
bool InboundStream::try_splice(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME {
  constexpr float kAlike = 0.8F;  // a vowel and a tone are more, a consonant less
  if (!buffer_.splice_due() || concealer_.blends_next()) return false;
  std::array<std::int16_t, TimeCompressor::kAudioMax> ahead;
  const int known = buffer_.peek(ahead, pool);
  const int cut =
      TimeCompressor::compress(std::span(ahead).first(static_cast<std::size_t>(known)), buffer_.to_shorten(),
                               buffer_.into_packet(), buffer_.in_haste() ? 0.0F : kAlike, out);
  if (cut == 0) return false;
  discard(kFrame + cut, pool);
  buffer_.shortened(cut);
  concealer_.receive(out.samples);
  return true;
}

void InboundStream::skip_slowly(PayloadPool& pool) TUTTI_REALTIME {
  // Nobody hears this frame, so the delay may change by it.
  discard(kFrame, pool);
  if (buffer_.wanted() == DelayChange::kLengthen) {
    buffer_.lengthened();
  } else if (buffer_.to_shorten() >= kFrame && !buffer_.empty()) {
    discard(kFrame, pool);
    buffer_.shortened(kFrame);
  }
  buffer_.end_tick();
}

void InboundStream::stay(PayloadPool& pool) TUTTI_REALTIME {
  concealer_.reset();
  release_kept(pool);
  buffer_.end_tick();
}

void InboundStream::leave_out(PayloadPool& pool) TUTTI_REALTIME {
  if (!buffer_.empty()) discard(kFrame, pool);
}

void InboundStream::pass_over(std::uint32_t ticks, PayloadPool& pool) TUTTI_REALTIME {
  for (; ticks > 0 && buffer_.waiting() > buffer_.target() + kFrame; --ticks) {
    concealer_.reset();
    release_kept(pool);
    discard(kFrame, pool);
  }
}

// Takes so much and throws it away.
void InboundStream::discard(int samples, PayloadPool& pool) TUTTI_REALTIME {
  for (int left = samples; left > 0;) left -= static_cast<int>(buffer_.take(left, pool).samples);
}

FrameKind InboundStream::fill(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME {
  bool heard = false;
  bool concealed = false;
  // Every turn writes a sample at least; more than a few turns take packets shorter than any that we offer.
  for (int at = 0; at < kFrame;) {
    const Chunk chunk = buffer_.take(kFrame - at, pool);
    const auto samples = std::span(out.samples).subspan(at, chunk.samples);
    if (chunk.kind == Chunk::Kind::kAudio) {
      codec::decode(chunk.codec, chunk.payload, samples);
      concealer_.receive(samples);
      heard = true;
    } else {
      const bool made_up = concealer_.fill(samples);
      heard = heard || made_up;
      concealed = concealed || (made_up && chunk.kind == Chunk::Kind::kLost);
    }
    at += static_cast<int>(chunk.samples);
  }
  return concealed ? FrameKind::kConcealed : heard ? FrameKind::kAudio : FrameKind::kSilence;
}

std::optional<rtp::Ssrc> InboundStream::source() const TUTTI_REALTIME {
  return has_source_ ? std::optional(source_) : std::nullopt;
}

void InboundStream::receive_sender_report(rtp::Ssrc sender, const rtp::SenderInfo& info,
                                          base::Instant arrival) TUTTI_REALTIME {
  if (has_source_ && sender == source_) statistics_.receive_sender_report(info, arrival);
}

std::optional<rtp::ReportBlock> InboundStream::report(base::Instant now) TUTTI_REALTIME {
  return has_source_ ? std::optional(statistics_.report(source_, now)) : std::nullopt;
}

InboundTotals InboundStream::totals() const TUTTI_REALTIME {
  InboundTotals sum = banked_;
  if (has_source_) {
    sum.packets_received += statistics_.packets_received();
    sum.packets_lost += static_cast<std::uint64_t>(std::max(statistics_.packets_lost(), 0));
  }
  return sum;
}

}  // namespace tutti::stream
