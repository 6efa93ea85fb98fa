#include "tools/load/load_judge.h"

#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::load {
namespace {

using std::chrono::milliseconds;

constexpr base::Duration kDelay = milliseconds(43);

// A server made of arithmetic: mixes what the plan's talkers say and hands packets to the recordings.
class JudgeTest : public ::testing::Test {
 protected:
  JudgeTest() {
    plan_.rooms = 2;
    plan_.per_room = 4;
    plan_.talkers = 2;
    plan_.codec = CodecChoice::kBoth;
    could_send_.assign(plan_.callers(), true);
    could_hear_ = could_send_;
    probes_ = {base::Instant(milliseconds(1'000)), base::Instant(milliseconds(3'000))};
  }

  Judgement judge_all() {
    const VoiceBank bank(plan_);
    std::vector<Recording> recordings;
    for (std::size_t listener = 0; listener < plan_.callers(); ++listener) {
      Recording recording(listener, plan_.law_of(listener));
      recording.open(probes_);
      for (int packet = 0; packet < 300; ++packet) {
        if (lost_.count(packet) != 0) continue;
        recording.receive(packet_for(bank, listener, packet),
                          base::Instant(milliseconds(20) * packet + kDelay));
      }
      recordings.push_back(std::move(recording));
    }
    return judge({plan_, bank, recordings, probes_.size(), could_send_, could_hear_,
                  [this](std::size_t, std::size_t probe) { return std::optional(probes_[probe]); }});
  }

  LoadPlan plan_;
  std::vector<bool> could_send_;
  std::vector<bool> could_hear_;
  std::vector<base::Instant> probes_;
  std::map<std::pair<std::size_t, std::size_t>, double> gains_;  // faults: listener, talker
  std::set<int> lost_;

 private:
  double gain(std::size_t listener, std::size_t talker) const {
    if (const auto found = gains_.find({listener, talker}); found != gains_.end()) return found->second;
    return listener != talker && plan_.room_of(listener) == plan_.room_of(talker) ? 1.0 : 0.0;
  }
  std::span<const std::byte> said(const VoiceBank& bank, std::size_t talker, int packet) const {
    const analyser::Law law = plan_.law_of(talker);
    for (std::size_t probe = 0; probe < probes_.size(); ++probe) {
      const auto since = (base::Instant(milliseconds(20) * packet) - probes_[probe]) / base::kTick;
      if (since >= 0 && since < 10 && plan_.seat_of(talker) == marking_seat(plan_, probe)) {
        return bank.sweep_packet(law, static_cast<std::size_t>(since));
      }
    }
    return bank.tone_packet(law, bank.tone_of(plan_.room_of(talker), plan_.seat_of(talker)),
                            static_cast<std::uint64_t>(packet));
  }
  analyser::RtpPacketView packet_for(const VoiceBank& bank, std::size_t listener, int packet) {
    std::vector<double> sum(kPacketSamples, 0.0);
    analyser::Samples frame(kPacketSamples);
    for (std::size_t talker = 0; talker < plan_.callers(); ++talker) {
      if (!plan_.talks(talker)) continue;
      analyser::decode_g711(plan_.law_of(talker), said(bank, talker, packet), frame);
      for (std::size_t i = 0; i < frame.size(); ++i) sum[i] += gain(listener, talker) * frame[i];
    }
    for (std::size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::int16_t>(std::lround(sum[i]));
    codes_.resize(kPacketSamples);
    analyser::encode_g711(plan_.law_of(listener), frame, codes_);
    analyser::RtpPacketView view;
    view.timestamp = 160U * static_cast<std::uint32_t>(packet);
    view.sequence = static_cast<std::uint16_t>(packet);
    view.payload = codes_;
    return view;
  }
  std::vector<std::byte> codes_;
};

TEST_F(JudgeTest, FindsARightServerRightAndItsDelay) {
  const Judgement judgement = judge_all();
  EXPECT_EQ(judgement.matrix.listeners, 8U);
  EXPECT_EQ(judgement.matrix.rooms, 2U);
  EXPECT_EQ(judgement.matrix.judged, 8U * 4U);  // 2 tones of the own room, 2 of the other
  EXPECT_THAT(judgement.matrix.wrong_cells, testing::IsEmpty());
  // Probes x rooms x all but who marks.
  EXPECT_EQ(judgement.delays_ms, std::vector<double>(2U * 2U * 3U, 43.0));
  EXPECT_EQ(judgement.sweeps_missed, 0U);
}

TEST_F(JudgeTest, NamesEveryWrongCell) {
  gains_[{3, 0}] = 0.0;  // deaf
  gains_[{1, 1}] = 0.1;  // own voice
  gains_[{6, 0}] = 0.5;  // another room
  gains_[{2, 1}] = 0.8;  // too quiet
  const Judgement judgement = judge_all();
  using testing::HasSubstr;
  EXPECT_THAT(judgement.matrix.wrong_cells,
              testing::UnorderedElementsAre(HasSubstr("load3 does not hear load0"),
                                            HasSubstr("load1 hears their own voice"),
                                            HasSubstr("load6 hears another room's"),
                                            HasSubstr("load2 hears load1 at the wrong level")));
  EXPECT_EQ(judgement.matrix.wrong, 4U);
  std::size_t wrong = 0;
  for (const Cell& cell : judgement.matrix.cells) wrong += cell.wrong ? 1 : 0;
  EXPECT_EQ(wrong, 4U);
}

TEST_F(JudgeTest, ExpectsNothingOfWhoWasNotThere) {
  could_send_[0] = could_hear_[0] = false;  // a talker of room 0, who marks in the first probe
  for (std::size_t listener = 1; listener < 4; ++listener) gains_[{listener, 0}] = 0.0;
  const Judgement judgement = judge_all();
  EXPECT_EQ(judgement.matrix.listeners, 7U);
  EXPECT_EQ(judgement.matrix.wrong, 0U);
  EXPECT_EQ(judgement.matrix.judged, 7U * 4U - 3U);
  EXPECT_EQ(judgement.delays_ms.size(), 2U * 3U + 2U);  // room 1; room 0: probe 1, its two listeners
}

TEST_F(JudgeTest, JudgesWhatOneHearsWhoMayNotSend) {
  could_send_[0] = false;
  for (std::size_t listener = 1; listener < 4; ++listener) gains_[{listener, 0}] = 0.0;
  const Judgement judgement = judge_all();
  EXPECT_EQ(judgement.matrix.listeners, 8U);
  EXPECT_EQ(judgement.matrix.wrong, 0U);
}

TEST_F(JudgeTest, MissesASweepThatWasNotHeard) {
  gains_[{3, 0}] = 0.0;
  const Judgement judgement = judge_all();
  EXPECT_EQ(judgement.sweeps_missed, 1U);
  EXPECT_EQ(judgement.delays_ms.size(), 11U);
}

TEST_F(JudgeTest, ALostPacketIsSilenceInItsPlace) {
  lost_ = {48, 52, 120};  // before the first probe, inside a sweep, inside the tones
  const Judgement judgement = judge_all();
  EXPECT_EQ(judgement.matrix.wrong, 0U);
  EXPECT_EQ(judgement.delays_ms, std::vector<double>(12, 43.0));
}

TEST(Recording, KeepsOnlyProbesAndTellsWhenASampleCame) {
  Recording recording(5, analyser::Law::kMu);
  const std::vector<base::Instant> probes = {base::Instant(milliseconds(100)),
                                             base::Instant(milliseconds(9'000))};
  recording.open(probes);
  const std::vector<std::byte> codes(160, analyser::encode_g711(analyser::Law::kMu, 1'000));
  const auto receive = [&](std::uint32_t timestamp, int at_ms) {
    analyser::RtpPacketView packet;
    packet.timestamp = timestamp;
    packet.payload = codes;
    recording.receive(packet, base::Instant(milliseconds(at_ms)));
  };
  receive(0, 90);          // before the first probe
  receive(160, 110);       // sample 0 of it
  receive(480, 155);       // sample 320: 160 to 319 never came
  receive(20'000, 2'200);  // between the probes
  receive(70'000, 9'001);
  const HeardProbe heard = recording.heard(0, 800);
  ASSERT_EQ(heard.samples().size(), 800U);
  EXPECT_NE(heard.samples()[159], 0);
  EXPECT_EQ(heard.samples()[160], 0);
  EXPECT_NE(heard.samples()[320], 0);
  EXPECT_EQ(heard.samples()[480], 0);
  EXPECT_EQ(heard.time_of(8), base::Instant(milliseconds(111)));
  EXPECT_EQ(heard.time_of(328), base::Instant(milliseconds(156)));
  EXPECT_EQ(recording.heard(1, 160).time_of(0), base::Instant(milliseconds(9'001)));
  EXPECT_EQ(Recording(1, analyser::Law::kMu).heard(0, 160).time_of(0), std::nullopt);
}

}  // namespace
}  // namespace tutti::load
