#include "far_host.h"

#include <gtest/gtest.h>

#include "dataplane/net/udp_frame.h"
#include "dataplane/net/udp_packet.h"

namespace tutti::dpdk {

std::string udp_frame(const base::SocketAddress& from, const base::SocketAddress& to,
                      std::string_view payload, net::VlanId vlan) {
  net::UdpFrame head;
  head.make(kFarMac, kNearMac, from, to, vlan);
  std::string frame(head.head_bytes(), '\0');
  frame += payload;
  head.write_summed(payload.size(), reinterpret_cast<std::byte*>(frame.data()));
  return frame;
}

void FarHost::take_all() {
  const net::EthernetStation us{.mac = kFarMac, .vlan = vlan_};
  for (const std::string& bytes : end_.receive()) {
    const auto frame = net::parse_ethernet_frame(std::as_bytes(std::span(bytes)), us);
    ASSERT_TRUE(frame) << base::to_string(frame.error());
    EXPECT_EQ(frame->source, kNearMac);
    const auto packet = net::parse_udp_packet(frame->payload, net::Checksums::kUnknown);
    ASSERT_TRUE(packet) << base::to_string(packet.error());
    EXPECT_EQ(packet->destination.with_port(0), ip_.with_port(0));
    waiting_[packet->destination.port].push_back(
        {packet->source,
         std::string(reinterpret_cast<const char*>(packet->payload.data()), packet->payload.size())});
  }
}

std::optional<FarHost::Datagram> FarHost::receive(const base::SocketAddress& at) {
  take_all();
  auto& queue = waiting_[at.port];
  if (queue.empty()) return std::nullopt;
  Datagram first = std::move(queue.front());
  queue.pop_front();
  return first;
}

}  // namespace tutti::dpdk
