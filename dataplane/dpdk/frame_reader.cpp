#include "dataplane/dpdk/frame_reader.h"

#include <bit>
#include <cstring>

#include <netinet/in.h>

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/udp_packet.h"

namespace tutti::dpdk {
namespace {

using base::DropReason;
using Bytes = std::span<const std::byte>;

constexpr std::uint64_t kMacBits = (std::uint64_t{1} << 48) - 1;
static_assert(std::endian::native == std::endian::little);
constexpr std::uint64_t kGroupBit = 1;  // of the first byte

template <typename Word>
Word word_at(const std::byte* at) TUTTI_REALTIME {
  Word word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

std::uint32_t get16(const std::byte* at) TUTTI_REALTIME {
  return __builtin_bswap16(word_at<std::uint16_t>(at));
}

std::uint64_t as_word(const net::MacAddress& mac) {
  std::uint64_t word = 0;
  std::memcpy(&word, mac.data(), mac.size());
  return word;
}

FrameReader::Reading drop(DropReason reason) TUTTI_REALTIME {
  FrameReader::Reading reading;
  reading.reason = reason;
  return reading;
}

FrameReader::Reading of_kind(FrameReader::Kind kind) TUTTI_REALTIME {
  FrameReader::Reading reading;
  reading.kind = kind;
  return reading;
}

FrameReader::Reading other() TUTTI_REALTIME {
  return of_kind(FrameReader::Kind::kOther);
}

// Whom a router has forwarded has less. Source: RFC 4861, section 7.1.
bool is_of_a_neighbour(const net::IpPacket& ip) TUTTI_REALTIME {
  return ip.protocol == net::IpProtocol::kIcmpv6 && ip.ipv6() && ip.hop_limit == 255;
}

}  // namespace

FrameReader::FrameReader(const net::EthernetStation& station, const Exchange& exchange)
    : station_(station),
      exchange_(exchange),
      mac_(as_word(station.mac)),
      ip_at_(net::EthernetFrame::kHeadBytes +
             (station.vlan == net::kNoVlan ? 0 : net::EthernetFrame::kTagBytes)) {}

base::SocketAddress FrameReader::Reading::source() const TUTTI_REALTIME {
  base::SocketAddress made;
  made.family = family;
  made.port = source_port;
  if (family == base::AddressFamily::kIpv4) {
    std::memcpy(made.ip.data(), source_ip, 4);
  } else {
    std::memcpy(made.ip.data(), source_ip, 16);
  }
  return made;
}

bool FrameReader::Reading::is_from(const base::SocketAddress& peer) const TUTTI_REALTIME {
  if (peer.port != source_port || peer.family != family) return false;
  if (family == base::AddressFamily::kIpv4) {
    return word_at<std::uint32_t>(source_ip) ==
           word_at<std::uint32_t>(reinterpret_cast<const std::byte*>(peer.ip.data()));
  }
  return std::memcmp(source_ip, peer.ip.data(), 16) == 0;
}

// Says yes only to what read_strictly() would take for media.
bool FrameReader::read_common(Bytes frame, ReceivedSums sums, Reading& out) const TUTTI_REALTIME {
  if (frame.size() < ip_at_ + net::kIpv4HeadBytes + net::kUdpHeadBytes) return false;
  const std::byte* const head = frame.data();
  const std::uint64_t source = word_at<std::uint64_t>(head + 6) & kMacBits;
  if ((word_at<std::uint64_t>(head) & kMacBits) != mac_ || source == 0 || (source & kGroupBit) != 0)
    return false;
  const std::byte* const ip = head + ip_at_;
  if (get16(ip - 2) != static_cast<std::uint32_t>(net::EtherType::kIpv4)) return false;
  if (station_.vlan != net::kNoVlan &&
      (get16(ip - 6) != 0x8100 || (get16(ip - 4) & 0xFFFU) != station_.vlan)) {
    return false;
  }
  const std::size_t total = get16(ip + 2);
  const std::byte* const udp = ip + net::kIpv4HeadBytes;
  const std::size_t udp_bytes = get16(udp + 4);
  if (ip[0] != std::byte{0x45} || ip[9] != std::byte{IPPROTO_UDP} || (get16(ip + 6) & 0x3FFFU) != 0 ||
      ip_at_ + total > frame.size() || net::kIpv4HeadBytes + udp_bytes > total ||
      udp_bytes < net::kUdpHeadBytes) {
    return false;
  }
  const std::uint32_t first = std::to_integer<std::uint32_t>(ip[12]);
  out.source_port = static_cast<std::uint16_t>(get16(udp));
  if (first == 0 || first >= 224 || out.source_port == 0) return false;
  out.to.port = static_cast<std::uint16_t>(get16(udp + 2));
  if (!exchange_.in_range(out.to.port)) return false;
  const auto address = exchange_.addresses().find_ipv4(ip + 16);
  if (!address) return false;
  out.summed = true;
  if (!sums.all()) {
    // Sums of words, as internet_sum() has them, of what is this short.
    const std::uint64_t first_words = word_at<std::uint64_t>(ip);
    const std::uint64_t next_words = word_at<std::uint64_t>(ip + 8);
    const std::uint64_t sum = (first_words & 0xFFFF'FFFFU) + (first_words >> 32U) +
                              (next_words & 0xFFFF'FFFFU) + (next_words >> 32U) +
                              word_at<std::uint32_t>(ip + 16);
    if (!net::comes_out(sum)) return false;
    const bool seen = sums.udp() == net::Checksums::kTrusted;
    const bool has_none = get16(udp + 6) == 0;
    out.summed = seen | has_none;
  }
  out.kind = Kind::kMedia;
  out.family = base::AddressFamily::kIpv4;
  out.to.address = *address;
  out.source_ip = ip + 12;
  out.payload = {udp + net::kUdpHeadBytes, udp_bytes - net::kUdpHeadBytes};
  return true;
}

FrameReader::Reading FrameReader::read_strictly(Bytes frame, ReceivedSums sums,
                                                std::optional<std::uint16_t> stripped) const TUTTI_REALTIME {
  const auto link = net::parse_ethernet_frame(frame, station_, stripped);
  if (!link) return drop(link.error());
  if (link->type == net::EtherType::kArp) return of_kind(Kind::kNeighbour);
  if (link->type != net::EtherType::kIpv4 && link->type != net::EtherType::kIpv6) return other();
  const auto ip = net::parse_ip_packet(link->payload, sums.ip());
  if (!ip) {
    // SIP of more than a frame holds, for one: which port it is for is told by the first piece alone.
    const bool is_piece = ip.error() == DropReason::kFragment;
    return is_piece && exchange_.kernel_beside() ? other() : drop(ip.error());
  }
  if (ip->ipv6() != (link->type == net::EtherType::kIpv6)) return drop(DropReason::kMalformed);
  if (is_of_a_neighbour(*ip)) return of_kind(Kind::kNeighbour);
  const auto address = exchange_.addresses().find(ip->destination());
  if (ip->protocol != net::IpProtocol::kUdp || !address) return other();
  const auto udp = net::parse_udp_packet(link->payload, sums.udp());
  if (!udp) return drop(udp.error());
  // A card may call good what has no sum. Source: RFC 8200, section 8.1.
  if (ip->ipv6() && get16(udp->payload.data() - 2) == 0) return drop(DropReason::kBadChecksum);
  // A group's frame is nobody's media.
  if (!exchange_.in_range(udp->destination.port) || link->destination != station_.mac) return other();
  Reading reading;
  reading.kind = Kind::kMedia;
  reading.family = ip->family;
  reading.to = {*address, udp->destination.port};
  reading.source_port = udp->source.port;
  reading.source_ip = ip->addresses.data();
  reading.payload = udp->payload;
  return reading;
}

}  // namespace tutti::dpdk
