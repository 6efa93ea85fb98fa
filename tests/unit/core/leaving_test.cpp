// Who leaves in the middle of a sound: what the others hear of it, when it is gone, and what is sent
// meanwhile.

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "mixer/dsp/fade.h"
#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kVoice = 0xA0;
constexpr std::uint8_t kOther = 0xB0;

// What is heard of one who says `voice` and leaves, and of another who says `other` throughout: whole frames,
// one in which the first fades out, and the other alone.
testing::AssertionResult fades_out_once(const std::vector<ReceivedRtp>& packets, std::uint8_t voice,
                                        std::uint8_t other = kSilence) {
  base::Frame fading;
  fading.samples.fill(sample_of(std::byte{voice}));
  dsp::fade(fading.samples, dsp::Fade::kOut);
  const int beside = sample_of(std::byte{other});
  const auto whole = ulaw_of(sample_of(std::byte{voice}) + beside);
  std::vector<std::byte> last;
  for (const auto sample : fading.samples) last.push_back(ulaw_of(sample + beside));
  std::size_t i = 0;
  while (i < packets.size() && all_bytes_are(packets[i].payload, std::to_integer<std::uint8_t>(whole))) ++i;
  if (i == 0 || i == packets.size()) return testing::AssertionFailure() << i << " of " << packets.size();
  if (packets[i].payload != last) return testing::AssertionFailure() << "packet " << i << " is no fade";
  for (++i; i < packets.size(); ++i) {
    if (!all_bytes_are(packets[i].payload, std::to_integer<std::uint8_t>(ulaw_of(beside))))
      return testing::AssertionFailure() << "packet " << i << " behind it";
  }
  return testing::AssertionSuccess();
}

std::size_t gone(Wire& wire) {
  return wire.server.events_of<mailbox::ParticipantDetached>().size();
}

testing::AssertionResult no_step(const std::vector<std::byte>& heard, std::uint8_t voice) {
  for (std::size_t i = 1; i < heard.size(); ++i) {
    const int step = std::abs(sample_of(heard[i]) - sample_of(heard[i - 1]));
    if (step > std::abs(sample_of(std::byte{voice})) / 8)
      return testing::AssertionFailure() << step << " at " << i;
  }
  return testing::AssertionSuccess();
}

TEST(Leave, InTheMiddleOfASoundFadesOutInOneTickBitByBit) {
  for (const auto after : {0us, 500us, 2'500us, 7'000us, 12'500us, 19'500us}) {
    SCOPED_TRACE(after.count());
    Room room(3);
    room.ticks(30, {kOther, kSilence, kVoice});
    room.callers[0]->take_rtp();
    room.callers[1]->take_rtp();
    room.ticks(2, {kOther, kSilence, kVoice});
    room.wire.run_for(after);
    room.wire.server.leave(room.participants[2]);
    // The next tick, and the turn behind it.
    room.wire.run_for(20ms + kSubSlot + 500us);
    EXPECT_EQ(gone(room.wire), 1U);
    EXPECT_EQ(room.wire.server.streams(), 2);
    room.ticks(10, {kOther, kSilence});
    EXPECT_TRUE(fades_out_once(room.callers[0]->take_rtp(), kVoice)) << "who talks as well";
    EXPECT_TRUE(fades_out_once(room.callers[1]->take_rtp(), kVoice, kOther)) << "who listens";
    EXPECT_EQ(gone(room.wire), 1U);
  }
}

TEST(Leave, OfWhoIsNotHeardIsNotWaitedFor) {
  Room room(3);
  room.ticks(30, {kVoice, kSilence, kVoice});
  room.wire.server.update(room.participants[2], {.muted = true});
  room.ticks(2, {kVoice, kSilence, kVoice});
  room.wire.server.leave(room.participants[1]);
  room.wire.server.leave(room.participants[2]);
  room.wire.run_for(2 * kSubSlot);
  EXPECT_EQ(gone(room.wire), 2U);
}

// The fade is that of the frame that is due, as far as there is one: what is lost is made up.
TEST(Leave, WithNothingWaitingFadesOutWhatConcealmentMakes) {
  Room room(2);
  room.ticks(30, {kSilence, kVoice});
  room.callers[0]->take_rtp();
  room.ticks(3, {kSilence});  // 40 ms were kept
  room.wire.server.leave(room.participants[1]);
  room.ticks(10, {kSilence});
  const auto heard = joined(room.callers[0]->take_rtp());
  EXPECT_TRUE(no_step(heard, kVoice));
  EXPECT_EQ(heard.back(), std::byte{kSilence});
  EXPECT_EQ(gone(room.wire), 1U);
}

// A packet that is due in the last tick may come behind the command, where nothing is kept for long.
TEST(Leave, WhatComesBeforeTheLastTickIsStillTaken) {
  for (const bool mux : {false, true}) {
    SCOPED_TRACE(mux);
    Wire wire({.jitter_delay = 0ms, .follow_talkers = false});
    const auto conference = wire.server.open_conference();
    WireCaller listener(wire, "10.0.0.1", 100);
    WireCaller talker(wire, "10.0.0.2", 101);
    wire.server.join(conference, listener.media());
    auto media = talker.media();
    media.rtcp_mux = mux;
    const auto leaver = wire.server.join(conference, media);
    talker.talk(leaver.endpoint.rtp, 600ms, kVoice);
    listener.take_rtp();
    talker.talk(leaver.endpoint.rtp, 40ms, kVoice);
    wire.server.leave(leaver);
    wire.run_for(kSubSlot);
    ASSERT_EQ(gone(wire), 0U);
    talker.send_rtp(leaver.endpoint.rtp, kVoice);
    wire.run_for(100ms);
    EXPECT_TRUE(fades_out_once(listener.take_rtp(), kVoice));
    const auto left = wire.server.events_of<mailbox::ParticipantDetached>();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].totals.packets_received, 33U);
    EXPECT_EQ(left[0].totals.frames_concealed, 0U);
    EXPECT_EQ(wire.drops(base::DropReason::kUnknownEndpoint), 0U);
  }
}

TEST(Leave, NothingIsSentBehindTheByeThatGoesAtOnce) {
  for (const int ptime : {10, 20, 30, 40}) {
    SCOPED_TRACE(ptime);
    Room room(2, {.ptimes_ms = {20, ptime}});
    room.ticks(33, {kVoice, kVoice});
    WireCaller& caller = *room.callers[1];
    caller.take_rtp();
    caller.take_rtcp();
    room.wire.run_for(1ms);
    room.wire.server.leave(room.participants[1]);
    room.wire.run_for(kSubSlot);
    EXPECT_EQ(gone(room.wire), 0U) << "it is still heard";
    EXPECT_EQ(caller.take_rtcp().size(), 1U);
    caller.take_rtp();
    // It is not gone before the next tick, even if that comes when another report would have been due.
    room.wire.stall_for(20s);
    room.wire.run_for(1s);
    EXPECT_EQ(gone(room.wire), 1U);
    EXPECT_TRUE(caller.take_rtp().empty());
    EXPECT_TRUE(caller.take_rtcp().empty());
  }
}

TEST(Leave, TwiceAndBesideOtherCommandsIsOneAndTheSlotHasANewTenant) {
  Room room(2);
  room.ticks(30, {kSilence, kVoice});
  room.callers[0]->take_rtp();
  auto& server = room.wire.server;
  const auto leaver = room.participants[1];
  room.ticks(2, {kSilence, kVoice});
  server.leave(leaver);
  server.leave(leaver);
  server.update(leaver, {.gain_in_db = 20});
  server.update(leaver, room.callers[1]->media());
  server.post(0, mailbox::PlayTone{leaver.handle, mailbox::ToneLane::kPlay, {}});
  server.post(0, mailbox::MoveParticipant{leaver.handle, room.conference.handle});
  room.wire.run_for(25ms);
  EXPECT_EQ(gone(room.wire), 1U);
  room.participants[1] = server.join(room.conference, room.callers[1]->media());
  EXPECT_EQ(room.participants[1].handle.slot, leaver.handle.slot);
  room.ticks(10, {kSilence});
  EXPECT_TRUE(fades_out_once(room.callers[0]->take_rtp(), kVoice));
  room.ticks(10, {kSilence, kVoice});
  EXPECT_EQ(joined(room.callers[0]->take_rtp()).back(), std::byte{kVoice});
  EXPECT_EQ(gone(room.wire), 1U);
  EXPECT_TRUE(server.events_of<mailbox::ParticipantMoved>().empty());
}

TEST(Leave, OfManyAtOnceIsSpreadOverSubSlots) {
  constexpr std::size_t kMany = 120;
  Room room(kMany);
  room.ticks(30, std::vector<std::uint8_t>(kMany, kVoice));
  for (const auto& participant : room.participants) room.wire.server.leave(participant);
  std::size_t before = 0;
  for (int i = 0; i < 16; ++i) {
    room.wire.run_for(kSubSlot);
    EXPECT_LE(gone(room.wire) - before, 64U);
    before = gone(room.wire);
  }
  EXPECT_EQ(before, kMany);
}

// The last of a share on another core: it is unlinked and closed as soon as it is empty.
TEST(Leave, OfTheLastOneInAShareIsHeardFadingInTheOthers) {
  for (const auto after : {0ms, 4ms, 9ms, 14ms, 19ms}) {
    for (const std::uint32_t cores : {1U, 2U}) {
      SCOPED_TRACE(after.count() * 10 + cores);
      Wire wire({.cores = cores, .follow_talkers = false});
      const auto shares = wire.server.open_shares(2, cores);
      WireCaller listener(wire, "10.0.0.1", 100);
      WireCaller talker(wire, "10.0.0.2", 101);
      wire.server.join(shares[0], listener.media());
      const auto leaver = wire.server.join(shares[1], talker.media());
      talker.talk(leaver.endpoint.rtp, 600ms, kVoice);
      listener.take_rtp();
      talker.talk(leaver.endpoint.rtp, 40ms, kVoice);
      wire.run_for(after);
      wire.server.leave(leaver);
      while (gone(wire) == 0) wire.run_for(500us);
      wire.server.post(shares[0].core, mailbox::UnlinkShare{shares[0].handle, shares[1].number});
      wire.server.close_conference(shares[1]);
      wire.run_for(200ms);
      const auto heard = joined(listener.take_rtp());
      EXPECT_EQ(heard.front(), std::byte{kVoice});
      EXPECT_EQ(heard.back(), std::byte{kSilence});
      EXPECT_TRUE(no_step(heard, kVoice));
    }
  }
}

// Others of the share stay: what is heard elsewhere is the fade itself.
TEST(Leave, FromASharedRoomIsTheSameFadeOnTheOtherCore) {
  Wire wire({.cores = 2, .follow_talkers = false});
  const auto shares = wire.server.open_on_cores(2);
  WireCaller listener(wire, "10.0.0.1", 100);
  WireCaller stays(wire, "10.0.0.2", 101);
  WireCaller talker(wire, "10.0.0.3", 102);
  wire.server.join(shares[0], listener.media());
  wire.server.join(shares[1], stays.media());
  const auto leaver = wire.server.join(shares[1], talker.media());
  talker.talk(leaver.endpoint.rtp, 600ms, kVoice);
  listener.take_rtp();
  talker.talk(leaver.endpoint.rtp, 40ms, kVoice);
  wire.server.leave(leaver);
  wire.run_for(200ms);
  EXPECT_TRUE(fades_out_once(listener.take_rtp(), kVoice));
}

}  // namespace
}  // namespace tutti::core
