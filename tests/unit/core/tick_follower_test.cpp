// A conference's tick follows its talkers' packets: how long they wait for it, and that nobody hears it move.

#include "dataplane/core/tick_follower.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr auto kStep = 500us;

// A room whose callers send a packet each 20 ms, everyone at a moment of his own; one more only listens.
class PhasedRoom {
 public:
  PhasedRoom(const std::vector<base::Duration>& phases, bool follow, base::Duration jitter_delay = 0ms)
      : wire({.jitter_delay = jitter_delay, .follow_talkers = follow}),
        conference(wire.server.open_conference()),
        phases_(phases) {
    for (std::size_t i = 0; i <= phases.size(); ++i) {
      callers.push_back(std::make_unique<WireCaller>(wire, "10.0.1." + std::to_string(i + 1),
                                                     static_cast<std::uint32_t>(100 + i)));
      participants.push_back(wire.server.join(conference, callers.back()->media()));
    }
  }

  // What caller i says in its n-th packet.
  using Words = std::function<std::uint8_t(std::size_t caller, int packet)>;

  void run_for(base::Duration duration, const Words& words) {
    for (const auto end = wire.now() + duration; wire.now() < end; wire.run_for(kStep)) {
      for (std::size_t i = 0; i < phases_.size(); ++i) {
        if (wire.now().time_since_epoch() % base::kTick != phases_[i]) continue;
        const std::uint8_t word = words(i, packets_[i]++);
        if (word != kSilence) said.push_back(wire.now());
        callers[i]->send_rtp(participants[i].endpoint.rtp, word);
        callers[i]->take_rtp();
      }
    }
  }
  std::vector<ReceivedRtp> take_heard() { return callers.back()->take_rtp(); }
  std::uint64_t moves() { return wire.counters().ticks_moved.value(); }

  Wire wire;
  sim::ConferenceKey conference;
  std::vector<std::unique_ptr<WireCaller>> callers;
  std::vector<sim::ParticipantKey> participants;
  std::vector<base::Instant> said;  // when each word that is no silence was sent

 private:
  const std::vector<base::Duration> phases_;
  std::map<std::size_t, int> packets_;
};

// Everyone has an open gate, and says one loud packet at a time that nobody else speaks in.
PhasedRoom::Words in_turn(std::size_t callers) {
  return [callers](std::size_t caller, int packet) -> std::uint8_t {
    return static_cast<std::size_t>(packet) % (2 * callers) == 2 * caller ? 0xA0 : kSilence;
  };
}

// The delays of all that was said since `from`, in order of size; the network takes no time.
std::vector<base::Duration> delays(PhasedRoom& room, base::Instant from) {
  std::vector<base::Instant> heard;
  for (const auto& packet : room.take_heard()) {
    if (!all_bytes_are(packet.payload, kSilence)) heard.push_back(packet.arrival);
  }
  std::vector<base::Duration> delays;
  // The last words may still be on their way.
  const std::size_t count = std::min(room.said.size(), heard.size());
  EXPECT_LE(room.said.size() - count, 2U);
  for (std::size_t i = 0; i < count; ++i) {
    if (room.said[i] >= from) delays.push_back(heard[i] - room.said[i]);
  }
  std::sort(delays.begin(), delays.end());
  return delays;
}

double ms(base::Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// In order, each packet one ptime after the one before, but for 2.5 ms where the tick moved, and once as much
// sooner as it leapt.
void expect_unbroken(const std::vector<ReceivedRtp>& packets) {
  int leaps = 0;
  for (std::size_t i = 1; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i].header.sequence_number - packets[i - 1].header.sequence_number, 1);
    ASSERT_EQ(packets[i].header.timestamp - packets[i - 1].header.timestamp, 160);
    const auto spacing = packets[i].arrival - packets[i - 1].arrival;
    ASSERT_GE(spacing, 2'500us) << "packet " << i;
    ASSERT_LE(spacing, 22'500us) << "packet " << i;
    if (spacing < 17'500us) ++leaps;
  }
  EXPECT_LE(leaps, 1);
}

TEST(TickFollower, ALoneTalkerIsHeardWithinTwoSubSlotsWhateverItsPhase) {
  for (auto phase = 0us; phase < 20'000us; phase += 500us) {
    SCOPED_TRACE(ms(phase));
    PhasedRoom room({phase}, true);
    room.run_for(4s, in_turn(1));
    const auto settled = room.wire.now();
    room.run_for(2s, in_turn(1));
    const auto waits = delays(room, settled);
    ASSERT_GE(waits.size(), 48U);
    EXPECT_LE(waits.back(), 5ms);
    EXPECT_EQ(room.wire.counters().frames_concealed.value(), 0U);
  }
}

TEST(TickFollower, NothingIsLostOrRepeatedWhileItMoves) {
  for (auto phase = 0us; phase < 20'000us; phase += 2'500us) {
    for (const auto jitter_delay : {0ms, 40ms}) {
      SCOPED_TRACE(ms(phase));
      PhasedRoom room({phase + 1ms}, true, jitter_delay);
      room.run_for(100ms, [](std::size_t, int) { return kSilence; });
      room.take_heard();
      int said = 0;
      const auto word = [](int packet) { return static_cast<std::uint8_t>(0x90 + packet % 32); };
      room.run_for(4s, [&](std::size_t, int) { return word(said++); });
      const auto heard = room.take_heard();
      expect_unbroken(heard);
      int packet = 0;
      for (const auto& sound : heard) {
        if (packet == 0 && all_bytes_are(sound.payload, kSilence)) continue;
        ASSERT_TRUE(all_bytes_are(sound.payload, word(packet))) << "packet " << packet;
        ++packet;
      }
      EXPECT_GE(packet, 190);
      EXPECT_EQ(room.wire.counters().frames_concealed.value(), 0U);
    }
  }
}

TEST(TickFollower, WhoIsPassedByInSilenceLosesNoSyllable) {
  // The first speaks, the tick comes to it past the second, who then speaks.
  for (auto phase = 0us; phase < 20'000us; phase += 1'000us) {
    for (const auto jitter_delay : {0ms, 40ms}) {
      SCOPED_TRACE(ms(phase));
      PhasedRoom room({phase, (phase + 7ms) % 20ms}, true, jitter_delay);
      room.run_for(4s, [](std::size_t caller, int) { return caller == 0 ? std::uint8_t{0xA0} : kSilence; });
      room.run_for(1s, [](std::size_t, int) { return kSilence; });
      room.take_heard();
      room.said.clear();
      int said = 0;
      room.run_for(4s, [&](std::size_t caller, int) {
        return caller == 1 ? static_cast<std::uint8_t>(0x90 + said++ % 32) : kSilence;
      });
      const auto heard = room.take_heard();
      expect_unbroken(heard);
      int packet = 0;
      for (const auto& sound : heard) {
        if (packet == 0 && all_bytes_are(sound.payload, kSilence)) continue;
        ASSERT_TRUE(all_bytes_are(sound.payload, static_cast<std::uint8_t>(0x90 + packet % 32))) << packet;
        ++packet;
      }
      EXPECT_GE(packet, said - 4);
      EXPECT_EQ(room.wire.counters().frames_concealed.value(), 0U);
      EXPECT_EQ(room.wire.drops(base::DropReason::kLate), 0U);
    }
  }
}

TEST(TickFollower, LeapsPastVoicesThatAreHeardAtTheCostOfAFrameMadeUp) {
  for (auto phase = 0us; phase < 20'000us; phase += 1'000us) {
    SCOPED_TRACE(ms(phase));
    // The best place is behind the third; the tick began with the first.
    PhasedRoom room({phase, (phase + 8ms) % 20ms, (phase + 9ms) % 20ms}, true);
    const auto words = [](std::size_t caller, int) { return static_cast<std::uint8_t>(0x90 + caller); };
    room.run_for(3s, words);
    const auto moves = room.moves();
    expect_unbroken(room.take_heard());
    EXPECT_LE(room.wire.counters().frames_concealed.value(), 2U) << "one of each who was passed by";
    EXPECT_EQ(room.wire.drops(base::DropReason::kLate), 0U);
    room.run_for(10s, words);
    EXPECT_EQ(room.moves(), moves) << "where it is well it stays";
    EXPECT_LE(room.wire.counters().frames_concealed.value(), 2U);
    // Who speaks alone now, after all have been heard, is heard as soon as the place promises.
    room.run_for(60ms, [](std::size_t, int) { return kSilence; });
    room.take_heard();
    room.said.clear();
    const auto settled = room.wire.now();
    room.run_for(3s, in_turn(3));
    const auto waits = delays(room, settled);
    ASSERT_GE(waits.size(), 60U);
    base::Duration sum{};
    for (const auto wait : waits) sum += wait;
    // 10 ms of three waits, a sub-slot and the margin, and 1 ms for which it does not leap.
    EXPECT_LE(ms(sum / static_cast<int>(waits.size())), 8.0);
  }
}

TEST(TickFollower, LeapsOnceInTenSecondsHoweverManyCome) {
  // First one speaks, then three more, half a tick behind, and now and then somebody comes who only listens.
  PhasedRoom room({1ms, 11ms, 11ms, 11ms}, true);
  std::vector<std::unique_ptr<WireCaller>> more;
  const auto come = [&] {
    more.push_back(std::make_unique<WireCaller>(room.wire, "10.0.2." + std::to_string(more.size() + 1)));
    room.wire.server.join(room.conference, more.back()->media());
  };
  bool all = false;
  const auto words = [&](std::size_t caller, int) {
    return all || caller == 0 ? std::uint8_t{0xA0} : kSilence;
  };
  room.run_for(2s, words);
  EXPECT_EQ(room.moves(), 1U);
  all = true;
  for (int i = 0; i < 4; ++i) {
    room.run_for(2s, words);
    come();
  }
  EXPECT_EQ(room.moves(), 1U);
  EXPECT_EQ(room.wire.counters().frames_concealed.value(), 0U);
  room.run_for(4s, words);
  EXPECT_EQ(room.moves(), 2U) << "for who came meanwhile";
  EXPECT_EQ(room.wire.counters().frames_concealed.value(), 1U);
}

TEST(TickFollower, StaysWhereNothingCanBeWon) {
  std::vector<base::Duration> phases;
  for (int i = 0; i < 16; ++i) phases.push_back(i * 1'250us / 500us * 500us);
  PhasedRoom room(phases, true);
  room.run_for(30s, in_turn(phases.size()));
  EXPECT_LE(room.moves(), 2U);
}

TEST(TickFollower, TwoPhasesThatAreEquallyGoodDoNotTakeTurns) {
  PhasedRoom room({2ms, 12ms}, true);
  room.run_for(10s, in_turn(2));
  const auto moves = room.moves();
  room.run_for(60s, in_turn(2));
  EXPECT_EQ(room.moves(), moves);
}

TEST(TickFollower, KeepsAMarginForPacketsThatComeABitLate) {
  PhasedRoom room({3ms}, true);
  room.callers[0]->host().set_uplink({.delay = 1ms, .jitter = 4ms});
  room.run_for(5s, [](std::size_t, int) { return std::uint8_t{0xA0}; });
  const auto concealed = room.wire.counters().frames_concealed.value();
  const auto moves = room.moves();
  room.run_for(20s, [](std::size_t, int) { return std::uint8_t{0xA0}; });
  EXPECT_EQ(room.wire.counters().frames_concealed.value(), concealed);
  EXPECT_LE(room.moves() - moves, 2U);
}

TEST(TickFollower, TheRingsTicksGoOnOneByOne) {
  for (auto phase = 0us; phase < 20'000us; phase += 2'500us) {
    PhasedRoom room({phase + 1ms}, true);
    auto& rings = room.wire.server.rings();
    rings.attach_reader(0, room.conference.handle.slot);
    room.run_for(100ms, in_turn(1));
    const auto& ring = *rings.find(0, room.conference.handle.slot);
    std::uint64_t next = ring.latest() + 1;
    for (int i = 0; i < 200; ++i) {
      room.run_for(20ms, in_turn(1));
      mixer::MixPart part;
      for (; next <= ring.latest(); ++next) ASSERT_EQ(ring.read(next, part), mixer::MixRead::kWhole);
    }
  }
}

TEST(TickFollower, DoesNotCrowdASubSlot) {
  // 50 rooms of a talker and 5 listeners, whose talkers all send at once: 300 participants, 37 a sub-slot.
  constexpr std::size_t kRooms = 50;
  Wire wire({.capacity = {320, 64}, .jitter_delay = 0ms});
  std::vector<std::unique_ptr<WireCaller>> callers;
  std::vector<sim::ParticipantKey> participants;
  for (std::size_t i = 0; i < 6 * kRooms; ++i) {
    callers.push_back(std::make_unique<WireCaller>(
        wire, "10.0." + std::to_string(1 + i / 200) + "." + std::to_string(i % 200 + 1)));
  }
  for (std::size_t i = 0; i < kRooms; ++i) {
    const auto room = wire.server.open_conference();
    for (std::size_t k = 0; k < 6; ++k) {
      participants.push_back(wire.server.join(room, callers[6 * i + k]->media()));
    }
    wire.run_for(20ms);
  }
  std::map<WireCaller*, base::Instant> last;
  for (int tick = 0; tick < 400; ++tick) {
    for (std::size_t i = 0; i < kRooms; ++i) {
      callers[6 * i]->send_rtp(participants[6 * i].endpoint.rtp, 0xA0);
    }
    wire.run_for(20ms);
    if (tick % 10 != 9) continue;
    for (auto& caller : callers) last[caller.get()] = caller->take_rtp().back().arrival;
  }
  std::map<base::Duration, std::uint32_t> in;
  for (const auto& [caller, arrival] : last) ++in[arrival.time_since_epoch() % base::kTick];
  EXPECT_GT(wire.counters().ticks_moved.value(), 0U);
  for (const auto& [phase, count] : in) {
    EXPECT_LE(count, TickFollower::kSpare) << ms(phase);
  }
}

// What it brings: rooms whose callers have random phases. All have an open gate at once, the worst case: but
// for one leap the tick passes nobody by. Each number of talkers for itself: all of them take a minute and
// more under ThreadSanitizer.
class TickFollowerOf : public testing::TestWithParam<std::size_t> {};

TEST_P(TickFollowerOf, ShortensTheWait) {
  const std::size_t size = GetParam();
  std::vector<base::Duration> with;
  std::vector<base::Duration> without;
  std::uint64_t moves = 0;
  constexpr int kSeeds = 12;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    std::vector<base::Duration> phases;
    for (std::size_t i = 0; i < size; ++i) phases.push_back(random() % 40 * kStep);
    for (const bool follow : {false, true}) {
      PhasedRoom room(phases, follow);
      room.run_for(5s, in_turn(size));
      // What is made up while it leaps may be a word once more: of that nothing is measured.
      room.run_for(60ms, [](std::size_t, int) { return kSilence; });
      room.take_heard();
      room.said.clear();
      const auto settled = room.wire.now();
      room.run_for(5s, in_turn(size));
      const auto waits = delays(room, settled);
      auto& all = follow ? with : without;
      all.insert(all.end(), waits.begin(), waits.end());
      if (follow) moves += room.moves();
    }
  }
  const auto at = [](std::vector<base::Duration>& of, std::size_t percent) {
    std::sort(of.begin(), of.end());
    return ms(of[(of.size() - 1) * percent / 100]);
  };
  std::printf("talkers %zu: p50 %4.1f -> %4.1f ms, p99 %4.1f -> %4.1f ms, %.1f steps a room\n", size,
              at(without, 50), at(with, 50), at(without, 99), at(with, 99),
              static_cast<double>(moves) / kSeeds);
  EXPECT_LE(at(with, 50), at(without, 50) - 2.0);
  EXPECT_LE(at(with, 99), 22.0);
}
INSTANTIATE_TEST_SUITE_P(Talkers, TickFollowerOf, testing::Values(1U, 2U, 3U, 8U),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace tutti::core
