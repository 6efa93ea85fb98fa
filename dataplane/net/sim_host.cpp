#include "dataplane/net/sim_host.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

constexpr std::uint16_t kFirstFreePort = 20'000;

}  // namespace

SimHost::SimHost(SimNetwork& network, const base::SocketAddress& ip)
    : network_(network), ip_(ip.with_port(0)) {
  CHECK(ip.valid());
}

SimHost::~SimHost() {
  for (const auto& [port, number] : ports_) network_.close_socket(number);
}

base::SocketAddress SimHost::open(std::uint16_t port) {
  if (port == 0) {
    port = kFirstFreePort;
    while (network_.by_address_.contains(ip_.with_port(port))) ++port;
  }
  const auto opened = network_.open_socket(ip_.with_port(port));
  CHECK(opened.has_value());
  ports_[port] = *opened;
  return ip_.with_port(port);
}

void SimHost::close(std::uint16_t port) {
  network_.close_socket(number_of(port));
  ports_.erase(port);
}

SimSocketNumber SimHost::number_of(std::uint16_t port) const {
  const auto found = ports_.find(port);
  CHECK(found != ports_.end());
  return found->second;
}

void SimHost::send(std::uint16_t from_port, const base::SocketAddress& to, std::span<const std::byte> payload,
                   base::Instant at) {
  const SimSocket& socket = network_.socket(number_of(from_port));
  const auto index = network_.packets_.try_acquire();
  CHECK(index != SimPackets::kNone);  // Config::packets is too small for this simulation
  SimPacket& packet = network_.packets_[index];
  packet.source = socket.local;
  packet.destination = to;
  packet.node = socket.node;
  packet.oversize = payload.size() > kPayloadBytesMax;
  packet.size = static_cast<std::uint16_t>(std::min(payload.size(), kPayloadBytesMax));
  if (!payload.empty()) std::memcpy(packet.payload.data(), payload.data(), packet.size);
  network_.transmit(index, at);
}

std::optional<SimDatagram> SimHost::receive(std::uint16_t port) {
  network_.advance_to(network_.now());  // what needs no time has arrived
  const auto index = network_.pop(network_.socket(number_of(port)));
  if (index == SimPackets::kNone) return std::nullopt;
  const SimPacket& packet = network_.packets_[index];
  SimDatagram datagram{packet.source, packet.arrival, {}};
  datagram.payload.assign(packet.payload.begin(), packet.payload.begin() + packet.size);
  network_.packets_.release(index);
  return datagram;
}

}  // namespace tutti::net
