// Any bytes as a frame, behind one byte that says who we are: what is read lies within it, is for us and in
// our VLAN.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/net/ethernet_frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti;
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const auto frame = std::as_bytes(std::span(data, size)).subspan(1);
  const net::EthernetStation us{.mac = {2, 0, 0, 0, 0, 1},
                                .vlan = static_cast<net::VlanId>(choice & 0x0FU),
                                .groups = {{0x33, 0x33, 0, 0, 0, 1}}};
  std::optional<std::uint16_t> stripped;
  if ((choice & 0x80U) != 0) stripped = static_cast<std::uint16_t>(choice >> 4U & 7U);
  const auto read = net::parse_ethernet_frame(frame, us, stripped);
  if (!read) return 0;
  CHECK(us.takes(read->destination) && net::is_station(read->source));
  CHECK(static_cast<std::uint16_t>(read->type) >= 0x0600);
  CHECK(read->payload.data() + read->payload.size() == frame.data() + frame.size());
  const auto head = static_cast<std::size_t>(read->payload.data() - frame.data());
  CHECK(head == 14 || (head == 18 && !stripped));
  if (us.vlan != net::kNoVlan) CHECK(head == 18 || (stripped && *stripped == us.vlan));
  return 0;
}
