// One socket that receives for thousands of ports, by a BPF program that the kernel asks where it looks a
// socket up; sends through a raw socket, each packet from its own port.
//
// Source: the kernel's Documentation/bpf/prog_sk_lookup.rst; struct bpf_sk_lookup of linux/bpf.h.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/bare_udp_loops.h"

namespace tutti::bare {
namespace {

class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  const int fd_;
};

long bpf(bpf_cmd command, bpf_attr& attributes) {
  return ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

constexpr auto kResult = BPF_REG_0, kFirst = BPF_REG_1, kSecond = BPF_REG_2, kThird = BPF_REG_3,
               kContext = BPF_REG_6, kSocket = BPF_REG_7, kStack = BPF_REG_10;

constexpr bpf_insn instruction(int code, int to, int from = 0, std::size_t offset = 0,
                               std::int32_t value = 0) {
  return {.code = static_cast<__u8>(code),
          .dst_reg = static_cast<__u8>(to & 0xF),
          .src_reg = static_cast<__u8>(from & 0xF),
          .off = static_cast<__s16>(offset),
          .imm = value};
}
constexpr bpf_insn set(int to, std::int32_t value) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}
constexpr bpf_insn copy(int to, int from) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from);
}
constexpr bpf_insn load(int to, std::size_t field) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, kContext, field);
}
constexpr bpf_insn skip_if(int how, int of, std::uint32_t value, std::size_t skipped) {
  return instruction(BPF_JMP32 | how | BPF_K, of, 0, skipped, static_cast<std::int32_t>(value));
}
constexpr bpf_insn call(int function) {
  return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, function);
}

// IPv4's UDP to that address and one of these ports is the map's first socket's; all else goes on as ever.
long load_program(int map, std::uint32_t ip, std::uint32_t first_port, std::uint32_t ports) {
  constexpr std::size_t kKey = static_cast<std::size_t>(-4);  // below the end of the stack
  constexpr std::size_t kVerdict =
      24;  // where in the program it passes: jumps count from behind their own place
  const std::array program{
      copy(kContext, kFirst),
      load(kSecond, offsetof(bpf_sk_lookup, family)),
      skip_if(BPF_JNE, kSecond, AF_INET, kVerdict - 3),
      load(kSecond, offsetof(bpf_sk_lookup, protocol)),
      skip_if(BPF_JNE, kSecond, IPPROTO_UDP, kVerdict - 5),
      load(kSecond, offsetof(bpf_sk_lookup, local_ip4)),
      skip_if(BPF_JNE, kSecond, ip, kVerdict - 7),
      load(kSecond, offsetof(bpf_sk_lookup, local_port)),
      skip_if(BPF_JLT, kSecond, first_port, kVerdict - 9),
      skip_if(BPF_JGE, kSecond, first_port + ports, kVerdict - 10),
      instruction(BPF_ST | BPF_MEM | BPF_W, kStack, 0, kKey, 0),
      instruction(BPF_LD | BPF_DW | BPF_IMM, kFirst, BPF_PSEUDO_MAP_FD, 0, map),
      instruction(0, 0),  // the upper half of the one before
      copy(kSecond, kStack),
      instruction(BPF_ALU64 | BPF_ADD | BPF_K, kSecond, 0, 0, -4),
      call(BPF_FUNC_map_lookup_elem),
      instruction(BPF_JMP | BPF_JEQ | BPF_K, kResult, 0, kVerdict - 17, 0),
      copy(kSocket, kResult),
      copy(kFirst, kContext),
      copy(kSecond, kSocket),
      set(kThird, 0),
      call(BPF_FUNC_sk_assign),
      copy(kFirst, kSocket),
      call(BPF_FUNC_sk_release),
      set(kResult, SK_PASS),
      instruction(BPF_JMP | BPF_EXIT, 0),
  };
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SK_LOOKUP;
  attributes.expected_attach_type = BPF_SK_LOOKUP;
  attributes.insns = reinterpret_cast<std::uintptr_t>(program.data());
  attributes.insn_cnt = program.size();
  attributes.license = reinterpret_cast<std::uintptr_t>("GPL");
  return bpf(BPF_PROG_LOAD, attributes);
}

long make_map() {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_SOCKMAP;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = sizeof(std::uint64_t);
  attributes.max_entries = 1;
  return bpf(BPF_MAP_CREATE, attributes);
}

bool put(int map, int socket) {
  const std::uint32_t key = 0;
  const std::uint64_t value = static_cast<std::uint64_t>(socket);
  bpf_attr attributes{};
  attributes.map_fd = static_cast<__u32>(map);
  attributes.key = reinterpret_cast<std::uintptr_t>(&key);
  attributes.value = reinterpret_cast<std::uintptr_t>(&value);
  return bpf(BPF_MAP_UPDATE_ELEM, attributes) == 0;
}

// For as long as what it returns is open.
long attach(int program, int network) {
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<__u32>(program);
  attributes.link_create.target_fd = static_cast<__u32>(network);
  attributes.link_create.attach_type = BPF_SK_LOOKUP;
  return bpf(BPF_LINK_CREATE, attributes);
}

class Lookup final : public BareLoop {
 public:
  Lookup(int socket, const sockaddr_in& own)
      : socket_(socket),
        raw_(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)),
        map_(make_map()),
        network_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)),
        program_(load_program(map_.get(), own.sin_addr.s_addr, kSteeredPorts, kSteeredPortsMost)),
        link_(put(map_.get(), socket) ? attach(program_.get(), network_.get()) : -1) {
    const int on = 1;
    ::setsockopt(socket_, SOL_IP, IP_RECVORIGDSTADDR, &on, sizeof on);
    for (std::size_t i = 0; i < kBatch; ++i) {
      in_parts_[i] = {packets_[i].bytes.data(), kPacketBytes};
      out_parts_[i] = {&packets_[i], sizeof(Packet)};
      out_[i].msg_hdr = {};
      out_[i].msg_hdr.msg_iov = &out_parts_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
      out_[i].msg_hdr.msg_name = &names_[i];
      out_[i].msg_hdr.msg_namelen = sizeof names_[i];
      packets_[i].ip.version = 4;
      packets_[i].ip.ihl = 5;
      packets_[i].ip.ttl = 64;
      packets_[i].ip.protocol = IPPROTO_UDP;
      packets_[i].ip.tot_len = htons(sizeof(Packet));
      packets_[i].ip.saddr = own.sin_addr.s_addr;
      packets_[i].udp.len = htons(sizeof(udphdr) + kPacketBytes);
    }
  }
  bool ready() const { return raw_.open() && link_.open(); }

  void turn(unsigned) override {
    for (;;) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        in_[i].msg_hdr = {.msg_name = &names_[i],
                          .msg_namelen = sizeof names_[i],
                          .msg_iov = &in_parts_[i],
                          .msg_iovlen = 1,
                          .msg_control = controls_[i].data(),
                          .msg_controllen = controls_[i].size(),
                          .msg_flags = 0};
      }
      const int count = ::recvmmsg(socket_, in_.data(), kBatch, MSG_DONTWAIT, nullptr);
      if (count <= 0) return;
      received += static_cast<std::uint64_t>(count);
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) answer(i);
      const int sent = ::sendmmsg(raw_.get(), out_.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
      refused += static_cast<std::uint64_t>(count - std::max(sent, 0));
      if (count < static_cast<int>(kBatch)) return;
    }
  }

 private:
  static constexpr std::size_t kBatch = 64;
  struct Packet {
    iphdr ip{};    // its sum and number are the kernel's
    udphdr udp{};  // without a sum, which the other loops' is not reckoned over loopback either
    std::array<std::byte, kPacketBytes> bytes{};
  };
  static_assert(sizeof(Packet) == sizeof(iphdr) + sizeof(udphdr) + kPacketBytes);

  // From the port that it came to.
  void answer(std::size_t i) {
    Packet& packet = packets_[i];
    const cmsghdr* const told = CMSG_FIRSTHDR(&in_[i].msg_hdr);
    sockaddr_in to{};
    if (told != nullptr) std::memcpy(&to, CMSG_DATA(told), sizeof to);
    packet.ip.daddr = names_[i].sin_addr.s_addr;
    packet.udp.source = to.sin_port;
    packet.udp.dest = names_[i].sin_port;
  }

  const int socket_;
  const Descriptor raw_;
  const Descriptor map_;
  const Descriptor network_;
  const Descriptor program_;
  const Descriptor link_;
  std::array<Packet, kBatch> packets_;
  std::array<sockaddr_in, kBatch> names_{};
  std::array<std::array<std::byte, CMSG_SPACE(sizeof(sockaddr_in))>, kBatch> controls_{};
  std::array<iovec, kBatch> in_parts_{};
  std::array<iovec, kBatch> out_parts_{};
  std::array<mmsghdr, kBatch> in_{};
  std::array<mmsghdr, kBatch> out_{};
};

}  // namespace

std::unique_ptr<BareLoop> make_lookup(std::span<const int> sockets) {
  sockaddr_in own{};
  socklen_t length = sizeof own;
  const bool known = ::getsockname(sockets.front(), reinterpret_cast<sockaddr*>(&own), &length) == 0;
  if (!known || own.sin_family != AF_INET) return nullptr;
  auto loop = std::make_unique<Lookup>(sockets.front(), own);
  return loop->ready() ? std::move(loop) : nullptr;
}

}  // namespace tutti::bare
