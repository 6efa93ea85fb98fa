#include <cstring>
#include <map>

#include "dataplane/net/sim_host.h"
#include "dataplane/net/sim_network.h"
#include "port_world.h"

namespace tutti::net {
namespace {

class SimWorld final : public PortWorld {
 public:
  explicit SimWorld(const PortLimits& limits)
      : network_(SimNetwork::Config{.socket_queue = 2'000}),
        port_(network_.make_port(limits)),
        host_(network_.make_host(*base::parse_ip("10.0.0.2"))),
        allocator_(network_.endpoint_factory(), {{*base::parse_ip("10.0.0.1")}, 30'000, 39'999}) {
    network_.set_uplink(host_->ip(), {.delay = std::chrono::microseconds(100)});
  }

  PacketPort& port() override { return *port_; }
  EndpointAllocator& allocator() override { return allocator_; }
  base::SocketAddress open_client() override { return host_->open(); }
  void close_client(const base::SocketAddress& client) override { host_->close(client.port); }
  void client_send(const base::SocketAddress& client, const base::SocketAddress& to,
                   std::string_view payload) override {
    host_->send(client.port, to, std::as_bytes(std::span(payload)));
  }
  std::optional<TakenPacket> client_receive(const base::SocketAddress& client) override {
    const auto datagram = host_->receive(client.port);
    if (!datagram) return std::nullopt;
    return TakenPacket{.source = datagram->source,
                       .payload = std::string(reinterpret_cast<const char*>(datagram->payload.data()),
                                              datagram->payload.size())};
  }
  void pass_time() override {
    const base::Instant next = network_.now() + std::chrono::milliseconds(1);
    port_->wait_until(next);
    network_.advance_to(next);
  }
  bool gave_up() const override { return network_.now() > base::Instant(std::chrono::seconds(5)); }

 private:
  SimNetwork network_;
  std::unique_ptr<PacketPort> port_;
  std::unique_ptr<SimHost> host_;
  EndpointAllocator allocator_;
};

}  // namespace

MadeWorld make_sim_world(const PortLimits& limits) {
  return {std::make_unique<SimWorld>(limits), ""};
}

}  // namespace tutti::net
