#include "signaling/server/uring_backend.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dataplane/net/packet_sender.h"
#include "dataplane/net/udp_endpoint_factory.h"
#include "dataplane/net/uring_port.h"
#include "signaling/server/log.h"

namespace tutti::server {
namespace {

constexpr std::uint32_t kReceiveBuffers = 512;

net::PortLimits port_limits(std::uint32_t participants) {
  return {
      .endpoints = participants,
      // Of RTCP, and of RTP until its peer is known; connected RTP has the port's own. They wait for a turn
      // of 2.5 ms: 512 are 200 000 packets a second, as many as a core takes; more wait in their sockets.
      .receive_buffers = kReceiveBuffers,
      // A tick is spread over sub-slots; what does not fit is flushed in between, and a flush of 512 costs as
      // little a packet as one of more.
      .transmit_buffers = std::clamp(participants / 8, 256U, 512U),
  };
}

void warn_of_sockets(const base::SocketAddress& address, const char* wish, const char* verb,
                     net::NetError error) {
  log::warning(
      fmt::format("{} cannot be had at {}, RTP {} through sockets: {}", wish, base::ip_to_string(address),
                  verb, error == net::NetError::kNotPermitted ? "it needs CAP_NET_RAW" : to_string(error)));
}

// None where RTP leaves through the sockets: by wish, or because frames cannot be sent, which is said.
std::unique_ptr<net::PacketSender> make_sender(const Configuration::Cores& cores,
                                               const base::SocketAddress& address) {
  if (cores.tx != "packet") return nullptr;
  // RTP and RTCP have a flow each.
  auto sender = net::PacketSender::make(address, 2 * cores.participants_per_core,
                                        port_limits(cores.participants_per_core).transmit_buffers);
  if (sender) return std::move(*sender);
  warn_of_sockets(address, R"(tx = "packet")", "leaves", sender.error());
  return nullptr;
}

// One for each core, or none, as with the sender.
std::vector<std::unique_ptr<net::PacketReceiver>> make_receivers(const Configuration& configuration,
                                                                 std::size_t cores) {
  std::vector<std::unique_ptr<net::PacketReceiver>> receivers;
  if (configuration.cores.rx != "packet") return receivers;
  const auto& media = configuration.media;
  for (std::uint32_t lane = 0; lane < cores; ++lane) {
    auto receiver =
        net::PacketReceiver::make(net::PortLane::of(media.address, media.rtp_port_low, media.rtp_port_high,
                                                    lane, static_cast<std::uint32_t>(cores)),
                                  configuration.cores.participants_per_core);
    if (!receiver) {
      warn_of_sockets(media.address, R"(rx = "packet")", "comes", receiver.error());
      return {};
    }
    receivers.push_back(std::move(*receiver));
  }
  return receivers;
}

// Where frames are taken out before it, a socket stays behind a filter.
std::vector<sock_filter> filter_of(const std::vector<std::unique_ptr<net::PacketReceiver>>& receivers) {
  if (receivers.empty()) return {};
  return net::socket_filter(receivers[0]->interface());
}

}  // namespace

UringBackend::UringBackend(const Configuration& configuration, std::size_t cores)
    : cores_(configuration.cores),
      addresses_(media_addresses(configuration)),
      receivers_(make_receivers(configuration, cores)),
      factory_(std::make_unique<net::UdpEndpointFactory>(filter_of(receivers_))) {}

base::Result<std::unique_ptr<net::PacketPort>, StartError> UringBackend::make_port(std::size_t core) {
  auto port = net::UringPort::make(
      port_limits(cores_.participants_per_core),
      {make_sender(cores_, addresses_[0]), receivers_.empty() ? nullptr : std::move(receivers_[core])});
  if (port) return std::unique_ptr<net::PacketPort>(std::move(*port));
  return base::unexpected(StartError{fmt::format("io_uring cannot be used: {}", to_string(port.error()))});
}

}  // namespace tutti::server
