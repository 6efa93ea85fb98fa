// The loudest of a conference, wherever they are: one bound over all shares.

#include <gtest/gtest.h>

#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kSoft = 0xC0;
constexpr std::uint8_t kLoudPeer = 0x98;

// A talker and a listener in each of two shares, on one core or on two; one voice in the mix.
class TwoShares : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  TwoShares() : wire_({.cores = GetParam()}), shares_(wire_.server.open_shares(2, GetParam(), 1)) {
    for (std::uint32_t i = 0; i < 4; ++i) {
      callers_.push_back(std::make_unique<WireCaller>(wire_, "10.0.0." + std::to_string(i + 1), 100 + i));
      participants_.push_back(wire_.server.join(shares_[i % 2], callers_[i]->media()));
    }
  }

  // Callers 0 and 1 send these bytes for so many ticks, 2 and 3 silence. Returns what each heard at the end.
  std::vector<std::vector<std::byte>> talk(int ticks, std::uint8_t first, std::uint8_t second) {
    for (int tick = 0; tick < ticks; ++tick) {
      for (std::size_t i = 0; i < 4; ++i) {
        const std::uint8_t byte = i == 0 ? first : i == 1 ? second : kMuSilence;
        callers_[i]->send_rtp(participants_[i].endpoint.rtp, byte);
      }
      wire_.run_for(base::kTick);
    }
    std::vector<std::vector<std::byte>> heard;
    for (const auto& caller : callers_) heard.push_back(caller->take_rtp().back().payload);
    return heard;
  }

  Wire wire_;
  std::vector<sim::ConferenceKey> shares_;
  std::vector<std::unique_ptr<WireCaller>> callers_;
  std::vector<sim::ParticipantKey> participants_;
};

TEST_P(TwoShares, TheLouderOneIsHeardOnBothAndTheSofterOneOnNeither) {
  for (const bool first_louder : {true, false}) {
    const auto heard = talk(60, first_louder ? kLoudPeer : kSoft, first_louder ? kSoft : kLoudPeer);
    EXPECT_TRUE(all_bytes_are(heard[0], first_louder ? kMuSilence : kLoudPeer));
    EXPECT_TRUE(all_bytes_are(heard[1], first_louder ? kLoudPeer : kMuSilence));
    EXPECT_TRUE(all_bytes_are(heard[2], kLoudPeer));
    EXPECT_TRUE(all_bytes_are(heard[3], kLoudPeer));
  }
}

TEST_P(TwoShares, OfEquallyLoudOnesThatOfTheLowerNumberIsHeard) {
  const auto heard = talk(60, kLoudPeer, kLoudPeer);
  EXPECT_TRUE(all_bytes_are(heard[0], kMuSilence));
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(all_bytes_are(heard[i], kLoudPeer)) << i;
}

TEST_P(TwoShares, WhenTheLouderOneStopsTheOtherIsHeard) {
  talk(30, kSoft, kLoudPeer);
  const auto heard = talk(80, kSoft, kMuSilence);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(all_bytes_are(heard[i], kSoft)) << i;
}

INSTANTIATE_TEST_SUITE_P(OnCores, TwoShares, ::testing::Values(1, 2));

class TwoCores : public TwoShares {};
INSTANTIATE_TEST_SUITE_P(OnCores, TwoCores, ::testing::Values(2));

TEST_P(TwoCores, ACoreThatStandsStillKeepsNobodyOut) {
  talk(30, kSoft, kLoudPeer);
  wire_.server.stop_core(1, true);
  for (int tick = 0; tick < 20; ++tick) {
    callers_[0]->send_rtp(participants_[0].endpoint.rtp, kSoft);
    wire_.run_for(base::kTick);
  }
  EXPECT_TRUE(all_bytes_are(callers_[2]->take_rtp().back().payload, kSoft));
}

}  // namespace
}  // namespace tutti::core
