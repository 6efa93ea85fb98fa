// FarHost: a host at the far end of the cable, made of frames: what a client's kernel and card do.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/neighbour_resolver.h"
#include "tests/support/crossed_rings.h"

namespace tutti::dpdk {

inline constexpr net::MacAddress kNearMac{0x02, 0, 0, 0, 0, 0x01};
inline constexpr net::MacAddress kFarMac{0x02, 0, 0, 0, 0, 0x02};

// A frame with a UDP packet in it, right in every sum.
std::string udp_frame(const base::SocketAddress& from, const base::SocketAddress& to,
                      std::string_view payload, net::VlanId vlan = net::kNoVlan);

// Everyone is behind the same station.
class OneStation final : public net::NeighbourResolver {
 public:
  explicit OneStation(const net::MacAddress& mac = kFarMac) : mac_(mac) {}
  std::optional<net::MacAddress> ask(const base::SocketAddress&, base::Instant) override { return mac_; }

 private:
  const net::MacAddress mac_;
};

class FarHost {
 public:
  struct Datagram {
    base::SocketAddress source;
    std::string payload;
  };

  FarHost(const std::string& port, const base::SocketAddress& ip, net::VlanId vlan, std::uint16_t queues,
          std::uint32_t buffers)
      : end_(port, queues, buffers), ip_(ip), vlan_(vlan) {}

  base::SocketAddress open() { return ip_.with_port(next_port_++); }
  bool send(const base::SocketAddress& from, const base::SocketAddress& to, std::string_view payload,
            std::uint16_t queue = 0) {
    return end_.send(udp_frame(from, to, payload, vlan_), queue);
  }
  // Reads strictly what has come: a wrong sum or length is the test's failure.
  std::optional<Datagram> receive(const base::SocketAddress& at);
  FrameEnd& end() { return end_; }

 private:
  void take_all();

  FrameEnd end_;
  const base::SocketAddress ip_;
  const net::VlanId vlan_;
  std::uint16_t next_port_ = 40'000;
  std::map<std::uint16_t, std::deque<Datagram>> waiting_;
};

}  // namespace tutti::dpdk
