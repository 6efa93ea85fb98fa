// Any bytes as an RTP packet, and its payload as a telephone event.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/rtp/rtp_packet.h"
#include "dataplane/rtp/telephone_event.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti;
  const auto datagram = std::as_bytes(std::span(data, size));
  rtp::is_rtcp(datagram);
  const auto packet = rtp::parse_rtp(datagram);
  if (!packet) return 0;

  CHECK(size >= rtp::kRtpHeaderBytes && packet->payload.size() <= size - rtp::kRtpHeaderBytes);
  CHECK(packet->payload.data() >= datagram.data());
  CHECK(packet->payload.data() + packet->payload.size() <= datagram.data() + size);
  unsigned sum = 0;
  for (const std::byte byte : packet->payload) sum += std::to_integer<unsigned>(byte);

  std::array<std::byte, rtp::kRtpHeaderBytes> written;
  rtp::write_rtp_header(written, packet->header);
  const auto again = rtp::parse_rtp(written);
  CHECK(again && again->header == packet->header && again->payload.empty());

  if (const auto event = rtp::parse_telephone_event(packet->payload))
    sum += static_cast<unsigned>(rtp::digit_of(*event));
  return sum == UINT32_MAX ? 1 : 0;  // never; keeps the reads alive
}
