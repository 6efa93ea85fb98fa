// The turn itself: commands, events, refusals, and the ring of each conference.

#include "dataplane/core/media_core.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

// A network that has no room for anybody.
class RefusingPort : public net::PacketPort {
 public:
  bool attach(net::EndpointId, const base::EndpointHandles&) TUTTI_REALTIME override { return false; }
  void detach(net::EndpointId) TUTTI_REALTIME override {}
  std::optional<net::EndpointId> next_detached() TUTTI_REALTIME override { return std::nullopt; }
  void connect(net::EndpointId, net::Flow, const base::SocketAddress&) TUTTI_REALTIME override {}
  void disconnect(net::EndpointId, net::Flow) TUTTI_REALTIME override {}
  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override { return {}; }
  std::span<std::byte> reserve() TUTTI_REALTIME override { return {}; }
  void send(net::EndpointId, net::Flow, const base::SocketAddress&, std::size_t) TUTTI_REALTIME override {}
  using PacketPort::send;
  bool send(net::EndpointId, net::Flow, const base::SocketAddress&, std::span<const std::byte>,
            std::span<const std::byte>) TUTTI_REALTIME override {
    return false;
  }
  void flush() TUTTI_REALTIME override {}
  void wait_until(base::Instant) override {}
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }

 private:
  Counters counters_;
};

// One that has, and notes what it is asked for.
class NotingPort final : public RefusingPort {
 public:
  struct Step {
    std::vector<std::uint32_t> looked_for;
    bool thorough = false;
    bool operator==(const Step&) const = default;
  };
  bool attach(net::EndpointId, const base::EndpointHandles&) TUTTI_REALTIME override { return true; }
  bool looks() const override { return true; }
  void look(net::EndpointId id, bool thorough) TUTTI_REALTIME override {
    if (received_) steps_.push_back({{}, thorough});
    received_ = false;
    steps_.back().looked_for.push_back(static_cast<std::uint32_t>(id));
  }
  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override {
    received_ = true;
    return {};
  }
  std::vector<Step> taken() { return std::exchange(steps_, {}); }

 private:
  std::vector<Step> steps_;
  bool received_ = true;
};

// One on which whoever is looked for has just sent a loud packet, at a moment of the tick of his own.
class TalkingPort final : public RefusingPort {
 public:
  bool attach(net::EndpointId, const base::EndpointHandles&) TUTTI_REALTIME override { return true; }
  bool looks() const override { return true; }
  void look(net::EndpointId id, bool) TUTTI_REALTIME override { asked_.push_back(id); }
  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override {
    packets_.clear();
    bytes_.resize(asked_.size());
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      const auto id = static_cast<std::uint32_t>(asked_[i]);
      const std::uint16_t number = numbers_[id]++;
      const std::uint32_t timestamp = 160U * number;
      bytes_[i].fill(std::byte{0xA0});
      const std::array<std::uint32_t, 3> header{0x8000'0000U | number, timestamp, 100 + id};
      for (std::size_t at = 0; at < 12; ++at) {
        bytes_[i][at] = static_cast<std::byte>(header[at / 4] >> (24 - 8 * (at % 4)));
      }
      packets_.push_back({.endpoint = asked_[i], .source = peer, .arrival = now, .payload = bytes_[i]});
    }
    asked_.clear();
    return packets_;
  }
  std::optional<base::Instant> arrival(net::EndpointId id, base::Instant) TUTTI_REALTIME override {
    ++arrivals_asked;
    return base::Instant(static_cast<std::uint32_t>(id) * kSubSlot);
  }

  const base::SocketAddress peer = *base::parse_address_and_port("10.0.0.1:4000");
  base::Instant now;
  std::uint64_t arrivals_asked = 0;

 private:
  std::vector<net::EndpointId> asked_;
  std::vector<net::ReceivedPacket> packets_;
  std::vector<std::array<std::byte, 172>> bytes_;
  std::array<std::uint16_t, kSubSlots> numbers_{};
};

// One with room for so many packets until they are taken.
class NarrowPort final : public RefusingPort {
 public:
  using PacketPort::send;
  bool attach(net::EndpointId, const base::EndpointHandles&) TUTTI_REALTIME override { return true; }
  bool send(net::EndpointId id, net::Flow, const base::SocketAddress&, std::span<const std::byte> head,
            std::span<const std::byte>) TUTTI_REALTIME override {
    if (sent.size() == room) return false;
    const auto packet = rtp::parse_rtp(head);
    EXPECT_TRUE(packet.has_value());
    sent.emplace_back(static_cast<std::uint32_t>(id), packet->header);
    return true;
  }
  std::size_t room = 0;
  std::vector<std::pair<std::uint32_t, rtp::RtpHeader>> sent;
};

CoreOptions small_core() {
  CoreOptions options;
  options.capacity = {64, 8};
  return options;
}

TEST(MediaCore, ARefusedEndpointIsToldAndLaterWordsOfItAreIgnored) {
  RefusingPort port;
  mailbox::Mailbox mailbox(16);
  MediaCore core(small_core(), port, mailbox);
  mailbox::AttachParticipant attach;
  attach.participant = {3, 7};
  attach.media = sim::SimulatedHost::media_for(*base::parse_address_and_port("10.0.0.1:4000"));
  ASSERT_TRUE(mailbox.post(mailbox::OpenConference{{0, 1}}));
  attach.conference = {0, 1};
  ASSERT_TRUE(mailbox.post(attach));
  ASSERT_TRUE(mailbox.post(mailbox::UpdateMedia{attach.participant, attach.media}));
  ASSERT_TRUE(mailbox.post(mailbox::UpdateMix{attach.participant, {}}));
  ASSERT_TRUE(mailbox.post(mailbox::DetachParticipant{attach.participant}));
  ASSERT_TRUE(mailbox.post(mailbox::CloseConference{attach.conference}));
  core.run_once(base::Instant(1s));
  std::array<mailbox::CoreEvent, 8> events;
  ASSERT_EQ(mailbox.drain(events), 2U);
  const auto& left = std::get<mailbox::ParticipantDetached>(events[0]);
  EXPECT_TRUE(left.refused);
  EXPECT_EQ(left.participant, attach.participant);
  EXPECT_EQ(std::get<mailbox::ConferenceClosed>(events[1]).conference, attach.conference);
  EXPECT_EQ(core.counters().participants.value(), 0);
  EXPECT_EQ(core.counters().conferences.value(), 0);
}

TEST(MediaCore, LooksForPacketsStepByStepWithTheTickOfTheirConference) {
  constexpr std::uint32_t kConferences = 3 * kSubSlots;
  constexpr std::uint32_t kMembers = 40;
  NotingPort port;
  mailbox::Mailbox mailbox(256);
  CoreOptions options;
  options.capacity = {kConferences * kMembers, kConferences};
  MediaCore core(options, port, mailbox);
  for (std::uint32_t i = 0; i < kConferences; ++i) ASSERT_TRUE(mailbox.post(mailbox::OpenConference{{i, 1}}));
  const base::Instant begin(2s);
  core.run_once(begin - 1us);
  // These are of one sub-slot, the other of the next.
  std::vector<std::uint32_t> members;
  for (const std::uint32_t conference : {0U, kSubSlots, 2 * kSubSlots, 1U}) {
    for (std::uint32_t i = 0; i < kMembers; ++i) {
      mailbox::AttachParticipant attach;
      attach.participant = {static_cast<std::uint32_t>(members.size()), 1};
      attach.conference = {conference, 1};
      attach.media = sim::SimulatedHost::media_for(*base::parse_address_and_port("10.0.0.1:4000"));
      members.push_back(attach.participant.slot);
      ASSERT_TRUE(mailbox.post(attach));
    }
  }
  std::array<mailbox::CoreEvent, 256> events;
  base::Instant now = begin;
  for (int i = 0; i < 4; ++i, now += base::kTick) {  // 64 commands a turn
    for (std::uint32_t sub_slot = 0; sub_slot < kSubSlots; ++sub_slot)
      core.run_once(now + sub_slot * kSubSlot);
    mailbox.drain(events);
  }
  port.taken();
  const auto some = [&](std::uint32_t first, std::uint32_t conferences) {
    const auto from = members.begin() + first * kMembers;
    return std::vector<std::uint32_t>(from, from + conferences * kMembers);
  };
  using Step = NotingPort::Step;
  core.run_once(now);
  EXPECT_EQ(port.taken(), (std::vector<Step>{{some(0, 2), false}, {some(2, 1), false}}));
  core.run_once(now + kSubSlot - 1us);
  EXPECT_TRUE(port.taken().empty());
  core.run_once(now + kSubSlot);
  EXPECT_EQ(port.taken(), (std::vector<Step>{{some(3, 1), false}}));
  // A bit late it does the same, later by a tick and more it takes all that wait.
  for (std::uint32_t i = 2; i < kSubSlots; ++i) core.run_once(now + i * kSubSlot);
  core.run_once(now + base::kTick + kSubSlot);
  EXPECT_EQ(port.taken(), (std::vector<Step>{{some(0, 2), false}, {some(2, 1), false}, {some(3, 1), false}}));
  for (std::uint32_t i = 2; i < kSubSlots; ++i) core.run_once(now + base::kTick + i * kSubSlot);
  core.run_once(now + 3 * base::kTick + kSubSlot);
  EXPECT_EQ(port.taken(), (std::vector<Step>{{some(0, 2), true}, {some(2, 1), true}, {some(3, 1), true}}));
}

// More listeners than leave in one go.
TEST(MediaCore, WhatThePortHasNoRoomForIsLostOnTheWay) {
  constexpr std::uint32_t kListeners = 40;
  NarrowPort port;
  port.sent.reserve(kListeners);
  mailbox::Mailbox mailbox(256);
  MediaCore core(small_core(), port, mailbox);
  ASSERT_TRUE(mailbox.post(mailbox::OpenConference{{0, 1}}));
  for (std::uint32_t i = 0; i < kListeners; ++i) {
    mailbox::AttachParticipant attach;
    attach.participant = {i, 1};
    attach.conference = {0, 1};
    attach.media = sim::SimulatedHost::media_for(*base::parse_address_and_port("10.0.0.1:4000"));
    ASSERT_TRUE(mailbox.post(attach));
  }
  base::Instant now(2s);
  std::uint64_t all = 0;
  for (int tick = 0; tick < 12; ++tick, now += base::kTick) {
    port.room = tick == 0 ? 0 : tick < 11 ? 21 : kListeners;
    port.sent.clear();
    for (std::uint32_t i = 0; i < kSubSlots; ++i) core.run_once(now + i * kSubSlot);
    ASSERT_EQ(port.sent.size(), port.room);
    all += port.room;
    for (std::uint32_t i = 0; i < port.room; ++i) {
      EXPECT_EQ(port.sent[i].first, i) << "the first ones, in order";
      // A talkspurt begins with the first packet that leaves; the numbers of the lost are missing.
      EXPECT_EQ(port.sent[i].second.marker, i < 21 ? tick == 1 : tick == 11);
      EXPECT_EQ(port.sent[i].second.sequence_number.value(), tick);
      EXPECT_EQ(port.sent[i].second.timestamp.value(), 160U * static_cast<std::uint32_t>(tick));
    }
  }
  EXPECT_EQ(core.counters().packets_sent.value(), all);
  EXPECT_EQ(core.counters().bytes_sent.value(), all * 172);
  // What was told of who got fewer: at a tick of a report, the tenth.
  const auto told = [&](std::uint32_t slot) { return core.reports().read({slot, 1})->packets_sent; };
  for (int tick = 0; tick < 10; ++tick, now += base::kTick) {
    port.sent.clear();
    for (std::uint32_t i = 0; i < kSubSlots; ++i) core.run_once(now + i * kSubSlot);
  }
  EXPECT_EQ(told(20) - told(21), 10U);
}

TEST(MediaCore, AsksSeldomWhenPacketsCameWhereTheTickStays) {
  TalkingPort port;
  mailbox::Mailbox mailbox(256);
  MediaCore core(small_core(), port, mailbox);
  ASSERT_TRUE(mailbox.post(mailbox::OpenConference{{0, 1}}));
  for (std::uint32_t i = 0; i < kSubSlots; ++i) {  // they fill the tick: nothing can be won
    mailbox::AttachParticipant attach;
    attach.participant = {i, 1};
    attach.conference = {0, 1};
    attach.media = sim::SimulatedHost::media_for(port.peer);
    ASSERT_TRUE(mailbox.post(attach));
  }
  std::array<mailbox::CoreEvent, 256> events;
  port.now = base::Instant(2s);
  const auto asked_within = [&](base::Duration time) {
    port.arrivals_asked = 0;
    for (const auto end = port.now + time; port.now < end; port.now += kSubSlot) {
      core.run_once(port.now);
      mailbox.drain(events);
    }
    return port.arrivals_asked;
  };
  EXPECT_GE(asked_within(3s), 5 * kSubSlots);  // each 200 ms, for a second
  asked_within(20s);
  const std::uint64_t asked = asked_within(32s);
  EXPECT_GE(asked, 3 * 5 * kSubSlots);
  EXPECT_LE(asked, 5 * 5 * kSubSlots);
  EXPECT_EQ(core.counters().ticks_moved.value(), 0U);
}

TEST(MediaCore, EventsWaitForASignalingSideThatIsSlow) {
  net::SimNetwork network({.seed = 3});
  auto port = network.make_port({.endpoints = 64});
  mailbox::Mailbox mailbox(8);
  MediaCore core(small_core(), *port, mailbox);
  std::vector<base::EndpointHandles> endpoints;
  base::Instant now;
  const auto turn = [&] {
    now += 1ms;
    network.advance_to(now);
    core.run_once(now);
  };
  ASSERT_TRUE(mailbox.post(mailbox::OpenConference{{0, 1}}));
  turn();
  for (std::uint32_t i = 0; i < 50; ++i) {
    const auto local = *base::parse_address_and_port("10.9.0.1:" + std::to_string(20'000 + 2 * i));
    const auto handles = network.endpoint_factory().open(local, true);
    ASSERT_TRUE(handles.has_value());
    mailbox::AttachParticipant attach;
    attach.participant = {i, 100 + i};
    attach.conference = {0, 1};
    attach.endpoint = *handles;
    attach.media = sim::SimulatedHost::media_for(local.with_port(9));
    ASSERT_TRUE(mailbox.post(attach));
    turn();
  }
  for (std::uint32_t i = 0; i < 50; ++i) {
    ASSERT_TRUE(mailbox.post(mailbox::DetachParticipant{{i, 100 + i}}));
    turn();
  }
  // 100 events, 8 of which the mailbox holds: the rest come as it is emptied, in order.
  std::vector<mailbox::CoreEvent> told;
  for (int i = 0; i < 200; ++i) {
    std::array<mailbox::CoreEvent, 3> events;
    const auto count = mailbox.drain(events);
    told.insert(told.end(), events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count));
    turn();
  }
  ASSERT_EQ(told.size(), 100U);
  for (std::uint32_t i = 0; i < 50; ++i) {
    EXPECT_EQ(std::get<mailbox::ParticipantAttached>(told[i]).participant.slot, i);
    EXPECT_TRUE(std::holds_alternative<mailbox::ParticipantDetached>(told[50 + i]));
  }
}

TEST(MediaCore, PublishesEachTicksSumWhileSomebodyReadsIt) {
  Wire wire;
  WireCaller caller(wire, "10.0.0.1");
  const auto room = wire.server.open_conference();
  const auto participant = wire.server.join(room, caller.media());
  auto& rings = wire.server.rings();
  caller.talk(participant.endpoint.rtp, 400ms, 0xA0);
  ASSERT_EQ(rings.find(0, room.handle.slot), nullptr) << "nobody reads, no memory of it is touched";
  EXPECT_EQ(rings.attach_reader(0, room.handle.slot), 0U);
  caller.talk(participant.endpoint.rtp, 400ms, 0xA0);
  const auto& ring = *rings.find(0, room.handle.slot);
  const auto before = ring.latest();
  wire.run_for(200ms);
  EXPECT_EQ(ring.latest(), before + 10);
  base::SumFrame sum;
  mixer::MixPart part;
  ASSERT_EQ(ring.read(before, part, sum), mixer::MixRead::kWhole);
  EXPECT_EQ(part.contributors, 1U);
  EXPECT_EQ(part.tenant, room.handle.generation);
  // A constant byte is one constant sample.
  EXPECT_NE(sum.samples[0], 0);
  EXPECT_EQ(std::count(sum.samples.begin(), sum.samples.end(), sum.samples[0]), 160);

  rings.detach_reader(0, room.handle.slot);
  const auto last = ring.latest();
  wire.run_for(200ms);
  EXPECT_EQ(ring.latest(), last);
  // Who comes later is told what is old, and finds each tick from then on.
  EXPECT_EQ(rings.attach_reader(0, room.handle.slot), last + 1);
  wire.run_for(200ms);
  EXPECT_EQ(ring.latest(), last + 20);
  EXPECT_EQ(ring.read(last + 1, part), mixer::MixRead::kGone);
  for (auto tick = last + 11; tick <= last + 20; ++tick) {
    EXPECT_EQ(ring.read(tick, part), mixer::MixRead::kWhole);
  }
}

TEST(MediaCore, ALoneCoreTellsWhenItsNextTurnIsDue) {
  RefusingPort port;
  mailbox::Mailbox mailbox(16);
  MediaCore core(small_core(), port, mailbox);
  EXPECT_EQ(core.run_once(base::Instant(1s)), base::Instant(1s) + kSubSlot);
  EXPECT_EQ(core.run_once(base::Instant(1s)), base::Instant(1s) + kSubSlot);
  EXPECT_EQ(core.run_once(base::Instant(1s) + 6ms), base::Instant(1s) + 7'500us);
}

}  // namespace
}  // namespace tutti::core
