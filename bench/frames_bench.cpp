// What frames cost where no kernel and no card helps: reading, writing, summing them; finding neighbours.

#include <array>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "dataplane/net/internet_checksum.h"
#include "dataplane/net/ip_host.h"
#include "dataplane/net/next_hops.h"
#include "dataplane/net/udp_frame.h"
#include "dataplane/net/udp_packet.h"

namespace {

using namespace tutti;

constexpr net::MacAddress kUs{2, 0, 0, 0, 0, 1};
constexpr net::MacAddress kPeer{2, 0, 0, 0, 0, 9};
constexpr std::size_t kPayloadBytes = 172;  // RTP of 20 ms of G.711

net::UdpFrame flow(bool ipv6) {
  net::UdpFrame frame;
  frame.make(kPeer, kUs, *base::parse_address_and_port(ipv6 ? "[2001:db8::9]:5000" : "192.0.2.9:5000"),
             *base::parse_address_and_port(ipv6 ? "[2001:db8::1]:6000" : "192.0.2.1:6000"));
  return frame;
}

void sum(benchmark::State& state) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{0x5A});
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    benchmark::DoNotOptimize(net::internet_sum(bytes));
  }
}

void write(benchmark::State& state) {
  const net::UdpFrame frame = flow(state.range(0) == 6);
  std::array<std::byte, net::UdpFrame::kHeadBytesMax + kPayloadBytes> out{};
  for (auto _ : state) {
    if (state.range(1) == 0) {
      frame.write(kPayloadBytes, out.data());
    } else {
      frame.write_summed(kPayloadBytes, out.data());
    }
    benchmark::DoNotOptimize(out);
  }
}

void read(benchmark::State& state) {
  const net::UdpFrame frame = flow(state.range(0) == 6);
  std::vector<std::byte> bytes(frame.head_bytes() + kPayloadBytes, std::byte{0x5A});
  frame.write_summed(kPayloadBytes, bytes.data());
  const net::EthernetStation us{.mac = kUs};
  const auto checksums = state.range(1) == 0 ? net::Checksums::kTrusted : net::Checksums::kUnknown;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    const auto link = net::parse_ethernet_frame(bytes, us);
    benchmark::DoNotOptimize(net::parse_udp_packet(link->payload, checksums));
  }
}

// A host whose neighbours, 10.0.0.0 and on, all are known.
struct Known {
  explicit Known(std::uint32_t count) : host(options(count), [](auto) {}) {
    for (std::uint32_t i = 0; i < count; ++i) host.ask(ip(i), base::Instant{});
    for (int second = 0; host.changes() < count; ++second) {
      for (int i = 0; i < 50; ++i)
        host.tick(base::Instant{} + second * std::chrono::seconds(1) + i * std::chrono::milliseconds(20));
      for (std::uint32_t i = 0; i < count; ++i) answer(i);
    }
  }
  static net::IpHostOptions options(std::uint32_t count) {
    net::IpHostOptions made{.mac = kUs};
    made.addresses = {*base::parse_ip("10.255.0.1")};
    made.ipv4 = {.prefix_bits = 8, .gateway = *base::parse_ip("10.0.0.1")};
    made.neighbours = count;
    return made;
  }
  static base::SocketAddress ip(std::uint32_t i) {
    base::SocketAddress made = *base::parse_ip("10.0.0.0");
    ++i;
    made.ip[1] = static_cast<std::uint8_t>(i >> 16);
    made.ip[2] = static_cast<std::uint8_t>(i >> 8);
    made.ip[3] = static_cast<std::uint8_t>(i);
    return made;
  }
  void answer(std::uint32_t i) {
    std::array<std::byte, 14 + net::ArpPacket::kBytes> frame;
    net::write_ethernet_head({.mac = kPeer}, kUs, net::EtherType::kArp, frame.data());
    net::write_arp_packet({.kind = net::ArpPacket::Kind::kReply,
                           .sender_mac = kPeer,
                           .sender_ip = ip(i),
                           .target_mac = kUs,
                           .target_ip = *base::parse_ip("10.255.0.1")},
                          &frame[14]);
    host.handle(frame, base::Instant{});
  }
  net::IpHost host;
};

void ask(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  Known known(count);
  std::uint32_t i = 0;
  for (auto _ : state) {
    i = (i + 7'919) % count;
    benchmark::DoNotOptimize(known.host.ask(Known::ip(i), base::Instant{}));
  }
}

// A round of the slow path: range(0) places, all behind the gateway, asked anew (1) or not (0).
void answer(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  Known known(1);
  net::NextHops hops(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    base::SocketAddress to = Known::ip(i);
    to.ip[0] = 11;
    hops.set(i, to);
  }
  base::Instant now{};
  hops.answer(known.host, now);
  for (auto _ : state) {
    if (state.range(1) == 1) now += net::NextHops::kAgain;
    hops.answer(known.host, now);
  }
}

BENCHMARK(sum)->Arg(20)->Arg(180)->Arg(1'452);
BENCHMARK(write)->ArgNames({"ip", "summed"})->ArgsProduct({{4, 6}, {0, 1}});
BENCHMARK(read)->ArgNames({"ip", "summed"})->ArgsProduct({{4, 6}, {0, 1}});
BENCHMARK(ask)->Arg(100)->Arg(4'000);
BENCHMARK(answer)
    ->ArgNames({"places", "again"})
    ->ArgsProduct({{131'072}, {0, 1}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
