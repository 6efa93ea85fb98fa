// Random lives of endpoints over every body of PacketPort: whatever the order of calls, a packet that is
// delivered was meant for that endpoint, and from whom it says.
#include <array>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/sim_link.h"
#include "port_world.h"

namespace tutti::net {
namespace {

using base::RealtimeSection;
using base::SocketAddress;

constexpr int kSteps = 3'000;
constexpr std::uint32_t kEndpoints = 6;
constexpr std::size_t kClients = 3;

class PacketPortLife : public testing::TestWithParam<std::tuple<World, std::uint64_t>> {
 protected:
  struct Slot {
    enum class State { kFree, kAttached, kDetaching } state = State::kFree;
    Endpoint endpoint;
    std::array<SocketAddress, 2> peers;  // by Flow; not valid(): not connected
  };

  void SetUp() override {
    const auto& [world, seed] = GetParam();
    printf("seed %llu\n", static_cast<unsigned long long>(seed));
    random_ = SimRandom(seed);
    MadeWorld made = world.make({.endpoints = kEndpoints, .receive_buffers = 16, .transmit_buffers = 8});
    if (!made.world) GTEST_SKIP() << made.reason;
    world_ = std::move(made.world);
    for (SocketAddress& client : clients_) client = world_->open_client();
  }

  std::size_t pick(std::size_t count) { return random_.next() % count; }
  PacketPort& port() { return world_->port(); }

  // A payload names who sends it and to where.
  static std::string letter(const SocketAddress& from, const SocketAddress& to) {
    return base::to_string(from) + " to " + base::to_string(to);
  }

  void step() {
    const std::size_t at = pick(kEndpoints);
    const EndpointId id{static_cast<std::uint32_t>(at)};
    Slot& slot = slots_[at];
    const auto flow = static_cast<Flow>(pick(2));
    const SocketAddress client = clients_[pick(kClients)];
    switch (pick(8)) {
      case 0:
        if (slot.state == Slot::State::kFree) attach(id, slot);
        break;
      case 1:
        if (slot.state != Slot::State::kAttached || pick(3) != 0) break;
        port().detach(id);
        slot.state = Slot::State::kDetaching;
        break;
      case 2:
        if (slot.state != Slot::State::kAttached) break;
        slot.peers[static_cast<std::size_t>(flow)] = client;
        port().connect(id, flow, client);
        break;
      case 3:
        if (slot.state != Slot::State::kAttached) break;
        slot.peers[static_cast<std::size_t>(flow)] = {};
        port().disconnect(id, flow);
        break;
      case 4:
        if (slot.state == Slot::State::kAttached) send(id, slot, flow, client);
        break;
      case 5:
        if (pick(2) == 0) world_->pass_time();
        take();
        break;
      default:
        if (slot.state == Slot::State::kFree) break;
        const SocketAddress to = flow == Flow::kRtp ? slot.endpoint.rtp : slot.endpoint.rtcp;
        world_->client_send(client, to, letter(client, to));
        break;
    }
  }

  void attach(EndpointId id, Slot& slot) {
    const auto opened = world_->allocator().open(true);
    ASSERT_TRUE(opened);
    slot = Slot{.state = Slot::State::kAttached, .endpoint = *opened, .peers = {}};
    const RealtimeSection section;
    ASSERT_TRUE(port().attach(id, opened->handles));
  }

  void send(EndpointId id, const Slot& slot, Flow flow, const SocketAddress& client) {
    const SocketAddress& peer = slot.peers[static_cast<std::size_t>(flow)];
    const SocketAddress& from = flow == Flow::kRtp ? slot.endpoint.rtp : slot.endpoint.rtcp;
    const std::string text = letter(from, peer.valid() ? peer : client);
    const auto buffer = port().reserve();
    ASSERT_EQ(buffer.size(), kPayloadBytesMax);
    std::memcpy(buffer.data(), text.data(), text.size());
    port().send(id, flow, client, text.size());
    ++sent_;
  }

  void take() {
    std::span<const ReceivedPacket> batch;
    {
      const RealtimeSection section;
      port().flush();
      batch = port().receive();
    }
    for (const ReceivedPacket& packet : batch) {
      ++received_;
      const Slot& slot = slots_[static_cast<std::size_t>(packet.endpoint)];
      ASSERT_EQ(slot.state, Slot::State::kAttached);
      const SocketAddress& to = packet.flow == Flow::kRtp ? slot.endpoint.rtp : slot.endpoint.rtcp;
      const SocketAddress& peer = slot.peers[static_cast<std::size_t>(packet.flow)];
      EXPECT_EQ(packet.source.valid(), !peer.valid());
      const std::string text(reinterpret_cast<const char*>(packet.payload.data()), packet.payload.size());
      EXPECT_EQ(text, letter(peer.valid() ? peer : packet.source, to));
    }
    for (auto id = port().next_detached(); id; id = port().next_detached()) {
      Slot& slot = slots_[static_cast<std::size_t>(*id)];
      ASSERT_EQ(slot.state, Slot::State::kDetaching);
      slot.state = Slot::State::kFree;
      world_->allocator().close(slot.endpoint);
    }
  }

  std::unique_ptr<PortWorld> world_;
  std::array<SocketAddress, kClients> clients_;
  std::array<Slot, kEndpoints> slots_;
  SimRandom random_{0};
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

TEST_P(PacketPortLife, NothingReachesTheWrongOne) {
  for (int i = 0; i < kSteps && !HasFatalFailure(); ++i) step();
  for (std::uint32_t i = 0; i < kEndpoints; ++i) {
    if (slots_[i].state != Slot::State::kAttached) continue;
    port().detach(EndpointId{i});
    slots_[i].state = Slot::State::kDetaching;
  }
  while (world_->allocator().in_use() > 0 && !world_->gave_up()) {
    take();
    world_->pass_time();
  }
  EXPECT_EQ(world_->allocator().in_use(), 0u);
  EXPECT_GT(received_, 100u);

  std::uint64_t sent = 0;
  for (const SocketAddress& client : clients_) {
    world_->client_send(client, client, "the last one");
    world_->pass_time();
    for (auto taken = world_->client_receive(client); taken && taken->payload != "the last one";
         taken = world_->client_receive(client)) {
      EXPECT_EQ(taken->payload, letter(taken->source, client));
      ++sent;
    }
  }
  EXPECT_EQ(sent, sent_);
  EXPECT_EQ(port().counters().drops.value(base::DropReason::kSendFailed), 0u);
}

std::vector<World> worlds_with_lives() {
  std::vector<World> all = worlds();
  std::erase_if(all, [](const World& world) { return !world.lives; });
  return all;
}

INSTANTIATE_TEST_SUITE_P(Over, PacketPortLife,
                         testing::Combine(testing::ValuesIn(worlds_with_lives()),
                                          testing::Range<std::uint64_t>(1, 6)),
                         [](const auto& of) {
                           return std::string(std::get<0>(of.param).name) + "Seed" +
                                  std::to_string(std::get<1>(of.param));
                         });

}  // namespace
}  // namespace tutti::net
