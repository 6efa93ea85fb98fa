#include "tools/load/arrival_ring.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tutti::load {
namespace {

constexpr std::size_t kBlockBytes = 1U << 16U;
constexpr std::size_t kPacketBytes = 304;  // in the ring, of 200 bytes of IP: header, address, and padding
constexpr std::size_t kBlocksLeast = 16;

// What keeps a packet: IPv4 without options, UDP, whole, to `ip`. Returns how much of it.
std::array<sock_filter, 10> filter_of(const base::SocketAddress& address) {
  const std::uint32_t ip = std::uint32_t{address.ip[0]} << 24U | std::uint32_t{address.ip[1]} << 16U |
                           std::uint32_t{address.ip[2]} << 8U | std::uint32_t{address.ip[3]};
  return {{
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, 16},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 7, ip},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 9},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 5, IPPROTO_UDP},
      {BPF_LD | BPF_B | BPF_ABS, 0, 0, 0},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0x45},
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 6},
      {BPF_JMP | BPF_JSET | BPF_K, 1, 0, 0x3FFF},  // more fragments, or an offset
      {BPF_RET | BPF_K, 0, 0, ArrivalRing::kKept},
      {BPF_RET | BPF_K, 0, 0, 0},
  }};
}

tpacket_block_desc* block_at(std::byte* memory, std::size_t block) {
  return reinterpret_cast<tpacket_block_desc*>(memory + block * kBlockBytes);
}

template <typename Value>
bool set(int socket, int option, const Value& value) {
  return ::setsockopt(socket, SOL_PACKET, option, &value, sizeof value) == 0;
}

}  // namespace

base::Result<std::unique_ptr<ArrivalRing>, std::string> ArrivalRing::open(const base::SocketAddress& address,
                                                                          std::size_t packets) {
  std::unique_ptr<ArrivalRing> ring(new ArrivalRing);
  const auto failure = [](const char* what) {
    return base::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
  };
  // Without headers of the link, and of no protocol until the filter is there.
  ring->socket_ = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (ring->socket_ < 0) return failure("a socket of the packet layer");
  auto instructions = filter_of(address);
  const sock_fprog filter{static_cast<unsigned short>(instructions.size()), instructions.data()};
  if (::setsockopt(ring->socket_, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) {
    return failure("the ring's filter");
  }
  ring->blocks_ = std::max(kBlocksLeast, packets * kPacketBytes / kBlockBytes + 1);
  tpacket_req3 request{};
  request.tp_block_size = kBlockBytes;
  request.tp_block_nr = static_cast<unsigned>(ring->blocks_);
  request.tp_frame_size = kBlockBytes;
  request.tp_frame_nr = request.tp_block_nr;
  request.tp_retire_blk_tov = kBlockMs;
  if (!set(ring->socket_, PACKET_VERSION, int{TPACKET_V3}) || !set(ring->socket_, PACKET_RX_RING, request)) {
    return failure("the ring of the packet layer");
  }
  void* memory = ::mmap(nullptr, ring->blocks_ * kBlockBytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_POPULATE, ring->socket_, 0);
  if (memory == MAP_FAILED) return failure("the ring's memory");
  ring->memory_ = static_cast<std::byte*>(memory);
  // Of all protocols: then the kernel comes here before it goes to IP, which else would have to clone each
  // packet. What leaves is not wanted a second time.
  const int on = 1;
  sockaddr_ll loopback{};
  loopback.sll_family = AF_PACKET;
  loopback.sll_protocol = htons(ETH_P_ALL);
  loopback.sll_ifindex = static_cast<int>(::if_nametoindex("lo"));
  if (!set(ring->socket_, PACKET_IGNORE_OUTGOING, on) ||
      ::bind(ring->socket_, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) != 0) {
    return failure("the ring at the loopback interface");
  }
  return ring;
}

ArrivalRing::~ArrivalRing() {
  if (memory_ != nullptr) ::munmap(memory_, blocks_ * kBlockBytes);
  if (socket_ >= 0) ::close(socket_);
}

bool ArrivalRing::begin_block() {
  tpacket_block_desc* block = block_at(memory_, block_);
  const std::atomic_ref status(block->hdr.bh1.block_status);
  if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
  left_ = block->hdr.bh1.num_pkts;
  packet_ = reinterpret_cast<const std::byte*>(block) + block->hdr.bh1.offset_to_first_pkt;
  return true;
}

bool ArrivalRing::next(Packet& packet) {
  if (left_ == 0) return false;
  --left_;
  const auto* header = reinterpret_cast<const tpacket3_hdr*>(packet_);
  packet.ip = std::span(packet_ + header->tp_net, header->tp_snaplen);
  packet.stamped = std::chrono::seconds(header->tp_sec) + base::Duration(header->tp_nsec);
  packet_ += header->tp_next_offset;
  return true;
}

void ArrivalRing::end_block() {
  const std::atomic_ref status(block_at(memory_, block_)->hdr.bh1.block_status);
  status.store(TP_STATUS_KERNEL, std::memory_order_release);
  block_ = block_ + 1 == blocks_ ? 0 : block_ + 1;
}

std::uint64_t ArrivalRing::overruns() {
  tpacket_stats_v3 counts{};
  socklen_t length = sizeof counts;
  if (::getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &counts, &length) != 0) return 0;
  return counts.tp_drops;
}

}  // namespace tutti::load
