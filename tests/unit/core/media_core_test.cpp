// The turn itself: commands, events, refusals, and the ring of each conference.

#include "dataplane/core/media_core.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

// A network that has no room for anybody.
class RefusingPort final : public net::PacketPort {
 public:
  bool attach(net::EndpointId, const base::EndpointHandles&) TUTTI_REALTIME override { return false; }
  void detach(net::EndpointId) TUTTI_REALTIME override {}
  std::optional<net::EndpointId> next_detached() TUTTI_REALTIME override { return std::nullopt; }
  void connect(net::EndpointId, net::Flow, const base::SocketAddress&) TUTTI_REALTIME override {}
  void disconnect(net::EndpointId, net::Flow) TUTTI_REALTIME override {}
  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override { return {}; }
  std::span<std::byte> reserve() TUTTI_REALTIME override { return {}; }
  void send(net::EndpointId, net::Flow, const base::SocketAddress&, std::size_t) TUTTI_REALTIME override {}
  void flush() TUTTI_REALTIME override {}
  void wait_until(base::Instant) override {}
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }

 private:
  Counters counters_;
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
