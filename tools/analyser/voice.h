// Voice: a made-up speaker: syllables of a buzz through formants, breath, pauses; the same for the same
// number.
#pragma once

#include <array>
#include <random>

#include "tools/analyser/samples.h"

namespace tutti::analyser {

// Speaks at about -22 dBov while it speaks (RFC 6464's scale; a usual telephone level), pauses included.
class Voice {
 public:
  // Each number is another speaker: pitch (85 to 250 Hz), throat, tempo and what is said.
  explicit Voice(std::uint32_t number);

  void next(std::span<std::int16_t> frame);
  double pitch_hz() const { return pitch_hz_; }

 private:
  // A two-pole filter. Units: Hz.
  struct Formant {
    double frequency = 500.0;
    double bandwidth = 80.0;
    double one = 0.0;
    double two = 0.0;
    double filter(double sample);
  };

  double next_sample();
  void next_segment();
  double uniform(double low, double high);

  std::mt19937 random_;
  double pitch_hz_;
  double throat_;        // scales every formant
  double tempo_;         // syllables' length
  double phase_ = 0.0;   // of the glottis, in turns
  double tilt_ = 0.0;    // state of the low pass behind the glottis
  double breath_ = 0.0;  // last noise, for its high pass
  std::array<Formant, 4> formants_;
  std::array<double, 4> aim_{};  // where the formants are going, Hz
  int syllables_left_ = 0;       // in this phrase
  std::int64_t left_ = 0;        // samples of this segment
  std::int64_t length_ = 1;
  double intonation_ = 1.0;
  double voiced_ = 0.0;  // amplitudes of the segment's buzz and hiss
  double hiss_ = 0.0;
};

}  // namespace tutti::analyser
