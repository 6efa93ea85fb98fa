// VoiceBank: all that callers say, encoded before the first call: a period of each tone, the sweep, silence.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "tools/analyser/g711.h"
#include "tools/analyser/tone.h"
#include "tools/load/load_plan.h"

namespace tutti::load {

inline constexpr std::size_t kPacketSamples = 160;  // 8 000 Hz x 20 ms; as many bytes in G.711

// Thread: any; it never changes.
class VoiceBank {
 public:
  // As many tones as tell a room from its neighbours: a listener who hears another room's tone hears a leak.
  explicit VoiceBank(const LoadPlan& plan);

  std::size_t tones() const { return tones_.size(); }
  const analyser::Tone& tone(std::size_t index) const { return tones_[index]; }
  // The tone of a talker; another one for each of a room.
  std::size_t tone_of(std::size_t room, std::size_t seat) const {
    return (room * talkers_ + seat) % tones_.size();
  }
  double sweep_amplitude() const { return kSweepAmplitude; }

  // The payload of packet `number` of an endless tone. Shapes: kPacketSamples bytes, for all three.
  std::span<const std::byte> tone_packet(analyser::Law law, std::size_t tone, std::uint64_t number) const;
  // Shapes: number < kSweepPackets.
  std::span<const std::byte> sweep_packet(analyser::Law law, std::size_t number) const;
  std::span<const std::byte> silence(analyser::Law law) const { return bank(law).silence; }

  static constexpr std::size_t kSweepPackets = 10;

 private:
  // The tones share what the sweep leaves of 30 000, so that a room's sum never saturates.
  static constexpr double kSweepAmplitude = 8'000.0;
  static constexpr double kTonesAmplitude = 22'000.0;
  static constexpr double kToneAmplitudeMax = 8'000.0;

  struct Bank {
    std::vector<std::byte> tones;  // a second of each
    std::vector<std::byte> sweep;
    std::array<std::byte, kPacketSamples> silence;
  };
  const Bank& bank(analyser::Law law) const { return banks_[law == analyser::Law::kMu ? 0 : 1]; }

  std::size_t talkers_;
  std::vector<analyser::Tone> tones_;
  std::array<Bank, 2> banks_;
};

}  // namespace tutti::load
