// What a core does with what arrives: whom it follows, what it refuses, what it tells.

#include "dataplane/core/reception.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;
using base::DropReason;

TEST(Latching, FollowsTheFirstValidSourceAndCountsStrangers) {
  Wire wire;
  WireCaller described(wire, "10.0.0.1");
  WireCaller natted(wire, "10.0.0.2");
  WireCaller stranger(wire, "10.0.0.3", 0x57A);
  const auto participant = wire.server.join(wire.server.open_conference(), described.media());
  natted.talk(participant.endpoint.rtp, 100ms);
  ASSERT_EQ(wire.server.events_of<mailbox::SourceLatched>().size(), 1U);
  EXPECT_EQ(wire.server.events_of<mailbox::SourceLatched>()[0].source, natted.rtp());
  described.take_rtp();
  natted.take_rtp();

  for (int i = 0; i < 50; ++i) {
    stranger.send_rtp(participant.endpoint.rtp);
    natted.talk(participant.endpoint.rtp, 20ms);
  }
  EXPECT_EQ(wire.drops(DropReason::kStranger), 50U);
  EXPECT_TRUE(stranger.take_rtp().empty());
  EXPECT_TRUE(described.take_rtp().empty());
  EXPECT_GE(natted.take_rtp().size(), 49U);
  EXPECT_EQ(wire.server.events_of<mailbox::SourceLatched>().size(), 1U);
}

TEST(Latching, NeverFollowsWhatIsNotValidRtpOfThisSession) {
  Wire wire;
  WireCaller peer(wire, "10.0.0.1");
  WireCaller stranger(wire, "10.0.0.3", 0x57A);
  const auto participant = wire.server.join(wire.server.open_conference(), peer.media());
  wire.run_for(100ms);
  stranger.send_rtp(participant.endpoint.rtp, 0xA0, 96);  // a type that nobody negotiated
  const std::array<std::byte, 5> shard{std::byte{0x80}};
  stranger.send_raw(participant.endpoint.rtp, shard);
  wire.run_for(1s);
  EXPECT_TRUE(wire.server.events_of<mailbox::SourceLatched>().empty());
  EXPECT_EQ(wire.drops(DropReason::kUnknownPayloadType), 1U);
  EXPECT_EQ(wire.drops(DropReason::kTruncated), 1U);
  EXPECT_TRUE(stranger.take_rtp().empty());
}

TEST(Latching, LearnsAnotherSourceAfterASecondOfSilence) {
  Wire wire;
  WireCaller first(wire, "10.0.0.1");
  WireCaller second(wire, "10.0.0.2", 0x2ECD);
  const auto participant = wire.server.join(wire.server.open_conference(), first.media());
  first.talk(participant.endpoint.rtp, 200ms);
  wire.run_for(1'100ms);
  second.take_rtp();
  second.talk(participant.endpoint.rtp, 200ms);
  const auto latched = wire.server.events_of<mailbox::SourceLatched>();
  ASSERT_EQ(latched.size(), 2U);
  EXPECT_EQ(latched[1].source, second.rtp());
  EXPECT_GE(second.take_rtp().size(), 5U);
}

TEST(Direction, MediaThatWasNotAgreedIsCountedAndNotMixed) {
  Wire wire;
  WireCaller talker(wire, "10.0.0.1");
  WireCaller listener(wire, "10.0.0.2");
  const auto room = wire.server.open_conference();
  auto media = talker.media();
  media.may_receive = false;
  const auto participant = wire.server.join(room, media);
  wire.server.join(room, listener.media());
  talker.talk(participant.endpoint.rtp, 400ms);
  EXPECT_EQ(wire.drops(DropReason::kWrongDirection), 20U);
  for (const auto& packet : listener.take_rtp()) EXPECT_TRUE(all_bytes_are(packet.payload, kMuSilence));
}

// A core knows without a look at the participant whether it takes RTP: that follows each agreement.
TEST(Direction, EachAgreementSaysAnewWhoseMediaIsTaken) {
  Wire wire;
  WireCaller talker(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), talker.media());
  std::uint64_t refused = 0;
  for (const bool may_receive : {true, false, true, false}) {
    auto media = talker.media();
    media.may_receive = may_receive;
    // RTCP on the same port is told apart, and its participant looked at, where that is agreed.
    media.rtcp_mux = may_receive;
    wire.server.update(participant, media);
    wire.run_for(20ms);
    talker.talk(participant.endpoint.rtp, 200ms);
    if (!may_receive) refused += 10;
    EXPECT_EQ(wire.drops(DropReason::kWrongDirection), refused);
  }
}

// The payload of the last packet that each of two got while the other sent 0xA0.
struct HeardByEach {
  std::vector<std::byte> talker;
  std::vector<std::byte> listener;
};

HeardByEach hear(mailbox::MixControls talker_mix, mailbox::MixControls listener_mix) {
  Wire wire;
  WireCaller talker(wire, "10.0.0.1", 1);
  WireCaller listener(wire, "10.0.0.2", 2);
  const auto room = wire.server.open_conference();
  const auto a = wire.server.join(room, talker.media(), talker_mix);
  const auto b = wire.server.join(room, listener.media());
  wire.server.update(b, listener_mix);
  for (int i = 0; i < 20; ++i) {
    listener.send_rtp(b.endpoint.rtp, 0x90);
    talker.talk(a.endpoint.rtp, 20ms, 0xA0);
  }
  EXPECT_EQ(talker.take_rtp().size(), 20U);
  listener.take_rtp();
  listener.send_rtp(b.endpoint.rtp, 0x90);
  talker.talk(a.endpoint.rtp, 20ms);
  return {talker.take_rtp().back().payload, listener.take_rtp().back().payload};
}

TEST(Controls, EachHearsTheOther) {
  const auto heard = hear({}, {});
  EXPECT_TRUE(all_bytes_are(heard.talker, 0x90));
  EXPECT_TRUE(all_bytes_are(heard.listener, 0xA0));
}

TEST(Controls, MutedIsHeardByNobodyAndHearsAndIsSentTo) {
  const auto heard = hear({.muted = true}, {});
  EXPECT_TRUE(all_bytes_are(heard.talker, 0x90));
  EXPECT_TRUE(all_bytes_are(heard.listener, kMuSilence));
}

TEST(Controls, DeafHearsNothingAndIsHeard) {
  const auto heard = hear({}, {.deaf = true});
  EXPECT_TRUE(all_bytes_are(heard.talker, 0x90));
  EXPECT_TRUE(all_bytes_are(heard.listener, kMuSilence));
}

TEST(Digits, APressIsToldOnceHoweverManyPacketsItHas) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  caller.talk(participant.endpoint.rtp, 100ms);
  for (std::uint16_t duration = 160; duration <= 800; duration = static_cast<std::uint16_t>(duration + 160)) {
    caller.send_event(participant.endpoint.rtp, 11, false, duration);
    wire.run_for(20ms);
  }
  for (int i = 0; i < 3; ++i) caller.send_event(participant.endpoint.rtp, 11, true, 960);
  wire.run_for(20ms);
  const auto digits = wire.server.events_of<mailbox::DigitReceived>();
  ASSERT_EQ(digits.size(), 1U);
  EXPECT_EQ(digits[0].digit, '#');
  EXPECT_EQ(digits[0].participant, participant.handle);
}

// Each is an event of the room, for all who follow it; and what cannot be told is left in the network, the
// others' voices with it.
TEST(Digits, OfAFloodNoMoreAreToldThanAnybodyPresses) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto participant = wire.server.join(wire.server.open_conference(), caller.media());
  caller.talk(participant.endpoint.rtp, 100ms);
  constexpr int kPresses = 10'000;
  for (int i = 0; i < kPresses; ++i) {
    caller.pause(1);
    caller.send_event(participant.endpoint.rtp, 5, false, 160);
    if (i % 100 == 99) wire.run_for(20ms);
  }
  const auto told = wire.server.events_of<mailbox::DigitReceived>().size();
  const auto at_most = Reception::kDigitsAtOnce + static_cast<std::size_t>(2s / Reception::kDigitEvery);
  EXPECT_LE(told, at_most);
  EXPECT_GE(told, at_most - 2);
  EXPECT_EQ(wire.counters().drops.value(base::DropReason::kRateLimited), kPresses - told);
  // As fast as a machine dials, and at once behind a gap of the network.
  wire.run_for(2s);
  for (std::size_t i = 0; i < Reception::kDigitsAtOnce; ++i) {
    caller.pause(800);
    caller.send_event(participant.endpoint.rtp, 7, true, 400);
  }
  wire.run_for(20ms);
  EXPECT_EQ(wire.server.events_of<mailbox::DigitReceived>().size(), told + Reception::kDigitsAtOnce);
}

TEST(Hostile, RandomBytesAreCountedAndDisturbNobody) {
  constexpr std::uint64_t kSeed = 77;
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  Wire wire;
  WireCaller victim(wire, "10.0.0.1", 1);
  WireCaller other(wire, "10.0.0.2", 2);
  const auto room = wire.server.open_conference();
  const auto a = wire.server.join(room, victim.media());
  const auto b = wire.server.join(room, other.media());
  std::uint64_t garbage = 0;
  for (int tick = 0; tick < 500; ++tick) {
    victim.send_rtp(a.endpoint.rtp, 0x90);
    other.send_rtp(b.endpoint.rtp, 0xA0);
    for (int i = 0; i < 20; ++i, ++garbage) {
      std::vector<std::byte> bytes(random() % 300);
      for (auto& byte : bytes) byte = static_cast<std::byte>(random());
      // Half of it looks like RTP or RTCP of version 2, with every kind of length inside.
      if (!bytes.empty() && random() % 2 == 0) bytes[0] = (bytes[0] & std::byte{0x3F}) | std::byte{0x80};
      if (bytes.size() > 1 && random() % 2 == 0) bytes[1] = std::byte{200};
      // From the peer's own address, to the RTP and the RTCP port.
      victim.send_raw(random() % 2 == 0 ? a.endpoint.rtp : a.endpoint.rtcp, bytes);
    }
    wire.run_for(20ms);
    for (const auto& packet : victim.take_rtp()) {
      if (tick > 20) {
        ASSERT_TRUE(all_bytes_are(packet.payload, 0xA0)) << "tick " << tick;
      }
    }
  }
  EXPECT_GT(wire.counters().drops.total(), garbage * 8 / 10);
  wire.server.leave(a);
  wire.server.leave(b);
  wire.run_for(100ms);
  EXPECT_EQ(wire.server.streams(), 0);
}

}  // namespace
}  // namespace tutti::core
