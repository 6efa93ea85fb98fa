#include "tools/load/loopback_sender.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/net/packet_ring.h"
#include "dataplane/net/udp_frame.h"

namespace tutti::load {
namespace {

constexpr int kTryOutMs = 50;  // loopback delivers within the call

class FrameSender final : public LoopbackSender {
 public:
  explicit FrameSender(std::unique_ptr<net::PacketRing> ring) : ring_(std::move(ring)) {}
  const char* name() const override { return "packet-frames"; }
  void send(const base::SocketAddress& from, const base::SocketAddress& to,
            std::span<const std::byte> packet) override {
    std::byte* at = ring_->frame();
    if (at == nullptr) {
      ++refused_;
      return;
    }
    const std::size_t bytes = std::min(packet.size(), kBytesMax);
    frame_.make({}, {}, from, to);  // loopback has no link addresses
    frame_.write(bytes, at);
    std::memcpy(at + frame_.head_bytes(), packet.data(), bytes);
    ring_->commit(frame_.head_bytes() + bytes, frame_.head_bytes() - sizeof(udphdr));
    if (++waiting_ == kBatch) flush();
  }
  void flush() override {
    ring_->flush();
    waiting_ = 0;
  }

 private:
  std::unique_ptr<net::PacketRing> ring_;
  net::UdpFrame frame_;
  std::size_t waiting_ = 0;
};

// The kernel adds IP's header. With one of ours it would look up, and make, a route for each packet.
class RawSender final : public LoopbackSender {
 public:
  explicit RawSender(int socket) : socket_(socket) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts_[i] = {packets_[i].data(), 0};
      msghdr& header = messages_[i].msg_hdr;
      header.msg_name = &remotes_[i];
      header.msg_namelen = sizeof remotes_[i];
      header.msg_iov = &parts_[i];
      header.msg_iovlen = 1;
    }
  }
  ~RawSender() override { ::close(socket_); }
  RawSender(const RawSender&) = delete;
  RawSender& operator=(const RawSender&) = delete;
  const char* name() const override { return "packet-raw"; }
  void send(const base::SocketAddress& from, const base::SocketAddress& to,
            std::span<const std::byte> packet) override {
    const std::size_t bytes = std::min(packet.size(), kBytesMax);
    udphdr udp{};  // RFC 768: over IPv4 its checksum may be left out
    udp.source = htons(from.port);
    udp.dest = htons(to.port);
    udp.len = htons(static_cast<std::uint16_t>(sizeof udp + bytes));
    std::byte* at = packets_[waiting_].data();
    std::memcpy(at, &udp, sizeof udp);
    std::memcpy(at + sizeof udp, packet.data(), bytes);
    parts_[waiting_].iov_len = sizeof udp + bytes;
    sockaddr_in& remote = remotes_[waiting_];
    remote.sin_family = AF_INET;
    std::memcpy(&remote.sin_addr, to.ip.data(), sizeof remote.sin_addr);
    if (++waiting_ == kBatch) flush();
  }
  void flush() override {
    for (std::size_t begun = 0; begun < waiting_;) {
      const int sent = ::sendmmsg(socket_, &messages_[begun], static_cast<unsigned>(waiting_ - begun), 0);
      if (sent <= 0) ++refused_;  // the first of these
      begun += static_cast<std::size_t>(std::max(sent, 1));
    }
    waiting_ = 0;
  }

 private:
  const int socket_;
  std::size_t waiting_ = 0;
  std::array<std::array<std::byte, sizeof(udphdr) + kBytesMax>, kBatch> packets_{};
  std::array<iovec, kBatch> parts_{};
  std::array<sockaddr_in, kBatch> remotes_{};
  std::array<mmsghdr, kBatch> messages_{};
};

}  // namespace

base::Result<std::unique_ptr<LoopbackSender>, std::string> open_frame_sender(
    int socket, const base::SocketAddress& its_address) {
  auto ring = net::PacketRing::make(static_cast<int>(::if_nametoindex("lo")), LoopbackSender::kBatch);
  if (!ring) return base::unexpected(std::string("no ring of the packet layer is to be had"));
  auto sender = std::make_unique<FrameSender>(std::move(*ring));
  const std::array packet{std::byte{1}};
  sender->send(its_address, its_address, packet);
  sender->flush();
  pollfd came{.fd = socket, .events = POLLIN, .revents = 0};
  std::byte taken{};
  if (::poll(&came, 1, kTryOutMs) != 1 || ::recv(socket, &taken, sizeof taken, MSG_DONTWAIT) != 1) {
    return base::unexpected(std::string("loopback takes no frames here"));
  }
  return sender;
}

base::Result<std::unique_ptr<LoopbackSender>, std::string> open_raw_sender(
    const base::SocketAddress& local_ip) {
  const int socket = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
  if (socket < 0) return base::unexpected(fmt::format("a raw socket: {}", std::strerror(errno)));
  auto sender = std::make_unique<RawSender>(socket);
  sockaddr_storage address{};
  const socklen_t length = base::to_sockaddr(local_ip, address);
  // Connected with itself it is handed nothing that comes from others.
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return base::unexpected(
        fmt::format("a raw socket at {}: {}", base::ip_to_string(local_ip), std::strerror(errno)));
  }
  return sender;
}

}  // namespace tutti::load
