#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/load/arrival_ring.h"
#include "tools/load/loopback_sender.h"
#include "tools/load/port_sockets.h"
#include "tools/load/wire.h"

namespace tutti::load {
namespace {

static_assert(LoopbackSender::kBytesMax == Wire::kPacketBytesMax);

constexpr std::size_t kHeadersBytes = sizeof(iphdr) + sizeof(udphdr);
constexpr std::size_t kPacketsASecond = 50;  // to each caller
constexpr std::size_t kRingMs = 400;         // that this program may be held up before the ring overruns
constexpr std::size_t kPorts = 1U << 16U;
constexpr std::uint16_t kNobody = 0xFFFF;

// An address that no other process of this host is likely to have: of 127.64.0.0/10, by process id.
base::SocketAddress own_address() {
  const auto pid = static_cast<std::uint32_t>(::getpid());
  base::SocketAddress address;
  address.family = base::AddressFamily::kIpv4;
  address.ip = {127, static_cast<std::uint8_t>(64U | (pid >> 16U & 63U)),
                static_cast<std::uint8_t>(pid >> 8U), static_cast<std::uint8_t>(pid)};
  return address;
}

// What comes to the socket falls before it is queued.
bool let_fall(int socket) {
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog filter{1, &nothing};
  return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

class PacketWire final : public Wire {
 public:
  PacketWire(PortSockets sockets, std::unique_ptr<ArrivalRing> ring, std::unique_ptr<LoopbackSender> sender)
      : sockets_(std::move(sockets)),
        ring_(std::move(ring)),
        sender_(std::move(sender)),
        lines_(sockets_.size()),
        caller_at_(kPorts, kNobody) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      lines_[i].local = sockets_.address(i);
      caller_at_[lines_[i].local.port] = static_cast<std::uint16_t>(i);
    }
  }
  const char* name() const override { return sender_->name(); }
  base::SocketAddress address(std::size_t caller) const override { return lines_[caller].local; }
  void set_remote(std::size_t caller, const base::SocketAddress& remote) override {
    lines_[caller].remote = remote;
    lines_[caller].known.store(true, std::memory_order_release);
  }
  void send(std::size_t caller, std::span<const std::byte> packet) override {
    sender_->send(lines_[caller].local, lines_[caller].remote, packet);
  }
  void flush() override { sender_->flush(); }
  void receive(std::size_t first, std::size_t step, ArrivedSink& sink) override;
  std::uint64_t send_errors() const override { return sender_->refused(); }
  std::uint64_t overruns() override { return ring_->overruns(); }

 private:
  struct Line {
    std::atomic<bool> known = false;  // the remote may be read
    base::SocketAddress local;
    base::SocketAddress remote;
  };

  PortSockets sockets_;
  std::unique_ptr<ArrivalRing> ring_;
  std::unique_ptr<LoopbackSender> sender_;
  std::vector<Line> lines_;
  std::vector<std::uint16_t> caller_at_;  // by port
};

// Source: RFC 791, section 3.1; RFC 768.
void PacketWire::receive(std::size_t /*first*/, std::size_t /*step*/, ArrivedSink& sink) {
  const base::Duration ahead = realtime_ahead();
  ring_->drain([&](const ArrivalRing::Packet& packet) {
    if (packet.ip.size() < kHeadersBytes) return;
    iphdr ip;
    udphdr udp;
    std::memcpy(&ip, packet.ip.data(), sizeof ip);
    std::memcpy(&udp, packet.ip.data() + sizeof ip, sizeof udp);
    const std::uint16_t caller = caller_at_[ntohs(udp.dest)];
    if (caller == kNobody) return;
    const Line& line = lines_[caller];
    if (!line.known.load(std::memory_order_acquire)) return;
    const bool stranger = std::memcmp(&ip.saddr, line.remote.ip.data(), sizeof ip.saddr) != 0 ||
                          ntohs(udp.source) != line.remote.port;
    const auto payload = packet.ip.subspan(kHeadersBytes);
    const std::size_t bytes = std::max<std::size_t>(ntohs(udp.len), sizeof udp) - sizeof udp;
    sink.take({caller, payload.first(std::min(bytes, payload.size())), base::Instant(packet.stamped - ahead),
               stranger});
  });
}

}  // namespace

base::Result<std::unique_ptr<Wire>, std::string> open_packet_wire(std::size_t callers) {
  auto sockets = PortSockets::open(callers, own_address());
  if (!sockets) return base::unexpected(sockets.error());
  const base::SocketAddress address = sockets->address(0);
  // Before the ring, which would see what it tries out.
  auto sender = open_frame_sender(sockets->descriptor(0), address);
  if (!sender) sender = open_raw_sender(own_address());
  if (!sender) return base::unexpected(sender.error());
  auto ring = ArrivalRing::open(address, callers * kPacketsASecond * kRingMs / 1'000);
  if (!ring) return base::unexpected(ring.error());
  for (std::size_t i = 0; i < callers; ++i) {
    if (!let_fall(sockets->descriptor(i))) {
      return base::unexpected(fmt::format("a socket's filter: {}", std::strerror(errno)));
    }
  }
  return std::make_unique<PacketWire>(std::move(*sockets), std::move(*ring), std::move(*sender));
}

}  // namespace tutti::load
