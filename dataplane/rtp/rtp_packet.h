// RtpPacket: one RTP packet as it lies in a receive buffer, and the header written before a payload.
//
// Source: RFC 3550, section 5.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"
#include "dataplane/rtp/network_order.h"
#include "dataplane/rtp/types.h"

namespace tutti::rtp {

// What we write: no CSRC, no extension, no padding.
inline constexpr std::size_t kRtpHeaderBytes = 12;

struct RtpHeader {
  PayloadType payload_type{};
  bool marker = false;
  SequenceNumber sequence_number;
  RtpTimestamp timestamp;
  Ssrc ssrc{};
  bool operator==(const RtpHeader&) const = default;
};

struct RtpPacket {
  RtpHeader header;
  std::span<const std::byte> payload;  // of the buffer that was parsed, without padding; may be empty
};

// Where the payload of any bytes whatever begins and ends; CSRCs and a header extension are skipped.
// Errors: kTruncated, kBadVersion, kMalformed (the padding is longer than the payload).
[[gnu::noinline]] base::Result<std::span<const std::byte>, base::DropReason> find_payload(
    std::span<const std::byte> datagram) TUTTI_REALTIME;

// The same, with the header. Inline: as a rule there is nothing between the header and the payload.
inline base::Result<RtpPacket, base::DropReason> parse_rtp(std::span<const std::byte> datagram)
    TUTTI_REALTIME {
  RtpPacket packet;
  if (datagram.size() >= kRtpHeaderBytes && read_u8(datagram, 0) == 0x80) [[likely]] {
    packet.payload = datagram.subspan(kRtpHeaderBytes);
  } else {
    const auto payload = find_payload(datagram);
    if (!payload) return base::unexpected(payload.error());
    packet.payload = *payload;
  }
  const std::uint8_t second = read_u8(datagram, 1);
  packet.header.payload_type = PayloadType{static_cast<std::uint8_t>(second & 0x7F)};
  packet.header.marker = (second & 0x80) != 0;
  packet.header.sequence_number = SequenceNumber(read_u16(datagram, 2));
  packet.header.timestamp = RtpTimestamp(read_u32(datagram, 4));
  packet.header.ssrc = Ssrc{read_u32(datagram, 8)};
  return packet;
}

// The number that the packet has if it is one, for who wants to know where it will go before he reads it.
inline SequenceNumber number_of(std::span<const std::byte> datagram) TUTTI_REALTIME {
  return datagram.size() < kRtpHeaderBytes ? SequenceNumber() : SequenceNumber(read_u16(datagram, 2));
}

// The first word of a packet's header: version 2, and its number, which goes into the lower half.
inline constexpr std::uint32_t kRtpMarker = 0x80'0000;
constexpr std::uint32_t first_rtp_word(PayloadType type, bool marker) TUTTI_REALTIME {
  return 0x8000'0000U | (marker ? kRtpMarker : 0U) | (static_cast<std::uint8_t>(type) & 0x7FU) << 16;
}

// Writes the first kRtpHeaderBytes of `out`, which must have them. The first 8 are one store: whoever copies
// them at once need not wait for several.
inline void write_rtp_header(std::span<std::byte> out, std::uint32_t first_word, RtpTimestamp timestamp,
                             Ssrc ssrc) TUTTI_REALTIME {
  CHECK(out.size() >= kRtpHeaderBytes);
  write_u64(out, 0, std::uint64_t{first_word} << 32 | timestamp.value());
  write_u32(out, 8, static_cast<std::uint32_t>(ssrc));
}
inline void write_rtp_header(std::span<std::byte> out, const RtpHeader& header) TUTTI_REALTIME {
  write_rtp_header(out, first_rtp_word(header.payload_type, header.marker) | header.sequence_number.value(),
                   header.timestamp, header.ssrc);
}

// Whether a datagram on a port that carries both is RTCP. Source: RFC 5761, section 4.
bool is_rtcp(std::span<const std::byte> datagram) TUTTI_REALTIME;

}  // namespace tutti::rtp
