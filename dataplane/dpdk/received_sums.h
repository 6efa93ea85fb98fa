// ReceivedSums: which sums of a received frame its card has seen to be right.
#pragma once

#include <cstdint>

#include "dataplane/base/realtime.h"
#include "dataplane/net/ip_packet.h"

namespace tutti::dpdk {

// What is asked of a port, of what it offers.
struct ReceiveOffloads {
  bool ipv4_checksum = false;
  bool udp_checksum = false;  // over both families

  // A port that looks at UDP's sum alone, such as virtio's, leaves it unfinished where both ends are on one
  // machine: a kernel beside ours, to whom frames go on, would drop them.
  static constexpr ReceiveOffloads choose(bool ipv4_offered, bool udp_offered, bool kernel_beside) {
    return {.ipv4_checksum = ipv4_offered && udp_offered,
            .udp_checksum = udp_offered && (ipv4_offered || !kernel_beside)};
  }
};

class ReceivedSums {
 public:
  // As a buffer's flags have them (ol_flags): each is set where the sum is good, and where the frame has an
  // unfinished one of bytes that are. Where the card found fault it is counted as ours would be, after a look
  // of our own.
  static constexpr std::uint64_t kIpv4 = 1U << 7;
  static constexpr std::uint64_t kUdp = 1U << 8;

  // The flags that may be believed: others come from who was not asked.
  static constexpr std::uint64_t believed(const ReceiveOffloads& asked) {
    return (asked.ipv4_checksum ? kIpv4 : 0) | (asked.udp_checksum ? kUdp : 0);
  }

  constexpr ReceivedSums() = default;  // none
  explicit constexpr ReceivedSums(std::uint64_t flags) : flags_(flags) {}

  // All that an IPv4 packet has; an IPv6 packet has but UDP's.
  constexpr bool all() const TUTTI_REALTIME { return (flags_ & (kIpv4 | kUdp)) == (kIpv4 | kUdp); }
  constexpr net::Checksums ip() const TUTTI_REALTIME { return trusted(kIpv4); }
  constexpr net::Checksums udp() const TUTTI_REALTIME { return trusted(kUdp); }

 private:
  constexpr net::Checksums trusted(std::uint64_t flag) const TUTTI_REALTIME {
    return (flags_ & flag) != 0 ? net::Checksums::kTrusted : net::Checksums::kUnknown;
  }

  std::uint64_t flags_ = 0;
};

}  // namespace tutti::dpdk
