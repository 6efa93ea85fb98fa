// Who hears whom, found from voices: each recording is explained as a sum of what was sent, delayed and
// scaled.
#pragma once

#include <string>
#include <vector>

#include "tools/analyser/hearing_matrix.h"
#include "tools/analyser/samples.h"

namespace tutti::analyser {

struct VoiceSearch {
  std::int64_t delay_min = -20 * kSamplesPerMs;  // from the moment sent to the moment heard
  std::int64_t delay_max = 700 * kSamplesPerMs;
  std::size_t segment = 8'000;  // searched at a time; a delay that changes is found anew in each
};

struct VoiceLevel {
  double level_db = kSilenceDb;      // relative to what was sent, over the time judged
  double level_db_min = kSilenceDb;  // over the segments in which there was something to hear
  double level_db_max = kSilenceDb;
  std::int64_t delay = 0;  // samples, where it was heard the longest
  std::int64_t delay_spread =
      0;               // between the least and the greatest, of segments where it was plainly heard
  bool spoke = false;  // there was something to hear
};

struct VoiceReport {
  std::vector<VoiceLevel> voices;  // one for each voice sent
  std::vector<std::int64_t>
      unexplained;         // frames of 20 ms that are not the sum of what was found: their starts
  std::size_t frames = 0;  // looked at
};

// Finds each of the sent voices in what one listener recorded in [from, to). Loud ones (-20 dB and more) a
// segment at a time by matching pursuit and least squares; what is left is searched over the whole time, so
// that a leak of -40 dB under others' full voices is found and its absence is not mistaken for one. Needs: 3
// s or more to judge; all voices that may be in the recording. Units: samples from the common origin.
VoiceReport find_voices(const Track& heard, std::span<const Track> sent, std::int64_t from, std::int64_t to,
                        const VoiceSearch& search = {});

// The matrix of several listeners; the reports behind it one a listener.
// Shapes: names, heard and sent of one length.
struct VoiceHearing {
  HearingMatrix matrix;
  std::vector<VoiceReport> reports;
};
VoiceHearing voice_matrix(std::vector<std::string> names, std::span<const Track> heard,
                          std::span<const Track> sent, std::int64_t from, std::int64_t to,
                          const HearingThresholds& thresholds = {}, const VoiceSearch& search = {});

}  // namespace tutti::analyser
