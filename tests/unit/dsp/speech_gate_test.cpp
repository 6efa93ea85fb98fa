#include "mixer/dsp/speech_gate.h"

#include <gtest/gtest.h>

namespace tutti::dsp {
namespace {

TEST(SpeechGate, OpensAtTheThresholdAndHoldsBehindTheLastSound) {
  const SpeechGateOptions options{.threshold = 100, .hold_ticks = 3};
  SpeechGate gate;
  EXPECT_FALSE(gate.update(99, options));
  EXPECT_TRUE(gate.update(100, options));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate.update(0, options)) << i;
  EXPECT_FALSE(gate.update(0, options));
  EXPECT_TRUE(gate.update(32'767, options));
}

TEST(SpeechGate, HoldsBehindWhatIsKnownToBeSpeech) {
  const SpeechGateOptions options{.threshold = 100, .hold_ticks = 2};
  SpeechGate gate;
  gate.hold(options);
  EXPECT_FALSE(gate.closed());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(gate.update(0, options)) << i;
  EXPECT_TRUE(gate.closed());
}

TEST(SpeechGate, ThresholdZeroIsAlwaysOpen) {
  SpeechGate gate;
  EXPECT_TRUE(gate.update(0, {.threshold = 0, .hold_ticks = 0}));
  EXPECT_TRUE(gate.update(0, {.threshold = 0, .hold_ticks = 0}));
}

TEST(SpeechGate, ThresholdIsSetInDecibels) {
  EXPECT_EQ(peak_of_dbov(0), 0);
  EXPECT_EQ(peak_of_dbov(6), 16'422);
  EXPECT_EQ(peak_of_dbov(54), SpeechGateOptions().threshold);
  EXPECT_EQ(peak_of_dbov(90), 1);
}

}  // namespace
}  // namespace tutti::dsp
