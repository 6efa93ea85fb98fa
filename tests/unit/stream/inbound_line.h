// InboundLine: a far end that sends a tone, the stream that receives it, and an ear for what comes out.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/stream/inbound_stream.h"
#include "mixer/codec/codec.h"
#include "tests/unit/stream/timeline.h"

namespace tutti::stream {

using base::DropReason;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr auto kOk = DropReason::kCount;
inline constexpr rtp::Ssrc kAlice{0xA11CE};
inline constexpr rtp::Ssrc kBob{0xB0B};

inline ReceiveFormats formats() {
  ReceiveFormats formats;
  formats.audio[0] = {kPcmu, codec::CodecId::kPcmu};
  formats.audio[1] = {kPcma, codec::CodecId::kPcma};
  formats.telephone_event = kEvents;
  return formats;
}

// 1 000 Hz would repeat itself with every frame; this does not.
inline std::int16_t tone(std::int64_t n, int amplitude) {
  const double phase = 2 * std::numbers::pi * 437.0 * static_cast<double>(n) / 8'000;
  return static_cast<std::int16_t>(std::lround(amplitude * std::sin(phase)));
}

inline std::vector<std::int16_t> tone(std::int64_t from, std::size_t samples, int amplitude,
                                      codec::CodecId codec, std::vector<std::byte>* encoded = nullptr) {
  std::vector<std::int16_t> out(samples);
  for (std::size_t i = 0; i < samples; ++i) out[i] = tone(from + static_cast<std::int64_t>(i), amplitude);
  std::vector<std::byte> payload(samples);
  codec::encode(codec, out, payload);
  codec::decode(codec, payload, out);
  if (encoded != nullptr) *encoded = payload;
  return out;
}

class InboundLine {
 public:
  explicit InboundLine(int delay_ms = 0) { stream.attach(formats(), milliseconds(delay_ms)); }
  ~InboundLine() {
    stream.detach(pool);
    EXPECT_EQ(pool.in_use(), 0U);
  }

  DropReason receive(rtp::RtpPacket packet) {
    const base::RealtimeSection realtime;
    last = stream.receive(packet, now, pool);
    return last ? kOk : last.refused_for;
  }

  // A packet with the tone that belongs to its timestamp.
  DropReason audio(int number, std::int64_t position, std::size_t samples = 160, rtp::Ssrc ssrc = kAlice,
                   rtp::PayloadType type = kPcmu) {
    std::vector<std::byte> payload;
    tone(position, samples, amplitude, type == kPcma ? codec::CodecId::kPcma : codec::CodecId::kPcmu,
         &payload);
    rtp::RtpPacket packet;
    packet.header = header(number, position, ssrc, type);
    packet.payload = payload;
    return receive(packet);
  }

  char key(int number, std::int64_t position, std::uint8_t event, std::uint16_t duration, bool end = false) {
    const std::array payload = {std::byte{event}, std::byte(end ? 0x8A : 0x0A), std::byte(duration >> 8),
                                std::byte(duration & 0xFF)};
    rtp::RtpPacket packet;
    packet.header = header(number, position, kAlice, kEvents);
    packet.payload = payload;
    return receive(packet) == kOk ? last.digit : '!';
  }

  static rtp::RtpHeader header(int number, std::int64_t position, rtp::Ssrc ssrc, rtp::PayloadType type) {
    return {type, false, rtp::SequenceNumber(static_cast<std::uint16_t>(65'500 + number)),
            rtp::RtpTimestamp(static_cast<std::uint32_t>(0xFFFF'F000 + position)), ssrc};
  }

  FrameKind pop() {
    now += base::kTick;
    for (auto& sample : frame.samples) sample = 12'345;  // every sample must be written
    const base::RealtimeSection realtime;
    return stream.pop(frame, pool);
  }

  FrameKind pop_in_haste() {
    now += base::kTick;
    for (auto& sample : frame.samples) sample = 12'345;
    const base::RealtimeSection realtime;
    return stream.pop_in_haste(frame, pool);
  }

  // Whether the frame is the tone from `position` on, bit for bit but for what was blended at its start.
  bool hears(std::int64_t position, std::size_t blended = 0,
             codec::CodecId codec = codec::CodecId::kPcmu) const {
    const auto expected = tone(position, base::kFrameSamples, amplitude, codec);
    return std::equal(expected.begin() + static_cast<std::ptrdiff_t>(blended), expected.end(),
                      frame.samples.begin() + static_cast<std::ptrdiff_t>(blended));
  }

  int peak() const {
    int largest = 0;
    for (const std::int16_t sample : frame.samples) largest = std::max(largest, std::abs(int{sample}));
    return largest;
  }

  Concealer::State concealer;

  InboundStream stream{concealer};
  PayloadPool pool{64, 64};
  base::Frame frame;
  Receipt last;
  base::Instant now{seconds(1)};
  int amplitude = 8'000;
};

}  // namespace tutti::stream
