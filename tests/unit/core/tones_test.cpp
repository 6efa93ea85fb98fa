#include "dataplane/core/tones.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

using mailbox::ToneLane;

mailbox::Tone tone(std::uint16_t frequency_hz, std::uint32_t duration_ms, std::uint8_t level_dbov = 20) {
  mailbox::Tone made;
  made.steps[0] = {frequency_hz, duration_ms};
  made.step_count = 1;
  made.level_dbov = level_dbov;
  return made;
}

class Player {
 public:
  void play(const mailbox::Tone& what, ToneLane lane = ToneLane::kPlay) { tones->play(list, lane, what); }
  std::vector<int> run(int ticks) {
    std::vector<int> samples;
    for (int i = 0; i < ticks; ++i) {
      base::SumFrame sum;
      sum.samples.fill(0);
      tones->add(list, sum);
      samples.insert(samples.end(), sum.samples.begin(), sum.samples.end());
    }
    return samples;
  }
  const std::unique_ptr<Tones> tones = std::make_unique<Tones>();
  ToneList list = 0;
};

std::size_t last_sound(const std::vector<int>& samples) {
  const auto last = std::find_if(samples.rbegin(), samples.rend(), [](int sample) { return sample != 0; });
  return static_cast<std::size_t>(samples.rend() - last);
}

double rms_dbov(const std::vector<int>& samples, std::size_t from, std::size_t to) {
  double energy = 0;
  for (std::size_t i = from; i < to; ++i) energy += double{1} * samples[i] * samples[i];
  return 20.0 * std::log10(std::sqrt(energy / static_cast<double>(to - from)) / 32'767.0);
}

TEST(Tones, LastToTheSampleAtTheirLevel) {
  for (const std::uint32_t ms : {20U, 25U, 100U, 333U}) {
    Player player;
    player.play(tone(440, ms));
    const auto samples = player.run(30);
    EXPECT_LE(last_sound(samples), ms * 8);
    EXPECT_GE(last_sound(samples), ms * 8 - 4) << "its last samples are soft";
    EXPECT_EQ(player.list, 0);
    EXPECT_EQ(player.tones->playing(), 0U);
    if (ms >= 100) {
      EXPECT_NEAR(rms_dbov(samples, 80, ms * 8 - 80), -20.0, 0.3);
    }
  }
}

TEST(Tones, BeginAndEndWithoutAClick) {
  Player player;
  player.play(tone(400, 0));
  auto samples = player.run(5);
  player.tones->stop(player.list, ToneLane::kPlay);
  const auto end = player.run(2);
  samples.insert(samples.end(), end.begin(), end.end());
  EXPECT_EQ(last_sound(end) <= 160, true) << "over within a tick";
  EXPECT_EQ(player.list, 0);
  // A sine's own steepest step is 2 pi f / rate of its peak.
  const int peak = *std::max_element(samples.begin(), samples.end());
  const double steepest = 2.0 * M_PI * 400.0 / 8'000.0 * peak + 2.0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    EXPECT_LE(std::abs(samples[i] - samples[i - 1]), steepest) << i;
  }
  EXPECT_LT(std::abs(samples.front()), peak / 10);
}

TEST(Tones, StepsFollowOneAnother) {
  mailbox::Tone signal;
  signal.steps = {{{600, 50}, {0, 30}, {900, 40}}};
  signal.step_count = 3;
  Player player;
  player.play(signal);
  const auto samples = player.run(10);
  EXPECT_GT(rms_dbov(samples, 50, 350), -22.0);
  EXPECT_TRUE(std::all_of(samples.begin() + 400, samples.begin() + 640, [](int s) { return s == 0; }));
  EXPECT_GT(rms_dbov(samples, 690, 910), -22.0);
  EXPECT_LE(last_sound(samples), 960U);
}

TEST(Tones, ASecondOneInALaneEndsTheFirstAndOneInAnotherDoesNot) {
  Player player;
  player.play(tone(400, 0));
  player.run(3);
  player.play(tone(1'000, 200), ToneLane::kSignal);
  player.run(1);
  EXPECT_EQ(player.tones->playing(), 2U);
  player.play(tone(700, 0));
  player.run(1);
  EXPECT_EQ(player.tones->playing(), 2U) << "the first of the lane has faded out";
  player.run(12);
  EXPECT_EQ(player.tones->playing(), 1U);
  player.tones->release(player.list);
  EXPECT_EQ(player.tones->playing(), 0U);
}

TEST(Tones, AreBounded) {
  Player player;
  std::vector<ToneList> lists(mailbox::kTonesMax + 10, 0);
  for (ToneList& list : lists) player.tones->play(list, ToneLane::kPlay, tone(400, 0));
  EXPECT_EQ(player.tones->playing(), mailbox::kTonesMax);
  EXPECT_EQ(lists.back(), 0) << "one more is not heard";
  for (ToneList& list : lists) player.tones->release(list);
  EXPECT_EQ(player.tones->playing(), 0U);
  player.play(tone(400, 100));
  EXPECT_NE(player.list, 0);
}

}  // namespace
}  // namespace tutti::core
