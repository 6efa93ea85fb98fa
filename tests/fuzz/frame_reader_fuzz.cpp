// Any bytes as a frame, behind one byte that says who we are and what the card did: the core's two steps read
// what the strict way reads, and nothing outside of the frame.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/dpdk/frame_reader.h"
#include "mended_sums.h"

namespace {

using namespace tutti;
using dpdk::FrameReader;
using Kind = FrameReader::Kind;
using Reading = FrameReader::Reading;

constexpr net::VlanId kVlan = 42;
constexpr std::uint64_t kAllSums = dpdk::ReceivedSums::kIpv4 | dpdk::ReceivedSums::kUdp;

const dpdk::LocalAddresses& addresses() {
  static const dpdk::LocalAddresses made({{*base::parse_ip("10.0.0.1"), 24},
                                          {*base::parse_ip("192.0.2.1"), 24},  // ends in the same byte
                                          {*base::parse_ip("2001:db8::1"), 64}},
                                         {}, {});
  return made;
}

const dpdk::Exchange& exchange(bool kernel_beside) {
  static const dpdk::Exchange alone(addresses(), {.first_port = 20'000, .last_port = 20'999});
  static const dpdk::Exchange beside(addresses(),
                                     {.first_port = 20'000, .last_port = 20'999, .kernel_beside = true});
  return kernel_beside ? beside : alone;
}

// What a core's place for readings holds of an earlier packet.
Reading of_an_earlier_one() {
  static constexpr std::byte kGone{};
  Reading reading;
  reading.kind = Kind::kMedia;
  reading.reason = base::DropReason::kStranger;
  reading.family = base::AddressFamily::kIpv6;
  reading.to = {7, 7};
  reading.source_port = 7;
  reading.source_ip = &kGone;
  reading.payload = {&kGone, 1};
  reading.summed = false;
  return reading;
}

// IP's and UDP's, where the lengths allow it.
void mend_all_sums(std::span<std::byte> frame, const net::EthernetStation& us,
                   std::optional<std::uint16_t> stripped) {
  const auto link = net::parse_ethernet_frame(frame, us, stripped);
  if (!link) return;
  const std::span<std::byte> ip = frame.last(link->payload.size());
  fuzz::mend_sums(ip);
  const auto packet = net::parse_ip_packet(ip, net::Checksums::kTrusted);
  const auto udp = net::parse_udp_packet(ip, net::Checksums::kTrusted);
  if (!packet || !udp) return;
  const std::size_t bytes = net::kUdpHeadBytes + udp->payload.size();
  const auto at = static_cast<std::size_t>(packet->payload.data() - ip.data());
  const std::span<std::byte> sent = ip.subspan(at, bytes);
  std::memset(&sent[6], 0, 2);
  const std::uint16_t sum = net::checksum(packet->pseudo_sum(bytes) + net::internet_sum(sent));
  std::memcpy(&sent[6], &sum, 2);
}

bool lies_in(std::span<const std::byte> frame, const std::byte* at, std::size_t bytes) {
  return at >= frame.data() && at + bytes <= frame.data() + frame.size();
}

void check_same(const Reading& one, const Reading& other) {
  CHECK(one.kind == other.kind);
  if (one.kind == Kind::kDrop) CHECK(one.reason == other.reason);
  if (one.kind != Kind::kMedia) return;
  CHECK(one.family == other.family && one.to == other.to);
  CHECK(one.source_port == other.source_port && one.source_ip == other.source_ip);
  CHECK(one.payload.data() == other.payload.data() && one.payload.size() == other.payload.size());
}

void check_media(const Reading& reading, std::span<const std::byte> frame) {
  const bool ipv4 = reading.family == base::AddressFamily::kIpv4;
  CHECK(lies_in(frame, reading.source_ip, ipv4 ? 4 : 16));
  CHECK(lies_in(frame, reading.payload.data(), reading.payload.size()));
  CHECK(reading.payload.data() >= reading.source_ip + (ipv4 ? 8 : 32) + net::kUdpHeadBytes);
  CHECK(reading.to.address < addresses().size() && addresses()[reading.to.address].family == reading.family);
  CHECK(reading.to.port >= 20'000 && reading.to.port <= 20'999);
  CHECK(reading.source().reachable() && reading.is_from(reading.source()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  const auto given = std::as_bytes(std::span(data, size)).subspan(1);
  const net::EthernetStation us{.mac = {2, 0, 0, 0, 0, 1},
                                .vlan = (choice & 1U) != 0 ? kVlan : net::kNoVlan,
                                .groups = {{0x33, 0x33, 0, 0, 0, 1}}};
  const dpdk::ReceivedSums sums(((choice & 2U) != 0 ? kAllSums : 0U) |
                                ((choice & 64U) != 0 ? dpdk::ReceivedSums::kUdp : 0U) |
                                ((choice & 128U) != 0 ? dpdk::ReceivedSums::kIpv4 : 0U));
  std::optional<std::uint16_t> stripped;
  if ((choice & 4U) != 0) stripped = static_cast<std::uint16_t>((choice & 8U) != 0 ? 0xA000U | kVlan : 0U);
  const FrameReader reader(us, exchange((choice & 16U) != 0));
  std::vector<std::byte> frame(given.begin(), given.end());  // of its exact size
  if ((choice & 32U) != 0) mend_all_sums(frame, us, stripped);

  const Reading strict = reader.read_strictly(frame, sums, stripped);
  check_same(reader.read(frame, sums, stripped), strict);
  // As DpdkPort does, which sums several at once.
  Reading reading = of_an_earlier_one();
  reader.read_head(reading, frame, sums, stripped);
  if (!reading.summed) {
    CHECK(reading.kind == Kind::kMedia && sums.udp() == net::Checksums::kUnknown);
    const net::SumPiece piece = FrameReader::unsummed(reading);
    CHECK(lies_in(frame, piece.at, piece.bytes));
    std::uint64_t sum = 0;
    net::internet_sums({&piece, 1}, {&sum, 1});
    reader.finish(reading, sum, frame, stripped);
  }
  check_same(reading, strict);
  if (strict.kind != Kind::kMedia) return 0;
  check_media(reading, frame);
  check_same(reader.read(frame, dpdk::ReceivedSums(kAllSums), stripped), strict);
  return 0;
}
