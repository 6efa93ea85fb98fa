// DpdkPort as a body of PacketPort: its far end is a cable of memory.
#include "dataplane/base/check.h"
#include "near_host.h"
#include "tests/unit/net/port_world.h"

namespace tutti::net {
namespace {

constexpr auto kWorldPatience = std::chrono::seconds(90);  // for a whole test

class DpdkWorld final : public PortWorld {
 public:
  explicit DpdkWorld(const dpdk::NearOptions& options) : host_(options) {}

  PacketPort& port() override { return host_.port(); }
  EndpointAllocator& allocator() override { return host_.allocator(); }
  base::SocketAddress open_client() override { return host_.far().open(); }
  void close_client(const base::SocketAddress&) override {}
  void client_send(const base::SocketAddress& client, const base::SocketAddress& to,
                   std::string_view payload) override {
    CHECK(host_.far().send(client, to, payload));
  }
  std::optional<TakenPacket> client_receive(const base::SocketAddress& client) override {
    auto datagram = host_.far().receive(client);
    if (!datagram) return std::nullopt;
    return TakenPacket{.source = datagram->source, .payload = datagram->payload};
  }
  void pass_time() override {
    host_.port().wait_until(base::monotonic_now() + std::chrono::microseconds(10));
  }
  bool gave_up() const override { return base::monotonic_now() > give_up_at_; }

 private:
  const base::Instant give_up_at_ = base::monotonic_now() + kWorldPatience;
  dpdk::NearHost host_;
};

template <bool ipv6, VlanId vlan>
MadeWorld make(const PortLimits& limits) {
  return {std::make_unique<DpdkWorld>(dpdk::NearOptions{.limits = limits, .ipv6 = ipv6, .vlan = vlan}), ""};
}

}  // namespace

std::vector<World> worlds() {
  return {{"Dpdk", &make<false, kNoVlan>},
          {"DpdkIpv6", &make<true, kNoVlan>, false},
          {"DpdkVlan", &make<false, 7>, false},
          {"DpdkIpv6Vlan", &make<true, 4'094>, false}};
}

}  // namespace tutti::net
