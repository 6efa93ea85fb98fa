#include "tools/analyser/voice.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "tools/analyser/g711.h"
#include "tools/analyser/voice_hearing.h"

namespace tutti::analyser {
namespace {

constexpr std::size_t kTrial = 8 * kRateHz;

Samples voice_samples(std::uint32_t number, std::size_t count) {
  Samples samples(count);
  Voice(number).next(samples);
  return samples;
}

TEST(Voice, IsTheSameAgainAndOtherForOthers) {
  EXPECT_EQ(voice_samples(3, 8'000), voice_samples(3, 8'000));
  EXPECT_NE(voice_samples(3, 8'000), voice_samples(4, 8'000));
}

TEST(Voice, HasSpeechsLevelAndPauses) {
  for (std::uint32_t number = 0; number < 64; ++number) {
    const Samples samples = voice_samples(number, kTrial);
    EXPECT_NEAR(level_dbov(samples), -21.5, 4.0) << number;
    std::size_t quiet = 0;
    for (std::size_t at = 0; at < samples.size(); at += 160) {
      if (rms(SampleView(samples).subspan(at, 160)) < 50.0) ++quiet;
    }
    EXPECT_GT(quiet, 20U) << number;  // of 400 frames
    EXPECT_LT(quiet, 200U) << number;
  }
}

// What one listener hears of the first voices: each with a gain and a delay, encoded, mixed, encoded again.
class Room {
 public:
  explicit Room(std::size_t callers, Law law = Law::kMu) : law_(law) {
    for (std::uint32_t i = 0; i < callers; ++i) sent_.push_back(voice_samples(i, kTrial));
    for (const Samples& samples : sent_) tracks_.push_back({samples, 0});
  }
  std::vector<double> gain = std::vector<double>(64, 1.0);
  std::vector<std::int64_t> delay = std::vector<std::int64_t>(64, 480);
  std::size_t slip_at = kTrial;  // from here on everything comes 20 ms later
  std::optional<std::size_t> lost_frame;

  Samples heard() const {
    std::vector<double> mix(kTrial, 0.0);
    for (std::size_t k = 0; k < sent_.size(); ++k) {
      const Samples decoded = through_g711(law_, sent_[k]);
      for (std::size_t t = 0; t < kTrial; ++t) {
        const std::int64_t from =
            static_cast<std::int64_t>(t) - delay[k] - (t >= slip_at ? std::int64_t{160} : std::int64_t{0});
        if (from >= 0) mix[t] += gain[k] * decoded[static_cast<std::size_t>(from)];
      }
    }
    Samples samples(kTrial);
    for (std::size_t t = 0; t < kTrial; ++t) {
      samples[t] = static_cast<std::int16_t>(std::lround(std::clamp(mix[t], -32'768.0, 32'767.0)));
      if (lost_frame && t / 160 == *lost_frame) samples[t] = 0;
    }
    return through_g711(law_, samples);
  }
  VoiceReport report() const {
    const Samples samples = heard();
    return find_voices({samples, 0}, tracks_, kRateHz, kTrial);
  }

 private:
  Law law_;
  std::vector<Samples> sent_;
  std::vector<Track> tracks_;
};

TEST(VoiceHearing, HearsTheOthersAndNotOneself) {
  for (const Law law : {Law::kMu, Law::kA}) {
    for (const std::size_t callers :
         law == Law::kMu ? std::vector<std::size_t>{2, 3, 8} : std::vector<std::size_t>{5}) {
      Room room(callers, law);
      room.gain[0] = 0.0;
      for (std::size_t k = 0; k < callers; ++k) room.delay[k] = 300 + 177 * static_cast<std::int64_t>(k);
      const VoiceReport report = room.report();
      EXPECT_LT(report.voices[0].level_db, -42.0) << callers;
      for (std::size_t k = 1; k < callers; ++k) {
        EXPECT_NEAR(report.voices[k].level_db, 0.0, 0.3) << k << " of " << callers;
        EXPECT_EQ(report.voices[k].delay, room.delay[k]);
        EXPECT_EQ(report.voices[k].delay_spread, 0);
      }
      EXPECT_EQ(report.unexplained.size(), 0U);
    }
  }
}

TEST(VoiceHearing, FindsOnesOwnVoiceLeakingUnderTheOthers) {
  for (const double leak_db : {-15.0, -25.0, -30.0, -35.0}) {
    Room room(3);
    room.gain[0] = amplitude_ratio(leak_db);
    room.delay[0] = 2'345;
    const VoiceReport report = room.report();
    EXPECT_NEAR(report.voices[0].level_db, leak_db, 1.0);
    EXPECT_EQ(report.voices[0].delay, 2'345);
    EXPECT_NEAR(report.voices[1].level_db, 0.0, 0.3);
  }
}

TEST(VoiceHearing, MeasuresGains) {
  for (const double gain_db : {-12.0, -6.0, -2.0, 3.0}) {
    Room room(3);
    room.gain[0] = 0.0;
    room.gain[2] = amplitude_ratio(gain_db);
    const VoiceReport report = room.report();
    EXPECT_NEAR(report.voices[2].level_db, gain_db, 0.4);
    EXPECT_LT(report.voices[0].level_db, -42.0);
  }
}

TEST(VoiceHearing, NamesTheWrongCells) {
  std::vector<Samples> heard;
  std::vector<Samples> sent;
  std::vector<Track> heard_tracks;
  std::vector<Track> sent_tracks;
  for (std::size_t listener = 0; listener < 3; ++listener) {
    Room room(3);
    room.gain[listener] = 0.0;
    if (listener == 1) room.gain[2] = 0.0;  // bob does not hear carol
    heard.push_back(room.heard());
    sent.push_back(voice_samples(static_cast<std::uint32_t>(listener), kTrial));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    heard_tracks.push_back({heard[i], 0});
    sent_tracks.push_back({sent[i], 0});
  }
  const VoiceHearing hearing =
      voice_matrix({"alice", "bob", "carol"}, heard_tracks, sent_tracks, kRateHz, kTrial);
  ASSERT_EQ(hearing.matrix.wrong_cells().size(), 1U) << to_text(hearing.matrix, false);
  EXPECT_EQ(hearing.matrix.wrong_cells()[0].find("bob does not hear carol"), 0U);
}

TEST(VoiceHearing, FollowsADelayThatChanges) {
  Room room(3);
  room.gain[0] = 0.0;
  room.slip_at = 4 * kRateHz;
  const VoiceReport report = room.report();
  EXPECT_NEAR(report.voices[1].level_db, 0.0, 0.3);
  EXPECT_EQ(report.voices[1].delay_spread, 160);
}

// A slip leaves much that is explained by nobody; it must not pass for one's own voice, whenever it comes.
TEST(VoiceHearing, ASlipIsNoEcho) {
  for (std::size_t slip = 2 * kRateHz; slip < 6 * kRateHz; slip += 4'321) {
    Room room(3);
    room.gain[0] = 0.0;
    room.slip_at = slip;
    const VoiceReport report = room.report();
    EXPECT_LT(report.voices[0].level_db, -42.0) << slip;
    EXPECT_NEAR(report.voices[1].level_db, 0.0, 0.6) << slip;
    EXPECT_GT(report.voices[1].level_db_min, -6.0) << slip;
    EXPECT_LT(report.unexplained.size(), 15U) << slip;  // of 350, found to a quarter of a second
  }
}

TEST(VoiceHearing, ReportsAHole) {
  Room room(3);
  room.gain[0] = 0.0;
  room.lost_frame = 203;
  const VoiceReport report = room.report();
  ASSERT_EQ(report.unexplained.size(), 1U);
  EXPECT_EQ(report.unexplained[0], 203 * 160);
  EXPECT_NEAR(report.voices[1].level_db, 0.0, 0.3);
}

TEST(VoiceHearing, SaysInterruptedWhenHeardHalfOfTheTime) {
  const Samples bob = voice_samples(1, kTrial);
  const Samples alice = voice_samples(0, kTrial);
  Samples heard = bob;
  std::fill(heard.begin() + 4 * kRateHz, heard.end(), std::int16_t{0});
  const std::vector<Track> sent = {{alice, 0}, {bob, 0}};
  const std::vector<Track> tracks = {{heard, 0}, {alice, 0}};
  const VoiceHearing hearing = voice_matrix({"alice", "bob"}, tracks, sent, kRateHz, kTrial);
  EXPECT_EQ(hearing.matrix.at(0, 1).hearing, Hearing::kInterrupted);
}

TEST(VoiceHearing, SilenceHasNobodyInIt) {
  const Samples bob = voice_samples(1, kTrial);
  const std::vector<Track> sent = {{bob, 0}};
  const Samples nothing(kTrial);
  EXPECT_LE(find_voices({nothing, 0}, sent, 0, kTrial).voices[0].level_db, -100.0);
  EXPECT_LE(find_voices({}, sent, 0, kTrial).voices[0].level_db, -100.0);
}

}  // namespace
}  // namespace tutti::analyser
