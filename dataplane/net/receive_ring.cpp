#include "dataplane/net/receive_ring.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/prefetch.h"
#include "dataplane/net/net_error.h"
#include "dataplane/net/packet_socket.h"

namespace tutti::net {
namespace {

constexpr std::uint32_t kReceiveSlotBytes = 512;
constexpr std::uint32_t kReceiveBlockBytes = 1u << 16;
constexpr std::uint32_t kSlotsPerBlock = kReceiveBlockBytes / kReceiveSlotBytes;

// Where a packet's IP lies in its slot.
constexpr std::size_t kIpAt = TPACKET_ALIGN(TPACKET2_HDRLEN + 16) + sizeof(OffloadHeader);
static_assert(kIpAt + ReceiveRing::kPacketBytes == kReceiveSlotBytes);

// They were written by another CPU. A packet of 20 ms of G.711 ends in the fifth line.
constexpr std::uint32_t kFetchAhead = 6;
constexpr std::size_t kFetchBytes = 320;

}  // namespace

base::Result<std::unique_ptr<ReceiveRing>, NetError> ReceiveRing::make(int interface,
                                                                       std::vector<sock_filter> filter,
                                                                       std::uint32_t slots) {
  std::unique_ptr<ReceiveRing> ring(new ReceiveRing(std::bit_ceil(std::max(slots, kSlotsPerBlock))));
  // Of no protocol until the filter is there. SOCK_RAW: it alone may have PACKET_VNET_HDR, which says what
  // the kernel has put together.
  ring->socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (ring->socket_ < 0) return base::unexpected(net_error_from_errno(errno));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  const tpacket_req request{.tp_block_size = kReceiveBlockBytes,
                            .tp_block_nr = ring->slots_ / kSlotsPerBlock,
                            .tp_frame_size = kReceiveSlotBytes,
                            .tp_frame_nr = ring->slots_};
  const int on = 1;
  if (::setsockopt(ring->socket_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
      !set_packet_option(ring->socket_, PACKET_VERSION, int{TPACKET_V2}) ||
      !set_packet_option(ring->socket_, PACKET_IGNORE_OUTGOING, on) ||
      !set_packet_option(ring->socket_, PACKET_VNET_HDR, on) ||
      !set_packet_option(ring->socket_, PACKET_RX_RING, request)) {
    return base::unexpected(NetError::kNotSupported);
  }
  void* memory = ::mmap(nullptr, std::size_t{ring->slots_} * kReceiveSlotBytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, ring->socket_, 0);
  if (memory == MAP_FAILED) return base::unexpected(net_error_from_errno(errno));
  ring->memory_ = static_cast<std::byte*>(memory);
  // Of all protocols: then the kernel comes here before it goes to IP, which else would have to clone each
  // packet.
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = interface;
  if (::bind(ring->socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return base::unexpected(net_error_from_errno(errno));
  }
  return ring;
}

ReceiveRing::~ReceiveRing() {
  if (memory_ != nullptr) ::munmap(memory_, std::size_t{slots_} * kReceiveSlotBytes);
  if (socket_ >= 0) ::close(socket_);
}

std::byte* ReceiveRing::slot(std::uint32_t index) const TUTTI_REALTIME {
  return memory_ + std::size_t{index & (slots_ - 1)} * kReceiveSlotBytes;
}

std::optional<ReceiveRing::Packet> ReceiveRing::next() TUTTI_REALTIME {
  if (next_ - released_ == slots_) return std::nullopt;
  std::byte* const at = slot(next_);
  const std::uint32_t flags = slot_status(at).load(std::memory_order_acquire);
  if ((flags & TP_STATUS_USER) == 0) return std::nullopt;
  const std::byte* const ahead = slot(next_ + kFetchAhead);
  for (std::size_t line = 0; line < kFetchBytes; line += 64) base::prefetch(ahead + line);
  ++next_;
  losing_ |= (flags & TP_STATUS_LOSING) != 0;
  const auto* header = reinterpret_cast<const tpacket2_hdr*>(at);
  const bool summed = (flags & (TP_STATUS_CSUMNOTREADY | TP_STATUS_CSUM_VALID)) != 0;
  const std::size_t link_bytes = std::size_t{header->tp_net} - header->tp_mac;
  OffloadHeader offload;
  std::memcpy(&offload, at + header->tp_mac - sizeof(offload), sizeof(offload));
  return Packet{.ip = {at + header->tp_net, header->tp_snaplen - link_bytes},
                .bytes = header->tp_len - link_bytes,
                .segment_bytes = offload.gso_type == kGsoUdp ? offload.gso_bytes : std::size_t{0},
                .stamped = std::chrono::seconds(header->tp_sec) + base::Duration(header->tp_nsec),
                .checksums = summed ? Checksums::kTrusted : Checksums::kUnknown};
}

void ReceiveRing::release(std::uint32_t kept) TUTTI_REALTIME {
  for (; released_ != next_ - kept; ++released_) {
    slot_status(slot(released_)).store(TP_STATUS_KERNEL, std::memory_order_release);
  }
}

std::uint64_t ReceiveRing::overruns() TUTTI_REALTIME {
  if (!losing_) return 0;
  losing_ = false;
  tpacket_stats counts{};
  socklen_t length = sizeof(counts);
  if (::getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &counts, &length) != 0) return 0;
  return counts.tp_drops;
}

}  // namespace tutti::net
