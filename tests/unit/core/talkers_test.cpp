// Who is in the mix, who only listens, and how one becomes the other.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/codec/codec.h"
#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kHiss = 0xFE;  // one step of u-law: 8 of 32 767

TEST(Gate, LineNoiseIsNotMixed) {
  Room room(2);
  room.ticks(20, {kHiss, kSilence});
  room.callers[1]->take_rtp();
  const auto mixed = room.wire.counters().frames_mixed.value();
  room.ticks(20, {kHiss, kSilence});
  for (const auto& packet : room.callers[1]->take_rtp()) EXPECT_TRUE(all_bytes_are(packet.payload, kSilence));
  EXPECT_EQ(room.wire.counters().frames_mixed.value(), mixed);
}

TEST(Gate, IsAnotherForAllFromTheNextTickOn) {
  Room room(2);
  room.ticks(20, {kHiss, kSilence});
  room.callers[1]->take_rtp();
  room.wire.server.post(0, mailbox::UpdateListening{{40, 0}});
  room.tick({kHiss, kSilence});
  room.callers[1]->take_rtp();
  room.ticks(20, {kHiss, kSilence});
  for (const auto& packet : room.callers[1]->take_rtp()) EXPECT_TRUE(all_bytes_are(packet.payload, kHiss));
}

TEST(JitterDelay, IsAnotherForWhoComesFromNowOn) {
  Wire wire({.jitter_delay = 100ms, .follow_talkers = false});
  const auto conference = wire.server.open_conference(0, 0);
  WireCaller listener(wire, "10.0.0.1", 1);
  wire.server.join(conference, listener.media());
  // Ticks from the first packet until it is heard.
  const auto wait_of = [&](WireCaller& talker) {
    const auto participant = wire.server.join(conference, talker.media());
    wire.run_for(base::kTick);
    listener.take_rtp();
    for (int ticks = 0; ticks < 20; ++ticks) {
      talker.talk(participant.endpoint.rtp, base::kTick);
      for (const auto& packet : listener.take_rtp()) {
        if (!all_bytes_are(packet.payload, kSilence)) return ticks;
      }
    }
    return -1;
  };
  WireCaller before(wire, "10.0.0.2", 2);
  EXPECT_GE(wait_of(before), 4);
  wire.run_for(1s);
  wire.server.post(0, mailbox::UpdateListening{{0, 65}});
  WireCaller after(wire, "10.0.0.3", 3);
  const int wait = wait_of(after);
  EXPECT_GE(wait, 0);
  EXPECT_LE(wait, 2);
}

// The jitter buffer's delay and the listener's ptime, in ms.
class FirstSyllable : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(FirstSyllable, IsHeardWholeAndSoIsTheLastAndThePauseBetween) {
  const auto [jitter_ms, ptime_ms] = GetParam();
  Room room(2, {.jitter_delay = std::chrono::milliseconds(jitter_ms), .ptimes_ms = {20, ptime_ms}});
  room.ticks(50, {kHiss, kSilence});
  room.callers[1]->take_rtp();
  room.ticks(5, {0xA0, kSilence});
  room.ticks(15, {kHiss, kSilence});  // 300 ms: a pause within a sentence
  room.ticks(5, {0xA1, kSilence});
  room.ticks(60, {kHiss, kSilence});
  const auto heard = joined(room.callers[1]->take_rtp());
  // From the first loud sample to the last not one is missing.
  const auto first = std::find(heard.begin(), heard.end(), std::byte{0xA0});
  ASSERT_NE(first, heard.end());
  std::vector<std::byte> said(5 * 160, std::byte{0xA0});
  said.insert(said.end(), 15 * 160, std::byte{kHiss});
  said.insert(said.end(), 5 * 160, std::byte{0xA1});
  ASSERT_GE(heard.end() - first, static_cast<std::ptrdiff_t>(said.size()));
  EXPECT_TRUE(std::equal(said.begin(), said.end(), first));
  EXPECT_EQ(std::count(heard.begin(), heard.end(), std::byte{0xA0}), 5 * 160);
  // The soft beginning before it is heard as well, as far as it waited in the jitter buffer by then.
  const auto frames_before = std::min(jitter_ms / 20, 2);
  EXPECT_EQ(std::count(heard.begin(), first, std::byte{kHiss}), frames_before * 160);
  // Long after the last sound the noise is gone.
  EXPECT_EQ(heard.back(), std::byte{kSilence});
}

INSTANTIATE_TEST_SUITE_P(JitterAndPtimeMs, FirstSyllable,
                         ::testing::Combine(::testing::Values(0, 20, 40, 100),
                                            ::testing::Values(10, 20, 30, 40, 50, 60)));

TEST(Listeners, HearOnePayloadUnderHeadersOfTheirOwn) {
  Room room(6);
  room.ticks(30, {0xA0, 0x90, kSilence, kSilence, kSilence});  // the sixth has never sent
  for (auto& caller : room.callers) caller->take_rtp();
  room.ticks(20, {0xA0, 0x90, kSilence, kSilence, kSilence});
  const auto first = room.callers[2]->take_rtp();
  const auto sum = static_cast<std::int16_t>(sample_of(std::byte{0xA0}) + sample_of(std::byte{0x90}));
  std::byte expected{};
  codec::encode(codec::CodecId::kPcmu, std::span(&sum, 1), std::span(&expected, 1));
  ASSERT_EQ(first.size(), 20U);
  for (std::size_t listener = 3; listener < 6; ++listener) {
    const auto other = room.callers[listener]->take_rtp();
    ASSERT_EQ(other.size(), first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_TRUE(all_bytes_are(first[i].payload, static_cast<std::uint8_t>(expected)));
      EXPECT_EQ(other[i].payload, first[i].payload);
      EXPECT_NE(other[i].header.ssrc, first[i].header.ssrc);
      if (i == 0) continue;
      EXPECT_EQ(other[i].header.sequence_number - other[i - 1].header.sequence_number, 1);
      EXPECT_EQ(other[i].header.timestamp - other[i - 1].header.timestamp, 160);
    }
  }
}

TEST(Listeners, OfAllPtimesShareWhatIsEncodedOnce) {
  // The first speaks; of the others everyone has packets of another length, and the last two another codec.
  Room room(9, {.ptimes_ms = {20, 20, 10, 30, 40, 50, 60, 20, 30}, .alaw_from = 7});
  std::vector<std::uint8_t> bytes(9, kSilence);
  bytes[0] = 0xA0;
  room.ticks(30, bytes);
  for (auto& caller : room.callers) caller->take_rtp();
  for (std::uint8_t i = 0; i < 60; ++i) {
    bytes[0] = static_cast<std::uint8_t>(0x90 + i % 32);
    room.tick(bytes);
  }
  const auto reference = joined(room.callers[1]->take_rtp());
  for (std::size_t listener = 2; listener < 7; ++listener) {
    SCOPED_TRACE(listener);
    const auto heard = joined(room.callers[listener]->take_rtp());
    ASSERT_GE(heard.size() + 960U, reference.size());
    // The same bytes, wherever its packets were cut.
    const auto found =
        std::search(reference.begin(), reference.end(), heard.begin() + 480, heard.end() - 480);
    EXPECT_NE(found, reference.end());
  }
  const auto alaw = joined(room.callers[7]->take_rtp());
  const auto alaw_30 = joined(room.callers[8]->take_rtp());
  EXPECT_NE(std::search(alaw.begin(), alaw.end(), alaw_30.begin() + 480, alaw_30.end() - 480), alaw.end());
}

class Switch : public ::testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Switch, ToTalkerAndBackIsHeardByNobodyWhateverThePtimeAndTheGain) {
  const auto [ptime_ms, gain_db] = GetParam();
  Room room(2, {.ptimes_ms = {20, ptime_ms}});
  room.wire.server.update(room.participants[1], {.gain_out_db = static_cast<std::int8_t>(gain_db)});
  std::vector<std::uint8_t> both{0xA0, kSilence};
  room.ticks(30, both);
  room.callers[1]->take_rtp();
  const std::byte expected = ulaw_of(scaled(sample_of(std::byte{0xA0}), gain_db));
  for (int i = 0; i < 5; ++i) {
    both[1] = 0x90;
    room.ticks(7 + i, both);
    both[1] = kSilence;
    room.ticks(31 + i, both);
  }
  const auto packets = room.callers[1]->take_rtp();
  ASSERT_GE(packets.size(), static_cast<std::size_t>(200 * 20 / ptime_ms - 1));
  for (std::size_t i = 0; i < packets.size(); ++i) {
    EXPECT_TRUE(all_bytes_are(packets[i].payload, static_cast<std::uint8_t>(expected))) << "packet " << i;
    if (i == 0) continue;
    EXPECT_EQ(packets[i].arrival - packets[i - 1].arrival, std::chrono::milliseconds(ptime_ms));
    EXPECT_EQ(packets[i].header.sequence_number - packets[i - 1].header.sequence_number, 1);
    EXPECT_EQ(packets[i].header.timestamp - packets[i - 1].header.timestamp, ptime_ms * 8);
  }
}

INSTANTIATE_TEST_SUITE_P(PtimeMsAndGainDb, Switch,
                         ::testing::Combine(::testing::Values(10, 20, 30, 40, 50, 60),
                                            ::testing::Values(0, -6, 12)));

TEST(Listeners, WhoBeginsToTalkGetsNMinusOneInTheSameTickAndBackAgain) {
  Room room(2);
  std::vector<std::uint8_t> both{0xA0, kSilence};
  room.ticks(30, both);
  room.callers[1]->take_rtp();
  both[1] = 0x90;
  room.ticks(10, both);
  both[1] = kSilence;
  room.ticks(60, both);
  // Its own voice is in none of its packets, and the other's in each.
  const auto packets = room.callers[1]->take_rtp();
  ASSERT_EQ(packets.size(), 70U);
  for (const auto& packet : packets) EXPECT_TRUE(all_bytes_are(packet.payload, 0xA0));
}

TEST(Loudest, OnlySoManyAreInTheMixAndTheyHearEachOther) {
  Room room(5, {.max_talkers = 2});
  // In u-law a smaller byte is louder: the second and the fourth.
  const std::vector<std::uint8_t> bytes{0xB0, 0x90, 0xC0, 0x98, 0xC8};
  room.ticks(40, bytes);
  for (auto& caller : room.callers) caller->take_rtp();
  room.ticks(10, bytes);
  const auto sum = static_cast<std::int16_t>(sample_of(std::byte{0x90}) + sample_of(std::byte{0x98}));
  std::byte both{};
  codec::encode(codec::CodecId::kPcmu, std::span(&sum, 1), std::span(&both, 1));
  const std::array<std::uint8_t, 5> expected{static_cast<std::uint8_t>(both), 0x98,
                                             static_cast<std::uint8_t>(both), 0x90,
                                             static_cast<std::uint8_t>(both)};
  for (std::size_t i = 0; i < 5; ++i) {
    for (const auto& packet : room.callers[i]->take_rtp()) {
      EXPECT_TRUE(all_bytes_are(packet.payload, expected[i])) << "caller " << i;
    }
  }
}

TEST(Loudest, EqualsDoNotTakeTurns) {
  Room room(4, {.max_talkers = 2});
  const std::vector<std::uint8_t> bytes{0xA0, 0xA0, 0xA0, kSilence};
  room.ticks(40, bytes);
  room.callers[3]->take_rtp();
  room.ticks(50, bytes);
  const auto packets = room.callers[3]->take_rtp();
  for (const auto& packet : packets) EXPECT_EQ(packet.payload, packets.front().payload);
}

TEST(Loudest, TwoWhoDifferByLittleDoNotTakeTurns) {
  Room room(3, {.max_talkers = 1});
  room.ticks(40, {0xA0, 0xA8, kSilence});
  room.callers[2]->take_rtp();
  for (int i = 0; i < 5; ++i) {
    room.ticks(15, {0xA8, 0xA0, kSilence});  // 0xA0 is 3 dB louder
    room.ticks(15, {0xA0, 0xA8, kSilence});
  }
  for (const auto& packet : room.callers[2]->take_rtp()) {
    // Always the first one's: one byte, never a fade.
    EXPECT_TRUE(all_bytes_are(packet.payload, 0xA0) || all_bytes_are(packet.payload, 0xA8));
  }
}

TEST(Loudest, ASwitchIsSeamless) {
  Room room(3, {.max_talkers = 1});
  room.ticks(40, {0xB0, kSilence, kSilence});
  room.callers[2]->take_rtp();
  room.ticks(20, {0xB0, 0x90, kSilence});  // much louder: takes over
  room.ticks(60, {0xB0, kSilence, kSilence});
  std::vector<std::int16_t> heard;
  for (const auto& packet : room.callers[2]->take_rtp()) {
    for (const auto codeword : packet.payload) heard.push_back(sample_of(codeword));
  }
  const int quiet = sample_of(std::byte{0xB0});
  const int loud = sample_of(std::byte{0x90});
  EXPECT_EQ(*std::max_element(heard.begin(), heard.end()), std::max(quiet, loud));
  EXPECT_NE(std::find(heard.begin(), heard.end(), loud), heard.end());
  EXPECT_EQ(heard.back(), quiet);
  // The one who is put out fades out over a frame, and fades in when back: no step but G.711's own, and the
  // one that the loud caller's own beginning is.
  int steps = 0;
  for (std::size_t i = 1; i < heard.size(); ++i) {
    if (std::abs(heard[i] - heard[i - 1]) > std::abs(quiet) / 4) ++steps;
  }
  EXPECT_LE(steps, 2);
}

TEST(Mute, InTheMiddleOfASoundFadesOutWithinATick) {
  Room room(2);
  room.ticks(30, {0xA0, kSilence});
  room.callers[1]->take_rtp();
  room.wire.server.update(room.participants[0], {.muted = true});
  room.ticks(10, {0xA0, kSilence});
  const auto heard = joined(room.callers[1]->take_rtp());
  // Not longer than two ticks, and quieter with every sample.
  EXPECT_TRUE(std::all_of(heard.begin() + 320, heard.end(), [](auto b) { return b == std::byte{kSilence}; }));
  const auto by_loudness = [](std::byte a, std::byte b) {
    return std::abs(sample_of(a)) > std::abs(sample_of(b));
  };
  EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end(), by_loudness));
}

TEST(Hold, InTheMiddleOfASoundFadesOutWithinATick) {
  Room room(2);
  room.ticks(30, {0xA0, kSilence});
  room.callers[1]->take_rtp();
  auto media = room.callers[0]->media();
  media.may_receive = false;
  room.wire.server.update(room.participants[0], media);
  room.wire.server.events();
  room.ticks(10, {0xA0, kSilence});
  const auto heard = joined(room.callers[1]->take_rtp());
  EXPECT_TRUE(std::all_of(heard.begin() + 320, heard.end(), [](auto b) { return b == std::byte{kSilence}; }));
  for (std::size_t i = 1; i < heard.size(); ++i) {
    ASSERT_LT(std::abs(sample_of(heard[i]) - sample_of(heard[i - 1])), sample_of(std::byte{0xA0}) / 8) << i;
  }
}

// Of a phone that sends nothing in its pauses: the gate is open before the first packet behind one is due.
TEST(Gate, TheWordBehindAPauseWithoutPacketsIsHeardWhole) {
  for (const int pause : {4, 10, 24, 30, 40}) {
    Room room(2);
    room.ticks(50, {0xA0, kSilence});
    for (int i = 0; i < pause; ++i) {
      room.callers[0]->pause(160);
      room.callers[1]->send_rtp(room.participants[1].endpoint.rtp, kSilence);
      room.wire.run_for(base::kTick);
    }
    room.callers[1]->take_rtp();
    room.ticks(5, {0xA1, kSilence});
    room.ticks(10, {kSilence, kSilence});
    const auto heard = joined(room.callers[1]->take_rtp());
    // What concealment blends into the first samples is the stream's.
    EXPECT_GE(std::count(heard.begin(), heard.end(), std::byte{0xA1}), 5 * 160 - 10) << pause * 20 << " ms";
  }
}

}  // namespace
}  // namespace tutti::core
