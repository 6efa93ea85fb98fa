#include "mixer/conference_mixer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/codec/codec.h"
#include "mixer/dsp/level.h"
#include "mixer/dsp/tone_generator.h"
#include "mixer/mix_ring.h"

namespace tutti::mixer {
namespace {

using base::Frame;
using base::kFrameSamples;
using codec::CodecId;

constexpr std::uint32_t kSeed = 4'711;

std::vector<Frame> random_frames(std::size_t count, int amplitude) {
  std::mt19937 random(kSeed);
  std::uniform_int_distribution<int> sample(-amplitude, amplitude);
  std::vector<Frame> frames(count);
  for (auto& frame : frames) {
    for (auto& value : frame.samples) value = static_cast<std::int16_t>(sample(random));
  }
  return frames;
}

// What participant `left_out` must hear, by the definition: the others' sum in 64 bits, cut to 16 once.
Frame others(const std::vector<Frame>& frames, std::size_t left_out) {
  Frame heard;
  for (std::size_t i = 0; i < kFrameSamples; ++i) {
    std::int64_t sum = 0;
    for (std::size_t j = 0; j < frames.size(); ++j) {
      if (j != left_out) sum += frames[j].samples[i];
    }
    heard.samples[i] = static_cast<std::int16_t>(std::clamp<std::int64_t>(sum, -32'768, 32'767));
  }
  return heard;
}

class Participants : public testing::TestWithParam<std::size_t> {};

TEST_P(Participants, EachHearsTheOthersExactly) {
  for (const int amplitude : {500, 32'767}) {  // never saturating, nearly always saturating
    const auto frames = random_frames(GetParam(), amplitude);
    ConferenceMixer mixer;
    mixer.begin_tick();
    for (const auto& frame : frames) mixer.add(frame);
    EXPECT_EQ(mixer.contributors(), GetParam());
    Frame heard;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      mixer.mix_minus(frames[i], heard);
      ASSERT_EQ(heard.samples, others(frames, i).samples) << "participant " << i << ", seed " << kSeed;
    }
    mixer.full_mix(heard);
    EXPECT_EQ(heard.samples, others(frames, frames.size()).samples);
  }
}

TEST_P(Participants, EncodedIsTheSameAsDecodedMixedAndEncoded) {
  std::mt19937 random(kSeed);
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kPcma}) {
    std::vector<std::array<std::byte, kFrameSamples>> payloads(GetParam());
    std::vector<Frame> frames(GetParam()), decoded(GetParam());
    ConferenceMixer fused, plain;
    fused.begin_tick();
    plain.begin_tick();
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      for (auto& byte : payloads[i]) byte = static_cast<std::byte>(random());
      fused.add_encoded(codec, payloads[i], frames[i]);
      codec::decode(codec, payloads[i], decoded[i].samples);
      ASSERT_EQ(frames[i].samples, decoded[i].samples);
      plain.add(decoded[i]);
    }
    ASSERT_EQ(fused.sum().samples, plain.sum().samples);
    std::vector<std::array<std::byte, kFrameSamples>> encoded(frames.size());
    std::vector<const std::int16_t*> own;
    std::vector<std::uint8_t*> out;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      own.push_back(frames[i].samples.data());
      out.push_back(reinterpret_cast<std::uint8_t*>(encoded[i].data()));
    }
    fused.mix_minus_encoded(codec, own, out);
    std::array<std::byte, kFrameSamples> actual, expected;
    Frame heard;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      plain.mix_minus(frames[i], heard);
      codec::encode(codec, heard.samples, expected);
      ASSERT_EQ(encoded[i], expected) << "participant " << i;
    }
    EXPECT_EQ(fused.full_mix_encoded(codec, actual), kFrameSamples);
    plain.full_mix(heard);
    codec::encode(codec, heard.samples, expected);
    EXPECT_EQ(actual, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(From2To64, Participants, testing::Range<std::size_t>(2, 65));

TEST(ConferenceMixer, AloneHearsSilence) {
  const auto frames = random_frames(1, 32'767);
  ConferenceMixer mixer;
  mixer.begin_tick();
  mixer.add(frames[0]);
  Frame heard;
  mixer.mix_minus(frames[0], heard);
  EXPECT_EQ(heard.samples, Frame{}.samples);
}

TEST(ConferenceMixer, EveryTickBeginsSilent) {
  ConferenceMixer mixer;
  mixer.begin_tick();
  mixer.add(random_frames(1, 32'767)[0]);
  mixer.begin_tick();
  EXPECT_EQ(mixer.contributors(), 0u);
  EXPECT_EQ(mixer.sum().samples, base::SumFrame{}.samples);
  std::array<std::byte, kFrameSamples> payload;
  mixer.full_mix_encoded(CodecId::kPcma, payload);
  EXPECT_EQ(payload[0], codec::properties(CodecId::kPcma).silence);
}

// Two at full scale in phase overflow 16 bits; a third in counterphase takes it back. A mixer that cut after
// each addition would be left with nothing of the first two.
TEST(ConferenceMixer, SaturatesOnlyAtTheEnd) {
  Frame loud, opposite, quiet;
  loud.samples.fill(32'767);
  opposite.samples.fill(-32'768);
  quiet.samples.fill(5);
  ConferenceMixer mixer;
  mixer.begin_tick();
  mixer.add(loud);
  mixer.add(loud);
  mixer.add(opposite);
  mixer.add(quiet);
  Frame heard;
  mixer.mix_minus(quiet, heard);
  EXPECT_EQ(heard.samples[0], 32'766);
  mixer.mix_minus(opposite, heard);
  EXPECT_EQ(heard.samples[0], 32'767);
  mixer.mix_minus(loud, heard);
  EXPECT_EQ(heard.samples[0], 4);
}

TEST(ConferenceMixer, ATalkersLevelStaysAsPeopleJoin) {
  dsp::ToneGenerator tone(1'000, 8'000);
  Frame talker;
  tone.generate(talker.samples);
  const auto alone = dsp::level_dbov(talker.samples);
  for (std::size_t silent = 1; silent < 1'000; silent *= 3) {
    ConferenceMixer mixer;
    mixer.begin_tick();
    mixer.add(talker);
    for (std::size_t i = 0; i < silent; ++i) mixer.add(Frame{});
    Frame heard;
    mixer.mix_minus(Frame{}, heard);
    EXPECT_EQ(heard.samples, talker.samples);
    EXPECT_EQ(dsp::level_dbov(heard.samples), alone);
  }
}

TEST(ConferenceMixer, HoldsAsManyAsItSaysAtFullScale) {
  for (const std::int16_t rail : {std::int16_t{-32'768}, std::int16_t{32'767}}) {
    Frame loud;
    loud.samples.fill(rail);
    ConferenceMixer mixer;
    mixer.begin_tick();
    for (std::uint32_t i = 0; i < ConferenceMixer::kContributorsMax; ++i) mixer.add(loud);
    EXPECT_EQ(mixer.sum().samples[0], std::int64_t{rail} * ConferenceMixer::kContributorsMax);
    Frame heard;
    mixer.mix_minus(loud, heard);
    EXPECT_EQ(heard.samples[0], rail);
  }
}

// Under the asan preset an allocation or a lock in here aborts.
TEST(ConferenceMixer, KeepsToACoresRules) {
  const auto frames = random_frames(3, 32'767);
  const std::array<std::byte, kFrameSamples> in{};
  std::array<std::byte, kFrameSamples> out;
  const auto ring = std::make_unique<MixRing>();
  Frame own, heard;
  base::SumFrame read_back;
  ConferenceMixer mixer;
  const base::RealtimeSection turn;
  mixer.begin_tick();
  for (const auto& frame : frames) mixer.add(frame);
  mixer.add_encoded(CodecId::kPcma, in, own);
  mixer.mix_minus(frames[0], heard);
  const std::int16_t* const spoken = own.samples.data();
  auto* const payload = reinterpret_cast<std::uint8_t*>(out.data());
  mixer.mix_minus_encoded(CodecId::kPcmu, std::span(&spoken, 1), std::span(&payload, 1));
  mixer.full_mix_encoded(CodecId::kPcma, out);
  MixPart part;
  part.contributors = mixer.contributors();
  ring->publish(1, part, mixer.sum());
  EXPECT_EQ(ring->read(1, part, read_back), MixRead::kWhole);
  EXPECT_LE(dsp::level_dbov(heard.samples), dsp::kSilent);
}

TEST(ConferenceMixer, MoreMayBeAddedAfterSomebodyHasHeard) {
  const auto frames = random_frames(3, 32'767);
  ConferenceMixer mixer;
  mixer.begin_tick();
  mixer.add(frames[0]);
  Frame heard;
  mixer.full_mix(heard);
  mixer.add(frames[1]);
  mixer.mix_minus(frames[1], heard);
  EXPECT_EQ(heard.samples, frames[0].samples);
  mixer.add_sum(mixer.sum(), 2);
  mixer.mix_minus(Frame{}, heard);
  EXPECT_EQ(heard.samples, others({frames[0], frames[1], frames[0], frames[1]}, 4).samples);
}

TEST(ConferenceMixer, SubMixesOfTwoCoresGiveTheSameAsOneMix) {
  const auto frames = random_frames(20, 32'767);
  ConferenceMixer whole, here, there;
  whole.begin_tick();
  here.begin_tick();
  there.begin_tick();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    whole.add(frames[i]);
    (i < 7 ? here : there).add(frames[i]);
  }
  here.add_sum(there.sum(), there.contributors());
  EXPECT_EQ(here.contributors(), whole.contributors());
  Frame expected, actual;
  for (std::size_t i = 0; i < 7; ++i) {
    whole.mix_minus(frames[i], expected);
    here.mix_minus(frames[i], actual);
    EXPECT_EQ(actual.samples, expected.samples);
  }
}

TEST(ConferenceMixer, APayloadOfAnyLengthIsOneFrame) {
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{80}, std::size_t{159}, std::size_t{480}}) {
    const std::vector<std::byte> payload(length, std::byte{0x80});  // the greatest value
    ConferenceMixer mixer;
    mixer.begin_tick();
    Frame own;
    own.samples.fill(99);
    mixer.add_encoded(CodecId::kPcmu, payload, own);
    for (std::size_t i = 0; i < kFrameSamples; ++i) {
      ASSERT_EQ(own.samples[i], i < length ? 32'124 : 0);
      ASSERT_EQ(mixer.sum().samples[i], own.samples[i]);
    }
  }
}

}  // namespace
}  // namespace tutti::mixer
