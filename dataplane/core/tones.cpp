#include "dataplane/core/tones.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "mixer/dsp/fade.h"
#include "mixer/kernel/kernels.h"

namespace tutti::core {
namespace {

constexpr std::uint32_t kSamplesPerMs = base::kMixRateHz / 1'000;

// Of a sine with that level.
std::int16_t peak_of_level(std::uint8_t level_dbov) TUTTI_REALTIME {
  const double rms = 32'767.0 * std::pow(10.0, -0.05 * std::max<int>(level_dbov, 6));
  return static_cast<std::int16_t>(std::lround(rms * std::numbers::sqrt2));
}

std::uint32_t samples_of(const mailbox::ToneStep& step) TUTTI_REALTIME {
  return step.duration_ms * kSamplesPerMs;
}

}  // namespace

Tones::Tones() TUTTI_REALTIME {
  for (std::uint32_t i = mailbox::kTonesMax; i > 0; --i) {
    pool_[i - 1].next = free_;
    free_ = static_cast<ToneList>(i);
  }
}

void Tones::play(ToneList& list, mailbox::ToneLane lane, const mailbox::Tone& tone) TUTTI_REALTIME {
  stop(list, lane);
  if (free_ == 0 || tone.step_count == 0) return;
  const ToneList index = free_;
  Playing& playing = at(index);
  free_ = playing.next;
  ++playing_;
  playing.tone = tone;
  playing.tone.step_count = std::min<std::uint8_t>(tone.step_count, mailbox::Tone::kStepsMax);
  playing.lane = lane;
  playing.stopping = false;
  playing.step = 0;
  playing.next = list;
  list = index;
  playing.generator = dsp::ToneGenerator(0.0, peak_of_level(tone.level_dbov));
  begin_step(playing);
}

void Tones::begin_step(Playing& playing) TUTTI_REALTIME {
  playing.done = 0;
  const std::uint16_t frequency = playing.tone.steps[playing.step].frequency_hz;
  playing.generator.set_frequency(std::min<std::uint16_t>(frequency, base::kMixRateHz / 2 - 1));
}

void Tones::stop(ToneList list, mailbox::ToneLane lane) TUTTI_REALTIME {
  for (; list != 0; list = at(list).next) at(list).stopping |= at(list).lane == lane;
}

void Tones::release(ToneList& list) TUTTI_REALTIME {
  while (list != 0) {
    const ToneList index = list;
    list = at(index).next;
    at(index).next = free_;
    free_ = index;
    --playing_;
  }
}

void Tones::add(ToneList& list, base::SumFrame& sum) TUTTI_REALTIME {
  for (ToneList* link = &list; *link != 0;) {
    const ToneList index = *link;
    Playing& playing = at(index);
    base::Frame frame;
    render(playing, frame);
    if (playing.stopping) dsp::fade(frame.samples, dsp::Fade::kOut);
    kernel::add(frame.samples.data(), sum.samples.data(), base::kFrameSamples);
    if (playing.stopping || playing.step == playing.tone.step_count) {
      *link = playing.next;
      playing.next = 0;
      ToneList over = index;
      release(over);
    } else {
      link = &playing.next;
    }
  }
}

// The next frame, with silence behind the end.
void Tones::render(Playing& playing, base::Frame& frame) TUTTI_REALTIME {
  std::size_t at = 0;
  while (at < base::kFrameSamples && playing.step < playing.tone.step_count) {
    const mailbox::ToneStep& step = playing.tone.steps[playing.step];
    const std::uint32_t length = samples_of(step);  // 0: without end
    const std::size_t left = length == 0 ? base::kFrameSamples : length - playing.done;
    const auto part = std::span(frame.samples).subspan(at, std::min(left, base::kFrameSamples - at));
    if (step.frequency_hz == 0) {
      std::fill(part.begin(), part.end(), std::int16_t{0});
    } else {
      playing.generator.generate(part);
    }
    const std::uint32_t edge = length == 0 ? kEdgeSamples : std::min(kEdgeSamples, length / 2);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto from_begin = playing.done + static_cast<std::uint32_t>(i);
      const std::uint32_t to_edge = length == 0 ? from_begin : std::min(from_begin, length - 1 - from_begin);
      if (to_edge < edge) {
        part[i] = static_cast<std::int16_t>(part[i] * static_cast<std::int32_t>(2 * to_edge + 1) /
                                            static_cast<std::int32_t>(2 * edge));
      }
    }
    // Without end it has been begun, and that is all there is to know.
    playing.done =
        std::min(playing.done + static_cast<std::uint32_t>(part.size()), length == 0 ? kEdgeSamples : length);
    at += part.size();
    if (length != 0 && playing.done == length) {
      ++playing.step;
      if (playing.step < playing.tone.step_count) begin_step(playing);
    }
  }
  std::fill(frame.samples.begin() + static_cast<std::ptrdiff_t>(at), frame.samples.end(), std::int16_t{0});
}

}  // namespace tutti::core
