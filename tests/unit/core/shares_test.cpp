// Several shares of one conference on one core: where they stand on the wheel, and how much later what is
// said in one is heard in another.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kLoudShare = 0x98;

sim::ConferenceKey open_read(Wire& wire) {
  const auto share = wire.server.open_conference();
  wire.server.rings().attach_reader(share.core, share.handle.slot);
  return share;
}

std::uint32_t phase_of(Wire& wire, const sim::ConferenceKey& share) {
  const mixer::MixRing& ring = *wire.server.rings().find(share.core, share.handle.slot);
  mixer::MixPart part;
  EXPECT_EQ(ring.read(ring.latest(), part), mixer::MixRead::kWhole);
  return part.phase;
}

TEST(Shares, OneOpensWhereTheFewestParticipantsAre) {
  Wire wire;
  std::vector<std::unique_ptr<WireCaller>> callers;
  std::vector<sim::ConferenceKey> rooms;
  std::vector<sim::ParticipantKey> participants;
  for (std::uint32_t i = 0; i < kSubSlots; ++i) rooms.push_back(open_read(wire));
  const auto join = [&](std::size_t room) {
    callers.push_back(std::make_unique<WireCaller>(wire, "10.0.0." + std::to_string(callers.size() + 1)));
    participants.push_back(wire.server.join(rooms[room], callers.back()->media()));
  };
  // Room 5 has nobody, room 3 one, the others two.
  for (const std::size_t room : {3U, 0U, 1U, 2U, 4U, 6U, 7U, 0U, 1U, 2U, 4U, 6U, 7U}) join(room);
  wire.run_for(2 * base::kTick);
  std::set<std::uint32_t> phases;
  for (const auto& room : rooms) phases.insert(phase_of(wire, room));
  EXPECT_EQ(phases.size(), kSubSlots);

  rooms.push_back(open_read(wire));
  wire.run_for(2 * base::kTick);
  EXPECT_EQ(phase_of(wire, rooms[8]), phase_of(wire, rooms[5]));
  for (int i = 0; i < 2; ++i) join(8);
  wire.run_for(2 * base::kTick);
  rooms.push_back(open_read(wire));
  wire.run_for(2 * base::kTick);
  EXPECT_EQ(phase_of(wire, rooms[9]), phase_of(wire, rooms[3]));
  join(9);
  for (const std::size_t who : {5U, 11U}) wire.server.leave(participants[who]);  // both of room 6
  wire.run_for(2 * base::kTick);
  rooms.push_back(open_read(wire));
  wire.run_for(2 * base::kTick);
  EXPECT_EQ(phase_of(wire, rooms[10]), phase_of(wire, rooms[6]));
}

// Two callers in each of eight shares, one in each sub-slot. From the moment at which a packet leaves the
// talker until one with its sound is with a listener: mouth to ear without phones and network.
TEST(Shares, WhatIsSaidInAnotherIsHeardUpToATickLater) {
  constexpr std::size_t kShares = kSubSlots;
  Wire wire({.jitter_delay = 0ms});
  const auto shares = wire.server.open_shares(kShares, 1);
  std::vector<std::unique_ptr<WireCaller>> callers;
  std::vector<sim::ParticipantKey> participants;
  for (std::size_t i = 0; i < 2 * kShares; ++i) {
    callers.push_back(std::make_unique<WireCaller>(wire, "10.0.0." + std::to_string(i + 1),
                                                   static_cast<std::uint32_t>(100 + i)));
    participants.push_back(wire.server.join(shares[i % kShares], callers.back()->media()));
  }
  const auto tick = [&](std::size_t talker) {
    for (std::size_t i = 0; i < callers.size(); ++i) {
      callers[i]->send_rtp(participants[i].endpoint.rtp, i == talker ? kLoudShare : kMuSilence);
    }
    wire.run_for(base::kTick);
  };
  constexpr std::size_t kNobody = SIZE_MAX;
  base::Duration within{}, across{}, longest{};
  for (std::size_t talker = 0; talker < kShares; ++talker) {
    for (int i = 0; i < 60; ++i) tick(kNobody);
    for (const auto& caller : callers) caller->take_rtp();
    const base::Instant said = wire.now();
    for (int i = 0; i < 6; ++i) tick(talker);
    const auto heard = [&](std::size_t listener) {
      for (const auto& packet : callers[listener]->take_rtp()) {
        if (!all_bytes_are(packet.payload, kMuSilence)) return packet.arrival - said;
      }
      ADD_FAILURE() << listener << " does not hear " << talker;
      return base::Duration{};
    };
    const base::Duration own_share = heard(talker + kShares);
    within += own_share;
    for (std::size_t listener = 0; listener < kShares; ++listener) {
      if (listener == talker) continue;
      const base::Duration other_share = heard(listener);
      EXPECT_GE(other_share - own_share, 5ms) << talker << " to " << listener;
      EXPECT_LE(other_share - own_share, 22'500us) << talker << " to " << listener;
      across += other_share;
      longest = std::max(longest, other_share - own_share);
    }
  }
  const auto ms = [](base::Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
  };
  std::printf("[ shares   ] mouth to ear: within one %.1f ms, to another %.1f, at most %.1f more\n",
              ms(within) / kShares, ms(across) / (kShares * (kShares - 1)), ms(longest));
  EXPECT_EQ(wire.counters().peer_ticks_missed.value(), 0U);
}

}  // namespace
}  // namespace tutti::core
