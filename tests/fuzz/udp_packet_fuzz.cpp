// Any bytes as an IP packet: what is read of it lies within it, and a packet that passes without trust in its
// sums passes with it.
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/net/udp_packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti;
  const auto ip = std::as_bytes(std::span(data, size));
  const auto trusting = net::parse_udp_packet(ip, net::Checksums::kTrusted);
  const auto summing = net::parse_udp_packet(ip, net::Checksums::kUnknown);
  if (!trusting) {
    CHECK(!summing);
    return 0;
  }
  CHECK(summing || summing.error() == base::DropReason::kBadChecksum);
  CHECK(trusting->source.reachable());
  const std::byte* const begin = trusting->payload.data();
  CHECK(begin >= ip.data() + 28 && begin + trusting->payload.size() <= ip.data() + ip.size());
  if (!summing) return 0;
  CHECK(summing->source == trusting->source && summing->destination == trusting->destination);
  CHECK(summing->payload.data() == begin && summing->payload.size() == trusting->payload.size());
  return 0;
}
