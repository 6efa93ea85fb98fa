// Who is sent one encoding, and who one of his own: told by where the bytes lie, for G.711 keeps nothing from
// one frame to the next and gives the same bytes as often as it is asked.

#include "dataplane/core/listener_classes.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/codec/codec.h"

namespace tutti::core {
namespace {

using codec::CodecId;
using Place = ListenerClasses::EncodedFrame;

constexpr dsp::GainRamp kUnity{};

constexpr dsp::GainRamp steady(int db) {
  return {dsp::gain_of_db(db), dsp::gain_of_db(db)};
}

// A tick of two talkers; everyone hears with a place of his own.
class ListenerClassesTest : public ::testing::Test {
 protected:
  ListenerClassesTest() {
    one_.samples.fill(4'000);
    other_.samples.fill(300);
    tick();
  }

  void tick() {
    mixer_.begin_tick();
    mixer_.add(one_);
    mixer_.add(other_);
    classes_.begin_tick();
    places_.clear();
  }

  std::span<const std::byte> hear(CodecId codec, dsp::GainRamp gain, const base::Frame* own = nullptr) {
    places_.push_back(std::make_unique<Place>());
    return classes_.hear(codec, own, gain, *places_.back());
  }
  // Whether the last one who heard was encoded for himself.
  bool alone(std::span<const std::byte> heard) const { return heard.data() == places_.back()->data(); }

  static std::byte encoded(CodecId codec, int sample) {
    const auto pcm = static_cast<std::int16_t>(sample);
    std::byte codeword{};
    codec::encode(codec, std::span(&pcm, 1), std::span(&codeword, 1));
    return codeword;
  }
  static bool all_are(std::span<const std::byte> heard, std::byte wanted) {
    return heard.size() == base::kFrameSamples &&
           std::all_of(heard.begin(), heard.end(), [=](auto byte) { return byte == wanted; });
  }

  base::Frame one_, other_;
  mixer::ConferenceMixer mixer_;
  ListenerClasses classes_{mixer_};
  std::vector<std::unique_ptr<Place>> places_;
};

TEST_F(ListenerClassesTest, WhoOnlyListensSharesOneEncodingOfEachCodec) {
  const auto first = hear(CodecId::kPcmu, kUnity);
  EXPECT_FALSE(alone(first));
  EXPECT_EQ(hear(CodecId::kPcmu, kUnity).data(), first.data());
  const auto alaw = hear(CodecId::kPcma, kUnity);
  EXPECT_NE(alaw.data(), first.data());
  EXPECT_EQ(hear(CodecId::kPcma, kUnity).data(), alaw.data());
  // Those who are sent to together, too.
  EXPECT_EQ(classes_.whole_mix(CodecId::kPcmu).data(), first.data());
  EXPECT_TRUE(all_are(first, encoded(CodecId::kPcmu, 4'300)));
  EXPECT_TRUE(all_are(alaw, encoded(CodecId::kPcma, 4'300)));
}

TEST_F(ListenerClassesTest, AGainIsAClassOfItsOwnInEachCodec) {
  const auto first = hear(CodecId::kPcmu, steady(-6));
  EXPECT_FALSE(alone(first));
  const std::array others{hear(CodecId::kPcmu, kUnity), hear(CodecId::kPcmu, steady(6)),
                          hear(CodecId::kPcma, steady(-6))};
  for (const auto other : others) EXPECT_NE(other.data(), first.data());
  EXPECT_EQ(hear(CodecId::kPcmu, steady(-6)).data(), first.data());
  EXPECT_EQ(hear(CodecId::kPcmu, steady(6)).data(), others[1].data());
  EXPECT_EQ(hear(CodecId::kPcma, steady(-6)).data(), others[2].data());
}

// Once a tick: a second encoding would show another sum.
TEST_F(ListenerClassesTest, AClassIsEncodedWhenItIsFirstAskedForAndNotAgainInThatTick) {
  for (const auto gain : {kUnity, steady(-6)}) {
    SCOPED_TRACE(gain.to);
    tick();
    const auto first = hear(CodecId::kPcmu, gain);
    const std::byte before = first.front();
    mixer_.add(one_);
    EXPECT_TRUE(all_are(hear(CodecId::kPcmu, gain), before));
    one_.samples.fill(-2'000);
    tick();
    EXPECT_FALSE(all_are(hear(CodecId::kPcmu, gain), before));
    one_.samples.fill(4'000);
  }
}

TEST_F(ListenerClassesTest, ATalkerHearsAnEncodingOfItsOwnInWhateverClass) {
  for (const auto gain : {kUnity, steady(-6)}) {
    SCOPED_TRACE(gain.to);
    const auto shared = hear(CodecId::kPcmu, gain);
    const auto heard = hear(CodecId::kPcmu, gain, &one_);
    EXPECT_TRUE(alone(heard));
    EXPECT_FALSE(std::equal(heard.begin(), heard.end(), shared.begin()));
    // Two who talk do not share either.
    EXPECT_TRUE(alone(hear(CodecId::kPcmu, gain, &one_)));
  }
  EXPECT_TRUE(all_are(hear(CodecId::kPcmu, kUnity, &one_), encoded(CodecId::kPcmu, 300)));
  EXPECT_TRUE(all_are(hear(CodecId::kPcmu, kUnity, &other_), encoded(CodecId::kPcmu, 4'000)));
}

// Silence is the same for all, and a gain on its way is heard by one alone.
TEST_F(ListenerClassesTest, WhoHearsNothingSharesItAndWhoseGainMovesSharesNothing) {
  const dsp::GainRamp nothing{0, 0};
  const auto silence = hear(CodecId::kPcmu, nothing);
  EXPECT_FALSE(alone(silence));
  EXPECT_EQ(hear(CodecId::kPcmu, nothing, &one_).data(), silence.data());
  EXPECT_TRUE(all_are(silence, encoded(CodecId::kPcmu, 0)));
  EXPECT_TRUE(alone(hear(CodecId::kPcmu, {dsp::gain_of_db(-6), dsp::gain_of_db(6)})));
}

TEST_F(ListenerClassesTest, BeyondTheGainsThatAreSharedEachHasHisOwn) {
  std::vector<const std::byte*> shared;
  for (int db = 1; db <= static_cast<int>(ListenerClasses::kGainsMax); ++db) {
    shared.push_back(hear(CodecId::kPcmu, steady(db)).data());
    EXPECT_NE(shared.back(), places_.back()->data());
  }
  EXPECT_TRUE(alone(hear(CodecId::kPcmu, steady(-1))));
  EXPECT_TRUE(alone(hear(CodecId::kPcmu, steady(-1))));
  // Those of before share still, and the next tick has room again.
  EXPECT_EQ(hear(CodecId::kPcmu, steady(1)).data(), shared.front());
  tick();
  EXPECT_FALSE(alone(hear(CodecId::kPcmu, steady(-1))));
}

}  // namespace
}  // namespace tutti::core
