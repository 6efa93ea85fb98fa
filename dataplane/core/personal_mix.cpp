#include "dataplane/core/personal_mix.h"

#include "mixer/codec/codec.h"
#include "mixer/dsp/fade.h"
#include "mixer/kernel/kernels.h"

namespace tutti::core {

std::span<const std::byte> PersonalMix::hear(
    Participant& participant, const base::Frame* own, dsp::GainRamp gain, const TickWheel::Turn& turn,
    std::span<std::byte, ListenerClasses::kFrameBytes> place) TUTTI_REALTIME {
  const codec::CodecId codec = participant.outbound.codec();
  const bool waits = participant.mix.waiting;
  const bool waited = participant.hears_music;
  // It begins anew with whoever begins to wait: from its first, soft, note.
  if (waits && !waited) participant.music_frame = 0;
  const std::uint32_t number = participant.music_frame;
  participant.hears_music = waits;
  if (waits || waited) {
    participant.music_frame = static_cast<std::uint16_t>((number + 1) % mixer::HoldMusic::kFrames);
  }
  if (waits && waited && participant.tones == 0 && participant.ear == 0) return music_.encoded(codec, number);

  heard_.samples.fill(0);
  if (!waits || !waited) {
    add_mix(participant, own, gain, turn);
    if (waits != waited) dsp::fade(part_.samples, waits ? dsp::Fade::kOut : dsp::Fade::kIn);
    kernel::add(part_.samples.data(), heard_.samples.data(), base::kFrameSamples);
  }
  if (waits || waited) {
    part_ = music_.frame(number);
    if (waits != waited) dsp::fade(part_.samples, waits ? dsp::Fade::kIn : dsp::Fade::kOut);
    kernel::add(part_.samples.data(), heard_.samples.data(), base::kFrameSamples);
  }
  state_.tones.add(participant.tones, heard_);
  participant.settle();
  kernel::saturate(heard_.samples.data(), part_.samples.data(), base::kFrameSamples);
  codec::encode(codec, part_.samples, place);
  return place;
}

// Into part_. The coaches' voices are added to the sum before it is cut off at 16 bits.
void PersonalMix::add_mix(Participant& participant, const base::Frame* own, dsp::GainRamp gain,
                          const TickWheel::Turn& turn) TUTTI_REALTIME {
  with_them_.begin_tick();
  with_them_.add_sum(mixer_.sum(), mixer_.contributors());
  state_.coachings.listen(participant, turn, with_them_);
  dsp::scale_mix(with_them_.sum(), own, gain, part_);
}

}  // namespace tutti::core
