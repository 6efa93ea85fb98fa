#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <time.h>

#include "tools/load/port_sockets.h"
#include "tools/load/wire.h"

namespace tutti::load {
namespace {

constexpr std::size_t kBatch = 16;

// What recvmmsg fills.
struct Batch {
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_storage, kBatch> sources{};
  std::array<std::array<std::byte, Wire::kPacketBytesMax>, kBatch> bytes{};
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(timespec))> bytes{};
  };
  std::array<Control, kBatch> controls{};

  Batch() { prepare(kBatch); }
  // The kernel writes the lengths; they are set anew before each call.
  void prepare(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      parts[i] = {bytes[i].data(), bytes[i].size()};
      msghdr& header = messages[i].msg_hdr;
      header.msg_name = &sources[i];
      header.msg_namelen = sizeof sources[i];
      header.msg_iov = &parts[i];
      header.msg_iovlen = 1;
      header.msg_control = controls[i].bytes.data();
      header.msg_controllen = controls[i].bytes.size();
    }
  }
};

class SocketWire final : public Wire {
 public:
  explicit SocketWire(PortSockets sockets) : sockets_(std::move(sockets)), lines_(sockets_.size()) {
    const int on = 1;
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
      ::setsockopt(sockets_.descriptor(i), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    }
  }
  const char* name() const override { return "sockets"; }
  base::SocketAddress address(std::size_t caller) const override { return sockets_.address(caller); }
  void set_remote(std::size_t caller, const base::SocketAddress& remote) override {
    Line& line = lines_[caller];
    line.remote_address = remote;
    line.remote_length = base::to_sockaddr(remote, line.remote);
    line.known.store(true, std::memory_order_release);
  }
  void send(std::size_t caller, std::span<const std::byte> packet) override {
    const Line& line = lines_[caller];
    const auto* remote = line.connected ? nullptr : reinterpret_cast<const sockaddr*>(&line.remote);
    const socklen_t length = line.connected ? 0 : line.remote_length;
    if (::sendto(sockets_.descriptor(caller), packet.data(), packet.size(), 0, remote, length) < 0) {
      ++send_errors_;
    }
  }
  void flush() override {}
  std::uint64_t send_errors() const override { return send_errors_; }
  void receive(std::size_t first, std::size_t step, ArrivedSink& sink) override {
    const base::Duration ahead = realtime_ahead();
    for (std::size_t caller = first; caller < lines_.size(); caller += step) read(caller, ahead, sink);
  }

 private:
  struct Line {
    std::atomic<bool> known = false;  // the rest may be read
    base::SocketAddress remote_address;
    sockaddr_storage remote{};
    socklen_t remote_length = 0;
    bool connected = false;  // to the far end, from its first packet on: sending is cheaper by a quarter
  };

  void read(std::size_t caller, base::Duration ahead, ArrivedSink& sink);

  PortSockets sockets_;
  std::vector<Line> lines_;
  std::uint64_t send_errors_ = 0;
  Batch batch_;
};

void SocketWire::read(std::size_t caller, base::Duration ahead, ArrivedSink& sink) {
  Line& line = lines_[caller];
  if (!line.known.load(std::memory_order_acquire)) return;
  // As much as a second held back; the rest waits for the next turn, so that a flood stops nobody else.
  constexpr int kCallsMax = 4;
  for (int call = 0; call < kCallsMax; ++call) {
    const int count = ::recvmmsg(sockets_.descriptor(caller), batch_.messages.data(), kBatch, 0, nullptr);
    if (count <= 0) return;
    const base::Instant now = base::monotonic_now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      msghdr& header = batch_.messages[i].msg_hdr;
      base::Instant arrival = now;
      const cmsghdr* note = CMSG_FIRSTHDR(&header);
      if (note != nullptr && note->cmsg_level == SOL_SOCKET && note->cmsg_type == SCM_TIMESTAMPNS) {
        timespec stamp{};
        std::memcpy(&stamp, CMSG_DATA(note), sizeof stamp);
        const base::Duration real = std::chrono::seconds(stamp.tv_sec) + base::Duration(stamp.tv_nsec);
        arrival = std::min(arrival, base::Instant(real - ahead));
      }
      const bool stranger = base::from_sockaddr(reinterpret_cast<const sockaddr*>(&batch_.sources[i]),
                                                header.msg_namelen) != line.remote_address;
      // Not sooner: that the far end sends from elsewhere shows as strangers. From now on the kernel keeps
      // them out.
      if (!stranger && !line.connected) {
        line.connected = ::connect(sockets_.descriptor(caller),
                                   reinterpret_cast<const sockaddr*>(&line.remote), line.remote_length) == 0;
      }
      sink.take({caller, std::span(batch_.bytes[i]).first(batch_.messages[i].msg_len), arrival, stranger});
    }
    batch_.prepare(static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < kBatch) return;
  }
}

}  // namespace

base::Result<std::unique_ptr<Wire>, std::string> open_socket_wire(std::size_t callers,
                                                                  const base::SocketAddress& local_ip) {
  auto sockets = PortSockets::open(callers, local_ip);
  if (!sockets) return base::unexpected(sockets.error());
  return std::make_unique<SocketWire>(std::move(*sockets));
}

}  // namespace tutti::load
