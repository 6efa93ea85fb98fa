#include "dataplane/stream/outbound_stream.h"

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "dataplane/stream/frame.h"
#include "mixer/codec/codec.h"

namespace tutti::stream {

namespace {

constexpr int kUnitMs = 10;

// The same sound in another codec, in place: both take a byte a sample.
void recode(std::span<std::byte> payload, codec::CodecId from, codec::CodecId to) TUTTI_REALTIME {
  std::array<std::int16_t, Packetizer::kUnitsMax * Packetizer::kUnitSamples> samples;
  const std::size_t count = codec::decode(from, payload, samples);
  codec::encode(to, std::span(samples).first(count), payload);
}

}  // namespace

void OutboundStream::attach(const SourceIdentity& identity, const SendFormat& format) TUTTI_REALTIME {
  format_ = format;
  first_word_ = rtp::first_rtp_word(format.audio.payload_type, true);
  next_ = {.timestamp = identity.first_timestamp.value(), .number = identity.first_sequence_number.value()};
  ssrc_ = identity.ssrc;
  tick_at_ = base::Instant();
  packetizer_.set_units(format.ptime_ms / kUnitMs);
  packetizer_.restart();
}

void OutboundStream::configure(const SendFormat& format) TUTTI_REALTIME {
  packetizer_.set_units(format.ptime_ms / kUnitMs);
  bool marker = (first_word_ & rtp::kRtpMarker) != 0;
  if (format.may_send != format_.may_send) {
    next_.timestamp += static_cast<std::uint32_t>(packetizer_.restart());
    marker = true;
  }
  if (format.audio.codec != format_.audio.codec) {
    recode(packetizer_.waiting(), format_.audio.codec, format.audio.codec);
  }
  format_ = format;
  first_word_ = rtp::first_rtp_word(format.audio.payload_type, marker);
}

std::size_t OutboundStream::tick(std::span<const std::byte> frame, base::Instant now,
                                 std::span<std::byte> out) TUTTI_REALTIME {
  if (half_tick_due()) write(packetizer_.half_tick(), {});
  tick_at_ = now;
  if (!format_.may_send) {
    next_.timestamp += base::kFrameSamples;
    return 0;
  }
  DCHECK(frame.size() == Packetizer::kFrameBytes);
  return write(packetizer_.tick(frame.first<Packetizer::kFrameBytes>()), out);
}

void OutboundStream::skip(std::uint32_t ticks) TUTTI_REALTIME {
  constexpr auto kSamples = static_cast<std::uint32_t>(base::kFrameSamples);
  next_.timestamp += static_cast<std::uint32_t>(packetizer_.restart()) + ticks * kSamples;
  first_word_ |= rtp::kRtpMarker;
}

std::size_t OutboundStream::half_tick(std::span<std::byte> out) TUTTI_REALTIME {
  return half_tick_due() ? write(packetizer_.half_tick(), out) : 0;
}

std::size_t OutboundStream::write(const PacketPayload& payload, std::span<std::byte> out) TUTTI_REALTIME {
  if (payload.size() == 0) return 0;
  const std::size_t bytes = rtp::kRtpHeaderBytes + payload.size();
  const auto samples = static_cast<std::uint32_t>(payload.size());  // G.711: a byte each
  if (out.size() < bytes) {
    next_.pass(samples, 0, 0);
    return 0;
  }
  write_header(out.first<rtp::kRtpHeaderBytes>());
  auto rest = out.begin() + rtp::kRtpHeaderBytes;
  rest = std::copy(payload.waiting.begin(), payload.waiting.end(), rest);
  std::copy(payload.fresh.begin(), payload.fresh.end(), rest);
  first_word_ &= ~rtp::kRtpMarker;
  next_.pass(samples, 1, samples);
  return bytes;
}

void OutboundStream::take_back(std::span<const std::byte, rtp::kRtpHeaderBytes> head) TUTTI_REALTIME {
  if ((head[1] & std::byte{0x80}) != std::byte{}) first_word_ |= rtp::kRtpMarker;
  --next_.packets;
  next_.octets -= Packetizer::kFrameBytes;
}

rtp::SenderInfo OutboundStream::sender_info(base::Instant now, std::uint64_t ntp_now) const TUTTI_REALTIME {
  rtp::SenderInfo info;
  info.ntp = ntp_now;
  const auto since = (now - tick_at_).count() * std::int64_t{base::kMixRateHz} / 1'000'000'000;
  // The last frame's first sample: behind it are that frame and what waits of it or of those before.
  const rtp::RtpTimestamp next(next_.timestamp);
  info.timestamp = next + (packetizer_.samples_waiting() - kFrame + static_cast<std::int32_t>(since));
  info.packets = next_.packets;
  info.octets = next_.octets;
  return info;
}

}  // namespace tutti::stream
