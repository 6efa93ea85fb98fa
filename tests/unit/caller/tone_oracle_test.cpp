#include "tests/support/tone_oracle.h"

#include <map>

namespace tutti::test_support {
namespace {

using std::chrono::milliseconds;

// A conference without a network: every 20 ms it sums the frames that came since and answers each caller.
// Faults can be switched on, to see that the oracle sees them.
class TinyConference {
 public:
  explicit TinyConference(ToneOracle& oracle) : oracle_(oracle) {
    for (std::size_t i = 0; i < oracle.size(); ++i) {
      caller::RtpTalkerConfig config;
      config.law = law(i);
      config.payload_type = analyser::payload_type(config.law);
      config.ssrc = 1'000 + static_cast<std::uint32_t>(i);
      config.first_sequence = 65'500;  // wraps
      talkers_.push_back(std::make_unique<caller::RtpTalker>(
          config, [this, i](std::span<std::int16_t> frame) { mix_minus(i, frame); }));
    }
  }

  bool echo_own = false;
  bool drop_one = false;
  std::optional<std::pair<std::size_t, std::size_t>> deaf;  // listener, talker

  void run_until(base::Instant end) {
    for (; tick_ < end; tick_ += base::kTick) {
      while (oracle_.next_due() <= tick_) take_packets();
      for (std::size_t i = 0; i < oracle_.size(); ++i) {
        if (!oracle_.caller(i).present()) continue;
        const auto packet = talkers_[i]->next_packet();
        if (drop_one && i == 0 && talkers_[i]->packets() == 50) continue;
        oracle_.caller(i).receive(packet, tick_ + milliseconds(1));
      }
      frames_.clear();
    }
  }

 private:
  analyser::Law law(std::size_t i) const { return i % 2 == 1 ? analyser::Law::kA : analyser::Law::kMu; }
  void take_packets() {
    for (std::size_t i = 0; i < oracle_.size(); ++i) {
      while (oracle_.caller(i).next_due() <= tick_) {
        const auto rtp = analyser::parse_rtp_strictly(oracle_.caller(i).next_packet());
        ASSERT_TRUE(rtp && rtp->payload.size() == 160 && rtp->payload_type == analyser::payload_type(law(i)));
        frames_[i].resize(160);
        analyser::decode_g711(law(i), rtp->payload, frames_[i]);
      }
    }
  }
  void mix_minus(std::size_t listener, std::span<std::int16_t> out) {
    std::fill(out.begin(), out.end(), std::int16_t{0});
    for (const auto& [talker, frame] : frames_) {
      if (talker == listener && !echo_own) continue;
      if (deaf == std::make_pair(listener, talker)) continue;
      for (std::size_t s = 0; s < out.size(); ++s) out[s] = static_cast<std::int16_t>(out[s] + frame[s]);
    }
  }

  ToneOracle& oracle_;
  std::vector<std::unique_ptr<caller::RtpTalker>> talkers_;
  std::map<std::size_t, analyser::Samples> frames_;
  base::Instant tick_;
};

ToneOracleConfig config_of(std::size_t callers) {
  ToneOracleConfig config;
  config.callers = callers;
  config.both_laws = true;
  config.seed = 7;
  return config;
}

base::Instant at(int ms) {
  return base::Instant(milliseconds(ms));
}

TEST(ToneOracle, PassesARightConference) {
  for (const std::size_t callers : {2U, 3U, 8U, 64U}) {
    ToneOracle oracle(config_of(callers));
    TinyConference conference(oracle);
    conference.run_until(at(1'500));
    EXPECT_TRUE(oracle.everyone_hears_the_others(at(300), at(1'300)));
    EXPECT_TRUE(oracle.streams_are_steady());
  }
}

TEST(ToneOracle, FindsOnesOwnVoice) {
  ToneOracle oracle(config_of(3));
  TinyConference conference(oracle);
  conference.echo_own = true;
  conference.run_until(at(1'500));
  EXPECT_EQ(oracle.judge(at(300), at(1'300)).wrong_cells().size(), 3U);
}

TEST(ToneOracle, FindsTheDeafListener) {
  ToneOracle oracle(config_of(8));
  TinyConference conference(oracle);
  conference.deaf = {2, 5};
  conference.run_until(at(1'500));
  const auto result = oracle.everyone_hears_the_others(at(300), at(1'300));
  EXPECT_FALSE(result);
  EXPECT_NE(std::string(result.message()).find("caller 2 does not hear caller 5"), std::string::npos);
}

TEST(ToneOracle, FindsAMissingPacket) {
  ToneOracle oracle(config_of(2));
  TinyConference conference(oracle);
  conference.drop_one = true;
  conference.run_until(at(1'500));
  EXPECT_FALSE(oracle.streams_are_steady());
}

TEST(ToneOracle, FollowsJoinsLeavesAndMutes) {
  ToneOracleConfig config = config_of(4);
  config.join_all = false;
  ToneOracle oracle(config);
  TinyConference conference(oracle);
  oracle.caller(0).join(at(0));
  oracle.caller(1).join(at(0));
  conference.run_until(at(1'500));
  EXPECT_TRUE(oracle.everyone_hears_the_others(at(200), at(1'400)));  // 2 and 3 are not there yet
  oracle.caller(2).join(at(1'500));
  conference.run_until(at(3'000));
  EXPECT_TRUE(oracle.everyone_hears_the_others(at(1'700), at(2'900)));
  oracle.caller(0).leave(at(3'000));
  oracle.caller(1).mute();
  conference.run_until(at(4'500));
  EXPECT_TRUE(oracle.everyone_hears_the_others(at(3'200), at(4'400)));

  const auto heard = oracle.heard_intervals(1, 0);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_LT(heard[0].first, at(60));
  EXPECT_NEAR(std::chrono::duration<double>(heard[0].second - at(0)).count(), 3.0, 0.04);
}

TEST(ToneOracle, OneWhoReceivesNothingIsAFault) {
  ToneOracle oracle(config_of(2));
  while (oracle.next_due() < at(1'500)) {
    for (std::size_t i = 0; i < 2; ++i) {
      while (oracle.caller(i).next_due() < at(1'500)) oracle.caller(i).next_packet();
    }
  }
  EXPECT_EQ(oracle.judge(at(200), at(1'400)).wrong_cells().size(), 2U);
}

}  // namespace
}  // namespace tutti::test_support
