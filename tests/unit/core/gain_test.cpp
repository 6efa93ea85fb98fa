// How loudly a voice enters the mix, and how loudly each hears it.

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

const int kA = sample_of(std::byte{0xA0});
const int kB = sample_of(std::byte{0x90});

mailbox::MixControls gain_in(int db) {
  return {.gain_in_db = static_cast<std::int8_t>(db)};
}
mailbox::MixControls gain_out(int db) {
  return {.gain_out_db = static_cast<std::int8_t>(db)};
}

// What a caller heard last; one byte throughout, or the test fails.
std::byte heard(Room& room, std::size_t caller) {
  const auto bytes = joined(room.callers[caller]->take_rtp());
  EXPECT_FALSE(bytes.empty());
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [&](auto byte) { return byte == bytes[0]; }));
  return bytes.empty() ? std::byte{} : bytes.back();
}

void settle(Room& room, const std::vector<std::uint8_t>& bytes) {
  room.ticks(30, bytes);
  for (auto& caller : room.callers) caller->take_rtp();
  room.ticks(10, bytes);
}

class GainIn : public ::testing::TestWithParam<int> {};

TEST_P(GainIn, IsHeardByTheOthersAndNeverByItsOwner) {
  Room room(3);
  room.wire.server.update(room.participants[0], gain_in(GetParam()));
  settle(room, {0xA0, 0x90, kSilence});
  const int raised = std::clamp(scaled(kA, GetParam()), -32'768, 32'767);
  EXPECT_EQ(heard(room, 0), ulaw_of(kB)) << "N-1 is exact: what was added is what is taken off";
  EXPECT_EQ(heard(room, 1), ulaw_of(raised));
  EXPECT_EQ(heard(room, 2), ulaw_of(raised + kB));
}

class GainOut : public ::testing::TestWithParam<int> {};

TEST_P(GainOut, ChangesWhatOneHearsAndNobodyElse) {
  Room room(4);
  room.wire.server.update(room.participants[0], gain_out(GetParam()));
  room.wire.server.update(room.participants[2], gain_out(GetParam()));
  settle(room, {0xA0, 0x90, kSilence, kSilence});
  EXPECT_EQ(heard(room, 0), ulaw_of(scaled(kB, GetParam())));
  EXPECT_EQ(heard(room, 1), ulaw_of(kA));
  EXPECT_EQ(heard(room, 2), ulaw_of(scaled(kA + kB, GetParam())));
  EXPECT_EQ(heard(room, 3), ulaw_of(kA + kB));
}

INSTANTIATE_TEST_SUITE_P(Db, GainIn, ::testing::Values(-40, -6, 0, 1, 20));
INSTANTIATE_TEST_SUITE_P(Db, GainOut, ::testing::Values(-40, -6, 0, 1, 20));

TEST(GainOut, TurnsDownWhatWouldNotHaveFitted) {
  Room room(5);
  room.wire.server.update(room.participants[4], gain_out(-12));
  settle(room, {0x80, 0x80, 0x80, 0x8F, kSilence});  // 3 x full scale and half of it
  const int sum = 3 * sample_of(std::byte{0x80}) + sample_of(std::byte{0x8F});
  ASSERT_GT(std::abs(sum), 100'000);
  EXPECT_EQ(heard(room, 4), ulaw_of(scaled(sum, -12)));
}

TEST(GainOut, MoreGainsThanClassesAreServedAllTheSame) {
  constexpr std::size_t kListeners = 24;
  Room room(1 + kListeners, {.ptimes_ms = {20, 20, 40, 10}, .alaw_from = kListeners});
  const auto gain_of = [](std::size_t listener) { return static_cast<int>(listener / 2) - 6; };
  for (std::size_t i = 1; i <= kListeners; ++i) {
    room.wire.server.update(room.participants[i], gain_out(gain_of(i)));
  }
  settle(room, {0xA0});
  for (std::size_t i = 1; i < kListeners; ++i) {
    EXPECT_EQ(heard(room, i), ulaw_of(scaled(kA, gain_of(i)))) << "listener " << i;
  }
  // The last one hears A-law.
  std::byte alaw{};
  const auto sample = static_cast<std::int16_t>(scaled(kA, gain_of(kListeners)));
  codec::encode(codec::CodecId::kPcma, std::span(&sample, 1), std::span(&alaw, 1));
  EXPECT_EQ(heard(room, kListeners), alaw);
}

// Every change of gain, in the middle of a sound: from the one level to the other within two ticks, without
// a step.
void expect_straight(const std::vector<std::byte>& bytes, int from, int to) {
  std::vector<int> samples;
  for (const auto byte : bytes) samples.push_back(sample_of(byte));
  EXPECT_EQ(samples.front(), sample_of(ulaw_of(from)));
  EXPECT_EQ(samples.back(), sample_of(ulaw_of(to)));
  const auto changed = std::count_if(samples.begin(), samples.end(), [&](int sample) {
    return sample != samples.front() && sample != samples.back();
  });
  EXPECT_LE(changed, 160);
  EXPECT_GE(changed, 100);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    // A 160th of the way, and G.711's own step at this level: a 16th of it at most.
    const int step = std::abs(to - from) / 160 + std::max(std::abs(samples[i]), 64) / 8;
    EXPECT_LE(std::abs(samples[i] - samples[i - 1]), step) << "sample " << i;
  }
}

TEST(Gain, AChangeOfAVoiceDoesNotClick) {
  for (const int db : {-20, 6}) {
    Room room(2);
    settle(room, {0xA0, kSilence});
    room.callers[1]->take_rtp();
    room.ticks(2, {0xA0, kSilence});
    room.wire.server.update(room.participants[0], gain_in(db));
    room.ticks(4, {0xA0, kSilence});
    expect_straight(joined(room.callers[1]->take_rtp()), kA, scaled(kA, db));
  }
}

TEST(Gain, AChangeOfWhatOneHearsDoesNotClick) {
  for (const bool talks : {false, true}) {
    for (const int db : {-20, 6}) {
      const std::uint8_t own = talks ? 0x90 : kSilence;
      Room room(2);
      settle(room, {0xA0, own});
      room.callers[1]->take_rtp();
      room.ticks(2, {0xA0, own});
      room.wire.server.update(room.participants[1], gain_out(db));
      room.ticks(4, {0xA0, own});
      expect_straight(joined(room.callers[1]->take_rtp()), kA, scaled(kA, db));
    }
  }
}

TEST(Gain, DeafnessComesAndGoesWithoutAClick) {
  Room room(2);
  settle(room, {0xA0, kSilence});
  room.callers[1]->take_rtp();
  room.ticks(2, {0xA0, kSilence});
  room.wire.server.update(room.participants[1], {.deaf = true});
  room.ticks(4, {0xA0, kSilence});
  expect_straight(joined(room.callers[1]->take_rtp()), kA, 0);
  room.ticks(2, {0xA0, kSilence});
  room.wire.server.update(room.participants[1], mailbox::MixControls());
  room.ticks(4, {0xA0, kSilence});
  expect_straight(joined(room.callers[1]->take_rtp()), 0, kA);
}

TEST(Gain, RaisesAVoiceThatTheGateWouldHaveKeptOut) {
  constexpr std::uint8_t kWhisper = 0xFC;  // three steps of u-law: 24 of 32 767, below the gate's 65
  Room room(2);
  settle(room, {kWhisper, kSilence});
  EXPECT_EQ(heard(room, 1), std::byte{kSilence});
  room.wire.server.update(room.participants[0], gain_in(20));
  settle(room, {kWhisper, kSilence});
  EXPECT_EQ(heard(room, 1), ulaw_of(scaled(sample_of(std::byte{kWhisper}), 20)));
}

TEST(Gain, CutsNoWordOfAVoiceThatIsTurnedDown) {
  constexpr std::uint8_t kSoft = 0xD0;  // above the gate as it comes, below it when turned down
  Room room(2);
  room.wire.server.update(room.participants[0], gain_in(-30));
  settle(room, {kSoft, kSilence});
  const auto turned_down = scaled(sample_of(std::byte{kSoft}), -30);
  ASSERT_LT(std::abs(turned_down), 65);
  EXPECT_EQ(heard(room, 1), ulaw_of(turned_down));
}

TEST(Gain, DecidesWhoIsAmongTheLoudest) {
  Room room(3, {.max_talkers = 1});
  room.wire.server.update(room.participants[1], gain_in(20));
  settle(room, {0xA0, 0xB8, kSilence});
  EXPECT_EQ(heard(room, 2), ulaw_of(scaled(sample_of(std::byte{0xB8}), 20)));
}

}  // namespace
}  // namespace tutti::core
