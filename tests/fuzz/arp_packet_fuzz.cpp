// Any bytes as an ARP packet: what is read of it is written as the same bytes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/net/arp_packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti;
  const auto payload = std::as_bytes(std::span(data, size));
  const auto read = net::parse_arp_packet(payload);
  if (!read) return 0;
  CHECK(net::is_station(read->sender_mac));
  std::array<std::byte, net::ArpPacket::kBytes> written;
  CHECK(net::write_arp_packet(*read, written.data()) == written.size());
  CHECK(std::equal(written.begin(), written.end(), payload.begin()));
  return 0;
}
