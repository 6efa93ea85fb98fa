#include "dataplane/net/packet_ring.h"

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "dataplane/net/net_error.h"
#include "dataplane/net/packet_socket.h"

namespace tutti::net {
namespace {

constexpr std::uint32_t kFrameSlotBytes = 2'048;
constexpr std::uint32_t kBlockBytes = 1u << 16;
constexpr int kInFlightBytes = 8 << 20;  // a card holds a frame until it has left

constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint16_t kChecksumInUdp = 6;

constexpr std::size_t kHeaderAt = TPACKET2_HDRLEN - sizeof(sockaddr_ll);
constexpr std::size_t kFrameAt = kHeaderAt + sizeof(OffloadHeader);
static_assert(kFrameAt + PacketRing::kFrameBytes <= kFrameSlotBytes);

}  // namespace

base::Result<std::unique_ptr<PacketRing>, NetError> PacketRing::make(int interface, std::uint32_t frames) {
  constexpr std::uint32_t kSlotsPerBlock = kBlockBytes / kFrameSlotBytes;
  const std::uint32_t blocks = (frames + kSlotsPerBlock - 1) / kSlotsPerBlock;
  std::unique_ptr<PacketRing> ring(new PacketRing(blocks * kSlotsPerBlock));
  // Protocol 0: it receives nothing.
  ring->socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (ring->socket_ < 0) return base::unexpected(net_error_from_errno(errno));
  const tpacket_req request{.tp_block_size = kBlockBytes,
                            .tp_block_nr = blocks,
                            .tp_frame_size = kFrameSlotBytes,
                            .tp_frame_nr = ring->frames_};
  const int on = 1;
  // PACKET_LOSS: a frame that the kernel refuses is passed over and does not stop those behind it.
  if (!set_packet_option(ring->socket_, PACKET_VERSION, int{TPACKET_V2}) ||
      !set_packet_option(ring->socket_, PACKET_QDISC_BYPASS, on) ||
      !set_packet_option(ring->socket_, PACKET_LOSS, on) ||
      !set_packet_option(ring->socket_, PACKET_VNET_HDR, on) ||
      !set_packet_option(ring->socket_, PACKET_TX_RING, request)) {
    return base::unexpected(NetError::kNotSupported);
  }
  // Beyond the host's limit where that is allowed.
  const int bytes = kInFlightBytes;
  if (::setsockopt(ring->socket_, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0) {
    ::setsockopt(ring->socket_, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
  }
  void* memory = ::mmap(nullptr, std::size_t{blocks} * kBlockBytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, ring->socket_, 0);
  if (memory == MAP_FAILED) return base::unexpected(net_error_from_errno(errno));
  ring->memory_ = static_cast<std::byte*>(memory);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = interface;
  if (::bind(ring->socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return base::unexpected(net_error_from_errno(errno));
  }
  return ring;
}

PacketRing::~PacketRing() {
  if (memory_ != nullptr) ::munmap(memory_, std::size_t{frames_} * kFrameSlotBytes);
  if (socket_ >= 0) ::close(socket_);
}

std::byte* PacketRing::slot() const TUTTI_REALTIME {
  return memory_ + std::size_t{next_} * kFrameSlotBytes;
}

std::byte* PacketRing::frame() TUTTI_REALTIME {
  if (slot_status(slot()).load(std::memory_order_acquire) != TP_STATUS_AVAILABLE) {
    flush();
    if (slot_status(slot()).load(std::memory_order_acquire) != TP_STATUS_AVAILABLE) return nullptr;
  }
  return slot() + kFrameAt;
}

void PacketRing::commit(std::size_t bytes, std::size_t checksum_from) TUTTI_REALTIME {
  DCHECK(bytes <= kFrameBytes);
  OffloadHeader header;
  header.flags = kNeedsChecksum;
  header.head_bytes = static_cast<std::uint16_t>(bytes);
  header.checksum_from = static_cast<std::uint16_t>(checksum_from);
  header.checksum_at = kChecksumInUdp;
  std::memcpy(slot() + kHeaderAt, &header, sizeof(header));
  reinterpret_cast<tpacket2_hdr*>(slot())->tp_len = static_cast<std::uint32_t>(sizeof(header) + bytes);
  slot_status(slot()).store(TP_STATUS_SEND_REQUEST, std::memory_order_release);
  next_ = next_ + 1 == frames_ ? 0 : next_ + 1;
  committed_ = true;
}

void PacketRing::flush() TUTTI_REALTIME {
  if (!committed_) return;
  committed_ = false;
  if (::send(socket_, nullptr, 0, MSG_DONTWAIT) >= 0) return;
  // What does not leave now for want of room stays marked and leaves with the next call.
  committed_ = errno == EAGAIN || errno == ENOBUFS;
  if (!committed_) take_back();
}

// The kernel looks at marked slots within send() only, and stands at the first of them: from there the next
// frame is written, as the ring would not move on else.
void PacketRing::take_back() TUTTI_REALTIME {
  for (std::uint32_t left = frames_; left > 0; --left) {
    const std::uint32_t before = (next_ == 0 ? frames_ : next_) - 1;
    std::byte* const last = memory_ + std::size_t{before} * kFrameSlotBytes;
    if (slot_status(last).load(std::memory_order_relaxed) != TP_STATUS_SEND_REQUEST) return;
    slot_status(last).store(TP_STATUS_AVAILABLE, std::memory_order_relaxed);
    next_ = before;
    ++given_up_;
  }
}

}  // namespace tutti::net
