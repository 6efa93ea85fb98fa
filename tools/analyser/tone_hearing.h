// Who hears whom, found from tones: levels by Goertzel, moments by a sliding window.
#pragma once

#include <optional>
#include <vector>

#include "tools/analyser/hearing_matrix.h"
#include "tools/analyser/tone.h"

namespace tutti::analyser {

struct ToneLevel {
  double level_db = kSilenceDb;      // power mean over the stretches, relative to the tone sent
  double level_db_min = kSilenceDb;  // over the stretches
  double level_db_max = kSilenceDb;
};

// 1 s: 64 tones through two G.711 encodings leave a floor near -48 dB in it.
inline constexpr std::size_t kToneStretch = 8'000;

// The level of each tone in a listener's track, in stretches of `stretch` samples; a rest shorter than a
// stretch is covered by one that overlaps. Shapes: as many levels as tones; kSilenceDb where there is no tone
// or no audio.
std::vector<ToneLevel> tone_levels(SampleView heard, std::span<const std::optional<Tone>> tones,
                                   std::size_t stretch = kToneStretch);

// Fills the matrix from what each listener received in [from, to); what is missing there counts as silence.
// Of a caller without a tone nothing is expected as a column.
// Shapes: names, heard and tones of one length. Units: samples from the common origin.
HearingMatrix tone_matrix(std::vector<std::string> names, std::span<const Track> heard,
                          std::span<const std::optional<Tone>> tones, std::int64_t from, std::int64_t to,
                          const HearingThresholds& thresholds = {});

struct Interval {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

// When a tone was there (above -6 dB of what was sent): the moments of joining and leaving, to some 10 ms.
// Window: 100 ms, so tones 40 Hz apart do not disturb each other. Units: samples from the common origin.
std::vector<Interval> tone_intervals(const Track& heard, const Tone& tone);

}  // namespace tutti::analyser
