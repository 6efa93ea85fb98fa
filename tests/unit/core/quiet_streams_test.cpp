// Whose stream a tick does not touch is heard, sent to and told of as if it did.
#include "dataplane/core/quiet_streams.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

// Everything that leaves a core and all that it tells, of a world that one seed makes: callers who talk,
// whisper, are silent, stop, and come late, twice, out of order or with another SSRC; commands between.
class World {
 public:
  World(std::uint32_t seed, std::uint8_t owed_ticks_max)
      : random_(seed),
        wire_({.seed = seed,
               .jitter_delay = std::chrono::milliseconds(seed % 4 * 20),
               .follow_talkers = seed % 2 == 0,
               .owed_ticks_max = owed_ticks_max}) {
    for (std::uint32_t i = 0; i < kRooms; ++i) rooms_.push_back(wire_.server.open_conference(0, i));
    for (std::uint32_t i = 0; i < kCallers; ++i) {
      Caller& caller = callers_.emplace_back();
      caller.host = wire_.server.network().make_host(*base::parse_ip("10.0.0." + std::to_string(i + 1)));
      caller.address = caller.host->open(20'000);
      caller.host->open(20'001);
      caller.ssrc = 1'000 + i;
      caller.media = sim::SimulatedHost::media_for(caller.address);
      caller.media.silence_timeout_s = 2;
      if (i % 3 == 1) std::swap(caller.media.codecs[0], caller.media.codecs[1]);
      if (i % 4 == 3) caller.media.ptime_ms = 30;
      if (i % 5 == 0)
        caller.host->set_uplink({.loss = 0.05, .duplication = 0.05, .delay = 5ms, .jitter = 70ms});
      caller.key = wire_.server.join(rooms_[i % kRooms], caller.media, caller.mix);
    }
  }

  std::string run(int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
      for (Caller& caller : callers_) send(caller);
      if (draw(4) == 0) command(callers_[draw(kCallers)]);
      wire_.run_for(base::kTick);
      note(tick);
    }
    return transcript_.str();
  }

 private:
  static constexpr std::uint32_t kRooms = 3;
  static constexpr std::uint32_t kCallers = 9;

  struct Caller {
    std::unique_ptr<net::SimHost> host;
    base::SocketAddress address;
    mailbox::MediaParameters media;
    mailbox::MixControls mix;
    sim::ParticipantKey key;
    std::size_t moves = 0;  // of that key, begun
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t mode = 0;
    std::vector<std::vector<std::byte>> held;  // to come at once
  };

  std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  // Of u-law: silence, line noise, what is just under the gate and just over it, a whisper, a voice.
  std::byte codeword(std::uint32_t mode) {
    constexpr std::array<std::uint8_t, 6> kQuietest{0xFF, 0xFB, 0xF8, 0xF6, 0xE8, 0xA0};
    const std::uint8_t quietest = kQuietest[mode];
    return static_cast<std::byte>(quietest + draw(0x100U - quietest) % 4);
  }

  void send(Caller& caller) {
    if (draw(20) == 0) caller.mode = draw(8);
    if (caller.mode == 6) return;  // nothing is sent, and no time passes for the sender
    caller.timestamp += base::kFrameSamples;
    if (caller.mode == 7) return;  // nothing, but time passes
    std::vector<std::byte> packet(rtp::kRtpHeaderBytes + base::kFrameSamples);
    rtp::write_rtp_header(packet, {rtp::PayloadType{static_cast<std::uint8_t>(draw(30) == 0 ? 8 : 0)}, false,
                                   rtp::SequenceNumber(caller.sequence++),
                                   rtp::RtpTimestamp(caller.timestamp), rtp::Ssrc{caller.ssrc}});
    std::generate(packet.begin() + rtp::kRtpHeaderBytes, packet.end(),
                  [&] { return codeword(std::min(caller.mode, 5U)); });
    switch (draw(60)) {
      case 0:
        return;  // lost
      case 1:
        caller.ssrc += 100;
        break;
      case 2:
        caller.timestamp += draw(4'000);
        break;
      case 3:
      case 4:
      case 5:
        caller.held.push_back(packet);
        return;
    }
    // Late ones come together, some of them after the next.
    if (!caller.held.empty() && (caller.held.size() > 1 || draw(3) != 0)) {
      if (caller.held.size() < 1 + draw(8)) {
        caller.held.push_back(packet);
        return;
      }
      if (draw(2) == 0) std::reverse(caller.held.begin(), caller.held.end());
      for (const auto& late : caller.held) give(caller, late);
      caller.held.clear();
    }
    give(caller, packet);
    if (draw(40) == 0) give(caller, packet);
  }
  void give(Caller& caller, const std::vector<std::byte>& packet) {
    caller.host->send(20'000, caller.key.endpoint.rtp, packet,
                      wire_.now() + std::chrono::microseconds(draw(20'000)));
  }

  void command(Caller& caller) {
    constexpr std::array<std::int8_t, 4> kGainsDb{0, 20, -12, 6};
    constexpr std::array<std::uint16_t, 4> kPeaks{0, 20, 65, 400};
    switch (draw(9)) {
      case 0:
        caller.mix.muted = !caller.mix.muted;
        return wire_.server.update(caller.key, caller.mix);
      case 1:
      case 2:
        caller.mix.gain_in_db = kGainsDb[draw(kGainsDb.size())];
        return wire_.server.update(caller.key, caller.mix);
      case 3:
        caller.media.may_receive = draw(3) != 0;
        return wire_.server.update(caller.key, caller.media);
      case 4: {
        const auto to = rooms_[draw(kRooms)].handle;
        if (moves(caller)) return;
        ++caller.moves;
        return wire_.server.post(0, mailbox::MoveParticipant{caller.key.handle, to});
      }
      case 5:
        return wire_.server.post(
            0, mailbox::UpdateListening{{.jitter_ms = 40, .gate_peak = kPeaks[draw(kPeaks.size())]}});
      case 6:
        return wire_.server.post(
            0, mailbox::UpdateConference{rooms_[draw(kRooms)].handle, draw(3), draw(6) != 0});
      case 7:
        return wire_.stall_for(std::chrono::milliseconds(draw(90)));
      case 8:
        wire_.server.leave(caller.key);
        caller.mix = {};
        caller.media.may_receive = true;
        wire_.run_for(5ms);
        caller.key = wire_.server.join(rooms_[draw(kRooms)], caller.media, caller.mix);
        caller.moves = 0;
        return;
    }
  }
  // Until then the control plane moves nobody again.
  bool moves(const Caller& caller) const {
    const auto arrived = wire_.server.events_of<mailbox::ParticipantMoved>();
    return std::cmp_less(std::count_if(arrived.begin(), arrived.end(),
                                       [&](const auto& one) { return one.participant == caller.key.handle; }),
                         caller.moves);
  }

  void note(int tick) {
    for (std::size_t i = 0; i < callers_.size(); ++i) {
      Caller& caller = callers_[i];
      for (const std::uint16_t port : {std::uint16_t{20'000}, std::uint16_t{20'001}}) {
        while (const auto datagram = caller.host->receive(port)) {
          if (port == 20'001) continue;         // it tells the wall clock
          std::uint32_t hash = 2'166'136'261U;  // FNV-1a
          for (const std::byte byte : datagram->payload)
            hash = (hash ^ std::to_integer<std::uint32_t>(byte)) * 16'777'619U;
          transcript_ << tick << " to " << i << ": " << datagram->arrival.time_since_epoch().count() << ' '
                      << datagram->payload.size() << ' ' << hash << '\n';
        }
      }
      const auto told = wire_.server.core(0).reports().read(caller.key.handle);
      if (!told) continue;
      transcript_ << tick << " of " << i << ": " << told->at.time_since_epoch().count() << ' '
                  << told->packets_sent << ' ' << told->buffer_delay_ms << ' ' << int{told->level_dbov} << ' '
                  << told->talking << told->gate_open << told->may_talk << told->among_loudest << told->in_mix
                  << ' ' << told->packets_received << ' ' << told->packets_lost << ' '
                  << told->frames_concealed << ' ' << told->jitter_us << ' ' << told->recent_loss_x65536;
      for (const auto drops : told->drops) transcript_ << ' ' << drops;
      transcript_ << '\n';
    }
    const auto& counters = wire_.counters();
    transcript_ << tick << ": " << counters.ticks.value() << ' ' << counters.ticks_moved.value() << ' '
                << counters.packets_sent.value() << ' ' << counters.frames_mixed.value() << ' '
                << counters.frames_concealed.value() << ' ' << counters.drops.total() << ' '
                << wire_.server.events().size() << '\n';
    const std::span events(wire_.server.events());
    const auto told_now = events.subspan(events_noted_);
    events_noted_ = events.size();
    for (const auto& event : told_now) {
      const auto* const left = std::get_if<mailbox::ParticipantDetached>(&event);
      if (left == nullptr) continue;
      transcript_ << left->totals.packets_received << ' ' << left->totals.packets_lost << ' '
                  << left->totals.packets_dropped << ' ' << left->totals.frames_concealed << ';';
    }
    for (const auto& event : told_now) {
      const auto* const told = std::get_if<mailbox::TalkingChanged>(&event);
      if (told != nullptr) transcript_ << told->participant.slot << told->talking << ';';
    }
    transcript_ << '\n';
  }

  std::mt19937 random_;
  Wire wire_;
  std::vector<sim::ConferenceKey> rooms_;
  std::vector<Caller> callers_;
  std::ostringstream transcript_;
  std::size_t events_noted_ = 0;
};

class QuietStreamsSeeds : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(QuietStreamsSeeds, NobodyCanTellWhenAFrameIsTaken) {
  constexpr int kTicks = 400;
  const std::string at_once = World(GetParam(), 0).run(kTicks);
  for (const std::uint8_t owed_max : {std::uint8_t{1}, std::uint8_t{3}, std::uint8_t{8}}) {
    const std::string later = World(GetParam(), owed_max).run(kTicks);
    if (later == at_once) continue;
    std::istringstream a(at_once), b(later);
    std::string line_a, line_b;
    while (std::getline(a, line_a) && std::getline(b, line_b) && line_a == line_b) {
    }
    FAIL() << "owing " << int{owed_max} << "\n  " << line_a << "\n  " << line_b;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, QuietStreamsSeeds, ::testing::Range(1U, 25U));

// One participant, whose stream gets packets of one byte.
class QuietStreamsTest : public ::testing::Test {
 protected:
  QuietStreamsTest() {
    mailbox::AttachParticipant attach;
    attach.participant = {2, 1};
    attach.media = sim::SimulatedHost::media_for(*base::parse_address_and_port("10.0.0.1:4000"));
    participant_ = std::make_unique<Participant>(attach, 40ms, base::Instant(1s), reserve_);
    participant_->conference = 1;
  }
  ~QuietStreamsTest() override {
    participant_->inbound.detach(pool_);
    EXPECT_EQ(pool_.in_use(), 0U);
  }
  void receive(std::uint8_t fill) {
    std::array<std::byte, 160> payload;
    payload.fill(std::byte{fill});
    rtp::RtpPacket packet;
    packet.header = {rtp::PayloadType{0}, false, rtp::SequenceNumber(number_),
                     rtp::RtpTimestamp(160U * number_), rtp::Ssrc{7}};
    packet.payload = payload;
    ++number_;
    quiet_.make_up(*participant_);
    const auto receipt = participant_->inbound.receive(packet, base::Instant(1s), pool_);
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt.peak, std::abs(int{sample_of(std::byte{fill})}));
    quiet_.arrived(participant_->handle.slot, *participant_, receipt.peak, gate_);
  }
  bool is_quiet() const { return quiet_.quiet(2); }
  int waiting() const { return participant_->inbound.packets_waiting(); }

  static constexpr std::uint8_t kNoise = 0xFB;  // peak 32
  stream::PayloadPool pool_{16, 4};
  std::array<SlotMarks, 4> marks_{};
  QuietStreams quiet_{marks_.data(), 3, 2, pool_};
  ParticipantReserve reserve_;
  dsp::SpeechGateOptions gate_;
  std::unique_ptr<Participant> participant_;
  std::uint16_t number_ = 0;
};

TEST_F(QuietStreamsTest, OwesUntilAPacketComesOrTooMuchIsOwed) {
  for (int i = 0; i < 3; ++i) receive(kNoise);
  EXPECT_FALSE(is_quiet());
  quiet_.look(*participant_, gate_);
  EXPECT_TRUE(is_quiet());
  quiet_.owe(*participant_);
  quiet_.owe(*participant_);
  EXPECT_EQ(waiting(), 3) << "no tick has touched it";
  // 40 ms of delay are over with the second tick; the third takes the first packet, and so on.
  quiet_.owe(*participant_);
  EXPECT_EQ(waiting(), 2) << "three are made up at once";
  quiet_.owe(*participant_);
  receive(kNoise);
  EXPECT_EQ(waiting(), 2) << "one was taken, one came";
  EXPECT_TRUE(is_quiet());
}

TEST_F(QuietStreamsTest, WakesForWhatCouldOpenTheGate) {
  receive(kNoise);
  quiet_.look(*participant_, gate_);
  EXPECT_TRUE(is_quiet());
  receive(0xA0);
  EXPECT_FALSE(is_quiet());
  quiet_.look(*participant_, gate_);
  EXPECT_FALSE(is_quiet()) << "while a loud one waits";
}

TEST_F(QuietStreamsTest, WakesWhenTheGateOrTheParticipantChanges) {
  receive(kNoise);
  quiet_.look(*participant_, gate_);
  quiet_.owe(*participant_);
  quiet_.wake(*participant_);
  EXPECT_FALSE(is_quiet());
  EXPECT_EQ(participant_->owed, 0);
  quiet_.look(*participant_, gate_);
  EXPECT_TRUE(is_quiet());
  quiet_.wake_all();
  EXPECT_FALSE(is_quiet());
  gate_.threshold = 20;
  quiet_.look(*participant_, gate_);
  EXPECT_FALSE(is_quiet());
  gate_.threshold = 65;
  quiet_.look(*participant_, gate_);
  EXPECT_TRUE(is_quiet());
  quiet_.begin(2);
  EXPECT_FALSE(is_quiet()) << "a new tenant";
}

TEST_F(QuietStreamsTest, ListensToWhoseGateIsStillOpenOrWhoSlips) {
  receive(kNoise);
  static_cast<void>(participant_->gate.update(1'000, gate_));
  quiet_.look(*participant_, gate_);
  EXPECT_FALSE(is_quiet());
  while (participant_->gate.update(0, gate_)) {
  }
  participant_->slip = 1;
  quiet_.look(*participant_, gate_);
  EXPECT_FALSE(is_quiet());
  participant_->slip = 0;
  quiet_.look(*participant_, gate_);
  EXPECT_TRUE(is_quiet());
}

TEST_F(QuietStreamsTest, TheLoudnessFallsAsWithEachTick) {
  participant_->loudness = 1'000;
  receive(kNoise);
  quiet_.look(*participant_, gate_);
  std::uint16_t expected = 1'000;
  for (int tick = 0; tick < 120; ++tick) {
    receive(kNoise);
    expected = std::max<std::uint16_t>(32, static_cast<std::uint16_t>(expected - expected / 16));
    quiet_.owe(*participant_);
  }
  quiet_.make_up(*participant_);
  EXPECT_EQ(participant_->loudness, expected);
}

}  // namespace
}  // namespace tutti::core
