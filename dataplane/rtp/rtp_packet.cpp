#include "dataplane/rtp/rtp_packet.h"

#include "dataplane/rtp/network_order.h"

namespace tutti::rtp {

using base::DropReason;

base::Result<std::span<const std::byte>, DropReason> find_payload(std::span<const std::byte> datagram)
    TUTTI_REALTIME {
  if (datagram.size() < kRtpHeaderBytes) return base::unexpected(DropReason::kTruncated);
  const std::uint8_t first = read_u8(datagram, 0);
  if (first >> 6 != 2) return base::unexpected(DropReason::kBadVersion);
  const bool padded = (first & 0x20) != 0;
  const bool extended = (first & 0x10) != 0;
  const std::size_t csrc_count = first & 0x0F;

  std::size_t begin = kRtpHeaderBytes + 4 * csrc_count;
  if (extended) {
    // 16 bits of profile, 16 bits with the number of words that follow. Source: RFC 3550, 5.3.1.
    if (datagram.size() < begin + 4) return base::unexpected(DropReason::kTruncated);
    begin += 4 + 4 * std::size_t{read_u16(datagram, begin + 2)};
  }
  if (datagram.size() < begin) return base::unexpected(DropReason::kTruncated);

  std::size_t end = datagram.size();
  if (padded) {
    // The last byte counts the padding, itself included.
    if (end == begin) return base::unexpected(DropReason::kMalformed);
    const std::size_t padding = read_u8(datagram, end - 1);
    if (padding == 0 || padding > end - begin) return base::unexpected(DropReason::kMalformed);
    end -= padding;
  }

  return datagram.subspan(begin, end - begin);
}

bool is_rtcp(std::span<const std::byte> datagram) TUTTI_REALTIME {
  if (datagram.size() < 2) return false;
  // As RTP these would be the marker with payload types 64 to 95, which RFC 5761 keeps free.
  const std::uint8_t type = read_u8(datagram, 1);
  return type >= 192 && type <= 223;
}

}  // namespace tutti::rtp
