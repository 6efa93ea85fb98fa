// PacketPortContract: the fixture of the tests that every body of PacketPort passes.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/net/packet_port.h"
#include "port_world.h"

namespace tutti::net {

class PacketPortContract : public testing::TestWithParam<World> {
 protected:
  void make(const PortLimits& limits) {
    world_.reset();  // before the next: each may have a network of its own
    MadeWorld made = GetParam().make(limits);
    if (!made.world) GTEST_SKIP() << made.reason;
    world_ = std::move(made.world);
  }
  void SetUp() override { make({.endpoints = 16, .receive_buffers = 512, .transmit_buffers = 64}); }

  PacketPort& port() { return world_->port(); }

  Endpoint attach(EndpointId id, bool with_rtcp = true) {
    const auto opened = world_->allocator().open(with_rtcp);
    EXPECT_TRUE(opened.has_value());
    const base::RealtimeSection section;
    EXPECT_TRUE(port().attach(id, opened->handles));
    return *opened;
  }

  // Detaches, waits until that is complete, and closes.
  void detach_and_close(EndpointId id, const Endpoint& endpoint) {
    std::optional<EndpointId> detached;
    {
      const base::RealtimeSection section;
      port().detach(id);
    }
    while (!detached && !world_->gave_up()) {
      take(nullptr);
      {
        const base::RealtimeSection section;
        detached = port().next_detached();
      }
      if (!detached) world_->pass_time();
    }
    EXPECT_EQ(detached, id);
    EXPECT_EQ(port().next_detached(), std::nullopt);
    world_->allocator().close(endpoint);
  }

  // One receive(), copied out.
  bool take(std::vector<TakenPacket>* into) {
    std::span<const ReceivedPacket> batch;
    {
      const base::RealtimeSection section;
      batch = port().receive();
    }
    EXPECT_LE(batch.size(), PacketPort::kReceiveBatch);
    for (const ReceivedPacket& packet : batch) {
      EXPECT_FALSE(packet.payload.empty());
      if (into == nullptr) continue;
      into->push_back(
          {packet.endpoint, packet.flow, packet.source,
           std::string(reinterpret_cast<const char*>(packet.payload.data()), packet.payload.size())});
    }
    return !batch.empty();
  }

  // Receives until `count` packets have come.
  std::vector<TakenPacket> receive(std::size_t count) {
    std::vector<TakenPacket> taken;
    while (taken.size() < count && !world_->gave_up()) {
      while (take(&taken)) {
      }
      if (taken.size() < count) world_->pass_time();
    }
    EXPECT_EQ(taken.size(), count);
    return taken;
  }

  std::string receive_one() {
    const auto taken = receive(1);
    return taken.empty() ? "(nothing)" : taken.front().payload;
  }

  void send(EndpointId id, Flow flow, const base::SocketAddress& to, std::string_view payload) {
    const base::RealtimeSection section;
    const std::span<std::byte> buffer = port().reserve();
    ASSERT_EQ(buffer.size(), kPayloadBytesMax);
    std::memcpy(buffer.data(), payload.data(), payload.size());
    port().send(id, flow, to, payload.size());
  }

  void send_pieces(EndpointId id, Flow flow, const base::SocketAddress& to, std::string_view head,
                   std::string_view payload) {
    const base::RealtimeSection section;
    ASSERT_TRUE(port().send(id, flow, to, std::as_bytes(std::span(head)), std::as_bytes(std::span(payload))));
  }

  void flush() {
    const base::RealtimeSection section;
    port().flush();
  }
  void connect(EndpointId id, Flow flow, const base::SocketAddress& remote) {
    const base::RealtimeSection section;
    port().connect(id, flow, remote);
  }
  void disconnect(EndpointId id, Flow flow) {
    const base::RealtimeSection section;
    port().disconnect(id, flow);
  }
  // Both take effect with a receive() in which nothing need arrive.
  void turn() { EXPECT_FALSE(take(nullptr)); }

  std::string client_receive(const base::SocketAddress& client) {
    const auto taken = world_->client_receive(client);
    return taken ? taken->payload : "(nothing)";
  }

  std::uint64_t drops(base::DropReason reason) { return port().counters().drops.value(reason); }

  std::unique_ptr<PortWorld> world_;
};

inline std::string world_name(const testing::TestParamInfo<World>& info) {
  return info.param.name;
}

inline constexpr EndpointId kFirst{3};
inline constexpr EndpointId kSecond{15};

}  // namespace tutti::net
