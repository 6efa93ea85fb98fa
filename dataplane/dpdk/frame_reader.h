// FrameReader: which of our ports a received frame is for.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include <netinet/in.h>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/dpdk/exchange.h"
#include "dataplane/dpdk/local_addresses.h"
#include "dataplane/dpdk/received_sums.h"
#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/ip_packet.h"
#include "dataplane/net/udp_packet.h"

namespace tutti::dpdk {

// Thread: made once, read by any.
class FrameReader {
 public:
  // `exchange` outlives it.
  FrameReader(const net::EthernetStation& station, const Exchange& exchange);

  enum class Kind : std::uint8_t {
    kMedia,      // UDP to a port in the range of ours
    kNeighbour,  // of somebody on the link, which no router has forwarded: ARP, neighbour discovery
    kOther,      // for us or for all, but nothing that a core reads: pings, other ports; fragments, where a
                 // kernel takes them
    kDrop,
  };
  struct Reading {
    Kind kind = Kind::kDrop;
    base::DropReason reason{};  // of kDrop
    // Of kMedia; the spans lie in the frame.
    base::AddressFamily family{};
    LocalPort to;
    std::uint16_t source_port = 0;
    const std::byte* source_ip = nullptr;  // 4 bytes, or 16
    std::span<const std::byte> payload;
    bool summed = true;  // else UDP's checksum is still to be looked at

    base::SocketAddress source() const TUTTI_REALTIME;
    bool is_from(const base::SocketAddress& other) const TUTTI_REALTIME;
    // The same of an IPv4 address as it lies in a frame.
    bool is_from(std::uint32_t ip, std::uint16_t port) const TUTTI_REALTIME {
      std::uint32_t own = 0;
      std::memcpy(&own, source_ip, sizeof(own));
      return family == base::AddressFamily::kIpv4 && source_port == port && own == ip;
    }
  };

  // `stripped`: the VLAN's control word, where the card has taken it out.
  Reading read(std::span<const std::byte> frame, ReceivedSums sums,
               std::optional<std::uint16_t> stripped = std::nullopt) const TUTTI_REALTIME {
    Reading reading;
    read_head(reading, frame, sums, stripped);
    if (reading.summed) return reading;
    const net::SumPiece piece = unsummed(reading);
    finish(reading, net::internet_sum({piece.at, piece.bytes}), frame, stripped);
    return reading;
  }
  // The same into its place: to copy what was just written in smaller pieces is to wait for it. Leaves UDP's
  // checksum to who looks at several together, and then calls finish(). Of kMedia no reason is written.
  void read_head(Reading& out, std::span<const std::byte> frame, ReceivedSums sums,
                 std::optional<std::uint16_t> stripped) const TUTTI_REALTIME {
    if (stripped || !read_common(frame, sums, out)) out = read_strictly(frame, sums, stripped);
  }
  // Of one that is not summed: both addresses and the datagram, whose sum is to be told to finish().
  static net::SumPiece unsummed(const Reading& reading) TUTTI_REALTIME {
    return {reading.source_ip, 2 * kIpv4AddressBytes + net::kUdpHeadBytes + reading.payload.size()};
  }
  void finish(Reading& reading, std::uint64_t sum, std::span<const std::byte> frame,
              std::optional<std::uint16_t> stripped) const TUTTI_REALTIME {
    // The pseudo-header has the protocol and the length besides.
    const auto bytes = static_cast<std::uint16_t>(net::kUdpHeadBytes + reading.payload.size());
    if (net::comes_out(sum + htons(IPPROTO_UDP) + htons(bytes))) return;
    reading = read_strictly(frame, ReceivedSums(), stripped);
  }
  // The same by net's readers alone: read() takes a shorter way for the common shape (IPv4 without options,
  // to our MAC address and a media port), and this one for all else.
  Reading read_strictly(std::span<const std::byte> frame, ReceivedSums sums,
                        std::optional<std::uint16_t> stripped = std::nullopt) const TUTTI_REALTIME;

 private:
  static constexpr std::size_t kIpv4AddressBytes = 4;

  bool read_common(std::span<const std::byte> frame, ReceivedSums sums, Reading& out) const TUTTI_REALTIME;

  const net::EthernetStation station_;
  const Exchange& exchange_;
  const std::uint64_t mac_;  // as it lies in a frame, in the lower 48 bits
  const std::size_t ip_at_;  // 14, or 18 behind a tag
};

}  // namespace tutti::dpdk
