#include "dataplane/stream/outbound_stream.h"

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "mixer/codec/codec.h"

namespace tutti::stream {

namespace {

constexpr int kFrame = static_cast<int>(base::kFrameSamples);
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
  marker_ = true;
  sequence_number_ = identity.first_sequence_number;
  timestamp_ = identity.first_timestamp;
  ssrc_ = identity.ssrc;
  packets_ = 0;
  octets_ = 0;
  tick_timestamp_ = timestamp_ + -kFrame;  // of the frame before the first
  tick_at_ = base::Instant();
  packetizer_.set_units(format.ptime_ms / kUnitMs);
  packetizer_.restart();
}

void OutboundStream::configure(const SendFormat& format) TUTTI_REALTIME {
  packetizer_.set_units(format.ptime_ms / kUnitMs);
  if (format.may_send != format_.may_send) {
    timestamp_ = timestamp_ + packetizer_.restart();
    marker_ = true;
  }
  if (format.audio.codec != format_.audio.codec) {
    recode(packetizer_.waiting(), format_.audio.codec, format.audio.codec);
  }
  format_ = format;
}

std::size_t OutboundStream::tick(std::span<const std::byte> frame, base::Instant now,
                                 std::span<std::byte> out) TUTTI_REALTIME {
  if (half_tick_due()) write(packetizer_.half_tick(), {});
  tick_timestamp_ = tick_timestamp_ + kFrame;
  tick_at_ = now;
  if (!format_.may_send) {
    timestamp_ = timestamp_ + kFrame;
    return 0;
  }
  DCHECK(frame.size() == Packetizer::kFrameBytes);
  return write(packetizer_.tick(frame.first<Packetizer::kFrameBytes>()), out);
}

void OutboundStream::skip(std::uint32_t ticks) TUTTI_REALTIME {
  const auto samples = static_cast<std::int32_t>(ticks) * kFrame;
  tick_timestamp_ = tick_timestamp_ + samples;
  timestamp_ = timestamp_ + packetizer_.restart() + samples;
  marker_ = true;
}

std::size_t OutboundStream::half_tick(std::span<std::byte> out) TUTTI_REALTIME {
  return half_tick_due() ? write(packetizer_.half_tick(), out) : 0;
}

std::size_t OutboundStream::write(const PacketPayload& payload, std::span<std::byte> out) TUTTI_REALTIME {
  if (payload.size() == 0) return 0;
  std::array<std::byte, rtp::kRtpHeaderBytes> head;
  write_header(payload.size() / Packetizer::kUnitBytes * Packetizer::kUnitSamples, head);
  if (out.size() < head.size() + payload.size()) return 0;
  auto rest = std::copy(head.begin(), head.end(), out.begin());
  rest = std::copy(payload.waiting.begin(), payload.waiting.end(), rest);
  std::copy(payload.fresh.begin(), payload.fresh.end(), rest);
  sent(payload.size());
  return head.size() + payload.size();
}

void OutboundStream::take_back(std::span<const std::byte, rtp::kRtpHeaderBytes> head,
                               std::size_t payload_bytes) TUTTI_REALTIME {
  marker_ = (head[1] & std::byte{0x80}) != std::byte{};
  --packets_;
  octets_ -= static_cast<std::uint32_t>(payload_bytes);
}

rtp::SenderInfo OutboundStream::sender_info(base::Instant now, std::uint64_t ntp_now) const TUTTI_REALTIME {
  rtp::SenderInfo info;
  info.ntp = ntp_now;
  const auto since = (now - tick_at_).count() * std::int64_t{base::kMixRateHz} / 1'000'000'000;
  info.timestamp = tick_timestamp_ + static_cast<std::int32_t>(since);
  info.packets = packets_;
  info.octets = octets_;
  return info;
}

}  // namespace tutti::stream
