// Room: so many callers in one conference of one core, each of whom sends packets of one byte.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mixer/codec/codec.h"
#include "tests/unit/core/wire.h"

namespace tutti::core {

inline constexpr std::uint8_t kSilence = kMuSilence;

inline std::int16_t sample_of(std::byte codeword) {
  std::int16_t sample = 0;
  codec::decode(codec::CodecId::kPcmu, std::span(&codeword, 1), std::span(&sample, 1));
  return sample;
}

inline std::byte ulaw_of(int sample) {
  const auto saturated = static_cast<std::int16_t>(std::clamp(sample, -32'768, 32'767));
  std::byte codeword{};
  codec::encode(codec::CodecId::kPcmu, std::span(&saturated, 1), std::span(&codeword, 1));
  return codeword;
}

// Through a gain of 12 bits behind the point, not saturated.
inline int scaled(int sample, int gain_db) {
  const double factor = std::round(4'096 * std::pow(10.0, gain_db / 20.0));
  return static_cast<int>(std::floor(sample * factor / 4'096 + 0.5));
}

// The payloads, one behind the other.
inline std::vector<std::byte> joined(const std::vector<ReceivedRtp>& packets) {
  std::vector<std::byte> bytes;
  for (const auto& packet : packets) {
    bytes.insert(bytes.end(), packet.payload.begin(), packet.payload.end());
  }
  return bytes;
}

struct RoomOptions {
  std::uint32_t max_talkers = 0;
  base::Duration jitter_delay = std::chrono::milliseconds(40);
  std::vector<int> ptimes_ms{};      // of what each is sent; 20 where none is given
  std::size_t alaw_from = SIZE_MAX;  // who hears A-law
};

class Room {
 public:
  explicit Room(std::size_t size, const RoomOptions& options = {})
      : wire({.jitter_delay = options.jitter_delay, .follow_talkers = false}),
        conference(wire.server.open_conference(0, options.max_talkers)) {
    for (std::size_t i = 0; i < size; ++i) {
      callers.push_back(std::make_unique<WireCaller>(wire, "10.0.0." + std::to_string(i + 1),
                                                     static_cast<std::uint32_t>(100 + i)));
      auto media = callers.back()->media();
      if (i < options.ptimes_ms.size()) media.ptime_ms = static_cast<std::uint8_t>(options.ptimes_ms[i]);
      if (i >= options.alaw_from) std::swap(media.codecs[0], media.codecs[1]);
      participants.push_back(wire.server.join(conference, media));
    }
  }

  // One tick in which caller i sends bytes[i].
  void tick(const std::vector<std::uint8_t>& bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      callers[i]->send_rtp(participants[i].endpoint.rtp, bytes[i]);
    }
    wire.run_for(base::kTick);
  }
  void ticks(int count, const std::vector<std::uint8_t>& bytes) {
    for (int i = 0; i < count; ++i) tick(bytes);
  }

  Wire wire;
  sim::ConferenceKey conference;
  std::vector<std::unique_ptr<WireCaller>> callers;
  std::vector<sim::ParticipantKey> participants;
};

}  // namespace tutti::core
