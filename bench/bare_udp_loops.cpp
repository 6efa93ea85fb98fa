#include "bench/bare_udp_loops.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include <liburing.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/base/socket_address.h"
#include "dataplane/net/packet_sender.h"

namespace tutti::bare {
namespace {

using Packet = std::array<std::byte, kPacketBytes>;

void check(bool right, const char* what) {
  if (!right) throw std::system_error(errno, std::generic_category(), what);
}

// The sockets of a sub-slot: an eighth of all.
std::pair<std::size_t, std::size_t> share(std::size_t sockets, unsigned sub_slot) {
  return {sockets * sub_slot / kSubSlots, sockets * (sub_slot + 1) / kSubSlots};
}

class EachTick : public BareLoop {
 public:
  explicit EachTick(std::span<const int> sockets) : sockets_(sockets.begin(), sockets.end()) {}
  void turn(unsigned sub_slot) override {
    const auto [first, last] = share(sockets_.size(), sub_slot);
    for (std::size_t i = first; i < last; ++i) pass_on(sockets_[i]);
  }

 protected:
  void pass_on(int socket) {
    const auto bytes = ::recv(socket, packet_.data(), packet_.size(), MSG_DONTWAIT);
    if (bytes <= 0) return;
    ++received;
    if (::send(socket, packet_.data(), static_cast<std::size_t>(bytes), MSG_DONTWAIT) < 0) ++refused;
  }
  const std::vector<int> sockets_;

 private:
  Packet packet_{};
};

class Epoll final : public EachTick {
 public:
  explicit Epoll(std::span<const int> sockets) : EachTick(sockets), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    check(epoll_ >= 0, "epoll_create1");
    for (const int socket : sockets) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = socket;
      check(::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) == 0, "epoll_ctl");
    }
  }
  ~Epoll() override { ::close(epoll_); }
  void turn(unsigned) override {
    for (std::size_t turns = 0; turns < sockets_.size() / events_.size() + 1; ++turns) {
      const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 0);
      for (int i = 0; i < count; ++i) pass_on(events_[static_cast<std::size_t>(i)].data.fd);
      if (count < static_cast<int>(events_.size())) return;
    }
  }

 private:
  const int epoll_;
  std::array<epoll_event, 256> events_{};
};

// One socket for all: recvmmsg says where each packet is from, sendmmsg where each goes to.
class Shared final : public BareLoop {
 public:
  explicit Shared(std::span<const int> sockets) : socket_(sockets.front()) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      parts_[i] = {packets_[i].data(), kPacketBytes};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &names_[i];
      messages_[i].msg_hdr.msg_namelen = sizeof names_[i];
    }
  }
  void turn(unsigned) override {
    for (;;) {
      const int count = ::recvmmsg(socket_, messages_.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (count <= 0) return;
      received += static_cast<std::uint64_t>(count);
      const int sent = ::sendmmsg(socket_, messages_.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
      refused += static_cast<std::uint64_t>(count - std::max(sent, 0));
      for (int i = 0; i < count; ++i)
        messages_[static_cast<std::size_t>(i)].msg_hdr.msg_namelen = sizeof names_[0];
      if (count < kBatch) return;
    }
  }

 private:
  static constexpr int kBatch = 64;
  const int socket_;
  std::array<Packet, kBatch> packets_{};
  std::array<iovec, kBatch> parts_{};
  std::array<sockaddr_storage, kBatch> names_{};
  std::array<mmsghdr, kBatch> messages_{};
};

// What both loops over io_uring share: the ring of decision 0004, the sockets as registered files.
class Uring : public BareLoop {
 public:
  Uring(std::span<const int> sockets, unsigned completions) : sockets_(sockets.begin(), sockets.end()) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |
                       IORING_SETUP_R_DISABLED | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
    parameters.cq_entries = std::bit_ceil(std::max(completions, kEntries));
    const int made = ::io_uring_queue_init_params(kEntries, &ring_, &parameters);
    errno = -made;
    check(made >= 0, "io_uring_queue_init");
    check(::io_uring_register_files_sparse(&ring_, static_cast<unsigned>(sockets_.size())) == 0,
          "register files");
  }
  ~Uring() override { ::io_uring_queue_exit(&ring_); }
  void begin() override {
    // By hand: the shared library of liburing 2.3 lacks io_uring_enable_rings().
    check(::syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0,
          "enable");
    check(::io_uring_register_ring_fd(&ring_) == 1, "register ring");
    const int registered =
        ::io_uring_register_files_update(&ring_, 0, sockets_.data(), static_cast<unsigned>(sockets_.size()));
    check(registered == static_cast<int>(sockets_.size()), "update files");
  }

 protected:
  static constexpr unsigned kEntries = 4'096;
  static constexpr std::uint64_t kSend = 1ULL << 32;

  io_uring_sqe* entry() {
    io_uring_sqe* free = ::io_uring_get_sqe(&ring_);
    if (free != nullptr) return free;
    ::io_uring_submit(&ring_);
    return ::io_uring_get_sqe(&ring_);
  }
  void send(std::uint32_t socket, const void* bytes, std::size_t count) {
    io_uring_sqe* entry = this->entry();
    ::io_uring_prep_send(entry, static_cast<int>(socket), bytes, count, MSG_DONTWAIT);
    entry->flags = IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    entry->user_data = kSend;
  }

  io_uring ring_{};
  const std::vector<int> sockets_;
};

// A receive request for each socket of the sub-slot, then a send for each packet.
class UringBatched : public Uring {
 public:
  explicit UringBatched(std::span<const int> sockets)
      : Uring(sockets, 2 * static_cast<unsigned>(sockets.size())), packets_(sockets.size()) {}
  void turn(unsigned sub_slot) override {
    const auto [first, last] = share(sockets_.size(), sub_slot);
    for (std::size_t i = first; i < last; ++i) {
      io_uring_sqe* entry = this->entry();
      ::io_uring_prep_recv(entry, static_cast<int>(i), packets_[i].data(), kPacketBytes, MSG_DONTWAIT);
      entry->flags = IOSQE_FIXED_FILE;
      entry->user_data = i;
    }
    ::io_uring_submit(&ring_);
    unsigned head = 0;
    unsigned taken = 0;
    const io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring_, head, completion) {
      ++taken;
      if (completion->user_data == kSend) {
        ++refused;
      } else if (completion->res > 0) {
        ++received;
        answer(static_cast<std::uint32_t>(completion->user_data),
               std::span(packets_[completion->user_data]).first(static_cast<std::size_t>(completion->res)));
      }
    }
    ::io_uring_cq_advance(&ring_, taken);
    ::io_uring_submit(&ring_);
  }

 private:
  virtual void answer(std::uint32_t socket, std::span<const std::byte> payload) {
    send(socket, payload.data(), payload.size());
  }
  std::vector<Packet> packets_;
};

// The same receives, but sends as frames: tuttid's --tx packet.
class UringPacket final : public UringBatched {
 public:
  UringPacket(std::span<const int> sockets, std::unique_ptr<net::PacketSender> sender)
      : UringBatched(sockets), sender_(std::move(sender)) {
    for (std::uint32_t i = 0; i < sockets.size(); ++i) {
      sockaddr_storage address{};
      socklen_t length = sizeof address;
      check(::getpeername(sockets[i], reinterpret_cast<sockaddr*>(&address), &length) == 0, "getpeername");
      sender_->connect(i, sockets[i],
                       base::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length));
    }
  }
  static std::unique_ptr<BareLoop> make(std::span<const int> sockets) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    check(::getsockname(sockets.front(), reinterpret_cast<sockaddr*>(&address), &length) == 0, "getsockname");
    const auto local = base::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length);
    auto sender = net::PacketSender::make(local, static_cast<std::uint32_t>(sockets.size()), 1'024);
    if (!sender) return nullptr;
    return std::make_unique<UringPacket>(sockets, std::move(*sender));
  }
  void turn(unsigned sub_slot) override {
    UringBatched::turn(sub_slot);
    sender_->flush();
  }

 private:
  void answer(std::uint32_t socket, std::span<const std::byte> payload) override {
    if (sender_->send(socket, {}, payload) != net::PacketSender::Way::kFrame) {
      send(socket, payload.data(), payload.size());
    }
  }
  const std::unique_ptr<net::PacketSender> sender_;
};

// A receive request for each socket that stays, into provided buffers.
class UringMultishot final : public Uring {
 public:
  explicit UringMultishot(std::span<const int> sockets) : Uring(sockets, 2 * kBuffers), packets_(kBuffers) {
    void* pages = ::mmap(nullptr, kBuffers * sizeof(io_uring_buf), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    check(pages != MAP_FAILED, "mmap");
    buffers_ = static_cast<io_uring_buf_ring*>(pages);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(buffers_);
    registration.ring_entries = kBuffers;
    check(::io_uring_register_buf_ring(&ring_, &registration, 0) == 0, "buffer ring");
    ::io_uring_buf_ring_init(buffers_);
    for (std::uint16_t i = 0; i < kBuffers; ++i) give_back(i, i);
    ::io_uring_buf_ring_advance(buffers_, kBuffers);
  }
  ~UringMultishot() override { ::munmap(buffers_, kBuffers * sizeof(io_uring_buf)); }
  void begin() override {
    Uring::begin();
    for (std::uint32_t i = 0; i < sockets_.size(); ++i) arm(i);
    ::io_uring_submit(&ring_);
  }
  void turn(unsigned) override {
    // Each call brings the work of some twenty sockets: the kernel's IO_LOCAL_TW_DEFAULT_MAX.
    while ((IO_URING_READ_ONCE(*ring_.sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0) {
      ::io_uring_submit_and_get_events(&ring_);
    }
    unsigned head = 0;
    unsigned taken = 0;
    int lent = 0;
    const io_uring_cqe* completion = nullptr;
    std::array<std::uint16_t, kBuffers> used;
    io_uring_for_each_cqe(&ring_, head, completion) {
      ++taken;
      if (completion->user_data == kSend) {
        ++refused;
        continue;
      }
      const auto socket = static_cast<std::uint32_t>(completion->user_data);
      if ((completion->flags & IORING_CQE_F_BUFFER) != 0) {
        const auto buffer = static_cast<std::uint16_t>(completion->flags >> IORING_CQE_BUFFER_SHIFT);
        ++received;
        send(socket, packets_[buffer].data(), static_cast<std::size_t>(std::max(completion->res, 0)));
        used[static_cast<std::size_t>(lent++)] = buffer;
      }
      if ((completion->flags & IORING_CQE_F_MORE) == 0) arm(socket);
    }
    ::io_uring_cq_advance(&ring_, taken);
    ::io_uring_submit(&ring_);
    for (int i = 0; i < lent; ++i) give_back(used[static_cast<std::size_t>(i)], i);
    ::io_uring_buf_ring_advance(buffers_, lent);
  }

 private:
  static constexpr std::uint16_t kBuffers = 8'192;

  void arm(std::uint32_t socket) {
    io_uring_sqe* entry = this->entry();
    ::io_uring_prep_recv_multishot(entry, static_cast<int>(socket), nullptr, 0, 0);
    entry->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    entry->user_data = socket;
  }
  void give_back(std::uint16_t buffer, int offset) {
    ::io_uring_buf_ring_add(buffers_, packets_[buffer].data(), kPacketBytes, buffer,
                            ::io_uring_buf_ring_mask(kBuffers), offset);
  }

  std::vector<Packet> packets_;
  io_uring_buf_ring* buffers_ = nullptr;
};

template <typename Loop>
std::unique_ptr<BareLoop> make(std::span<const int> sockets) {
  return std::make_unique<Loop>(sockets);
}

}  // namespace

const std::vector<BareLoopKind>& bare_loop_kinds() {
  using enum BareLoopKind::Sockets;
  static const std::vector<BareLoopKind> kinds{
      {"epoll", "epoll_wait says which sockets to read; recv and send each", kEach, true, make<Epoll>},
      {"recv_send", "recv on each socket once a tick, send from it", kEach, true, make<EachTick>},
      {"uring_batched", "io_uring: a recv for each socket once a tick, then the sends", kEach, true,
       make<UringBatched>},
      {"uring_multishot", "io_uring: receives that stay, sends in a batch", kEach, true,
       make<UringMultishot>},
      {"recvmmsg_shared", "one unconnected socket, recvmmsg and sendmmsg", kShared, false, make<Shared>},
      {"uring_packet", "as uring_batched, but sends past the kernel's UDP, as frames (--tx packet)", kEach,
       false, &UringPacket::make},
      {"sk_lookup", "one socket for many ports by BPF, recvmmsg; sends by a raw socket", kSteered, false,
       make_lookup},
  };
  return kinds;
}

}  // namespace tutti::bare
