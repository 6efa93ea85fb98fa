#include "tools/load/voice_bank.h"

#include <algorithm>
#include <cmath>

#include "dataplane/base/check.h"
#include "tools/analyser/sweep.h"

namespace tutti::load {
namespace {

// A whole number of turns of any tone of the plan (whole Hz), and of packets: 50.
constexpr std::size_t kPeriod = analyser::kRateHz;
// More tones would lie on one another's harmonics, which G.711 makes.
constexpr std::size_t kTonesWanted = 24;

static_assert(kPeriod % kPacketSamples == 0);
static_assert(VoiceBank::kSweepPackets * kPacketSamples == analyser::kSweepSamples);

}  // namespace

VoiceBank::VoiceBank(const LoadPlan& plan) : talkers_(plan.talkers) {
  const std::size_t count = std::max(talkers_, std::min(kTonesWanted, talkers_ * plan.rooms));
  const analyser::TonePlan tones(count);
  const double amplitude = std::min(kToneAmplitudeMax, kTonesAmplitude / static_cast<double>(talkers_));
  for (std::size_t i = 0; i < count; ++i) tones_.push_back({tones.tone(i)->frequency_hz, amplitude});
  for (const analyser::Law law : {analyser::Law::kMu, analyser::Law::kA}) {
    Bank& bank = banks_[law == analyser::Law::kMu ? 0 : 1];
    bank.tones.resize(count * kPeriod);
    analyser::Samples second(kPeriod);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(std::floor(tones_[i].frequency_hz) == tones_[i].frequency_hz);
      analyser::ToneGenerator(tones_[i]).next(second);
      analyser::encode_g711(law, second, std::span(bank.tones).subspan(i * kPeriod, kPeriod));
    }
    bank.sweep.resize(analyser::kSweepSamples);
    analyser::encode_g711(law, analyser::make_sweep(kSweepAmplitude), bank.sweep);
    bank.silence.fill(analyser::encode_g711(law, 0));
  }
}

std::span<const std::byte> VoiceBank::tone_packet(analyser::Law law, std::size_t tone,
                                                  std::uint64_t number) const {
  const std::size_t at = static_cast<std::size_t>(number % (kPeriod / kPacketSamples)) * kPacketSamples;
  return std::span(bank(law).tones).subspan(tone * kPeriod + at, kPacketSamples);
}

std::span<const std::byte> VoiceBank::sweep_packet(analyser::Law law, std::size_t number) const {
  return std::span(bank(law).sweep).subspan(number * kPacketSamples, kPacketSamples);
}

}  // namespace tutti::load
