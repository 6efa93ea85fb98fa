// What a packet costs DpdkPort: received and sent back at once, to and from so many endpoints, over cables of
// memory.
#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include "dataplane/base/check.h"
#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/dpdk/local_endpoints.h"
#include "dataplane/net/endpoint_allocator.h"
#include "tests/support/crossed_rings.h"
#include "tests/support/frame_pump.h"

namespace tutti {
namespace {

constexpr std::uint16_t kFirstPort = 16'384;
constexpr std::uint16_t kLastPort = 65'535;
constexpr std::size_t kPayload = 172;     // RTP 12, G.711 160
constexpr std::size_t kTogether = 2'048;  // packets that come while the core does something else

const net::MacAddress kNear{2, 0, 0, 0, 0, 1};
const net::MacAddress kFar{2, 0, 0, 0, 0, 2};

struct Far final : net::NeighbourResolver {
  std::optional<net::MacAddress> ask(const base::SocketAddress&, base::Instant) override { return kFar; }
};

// Only the port's own time is taken, by the processor's clock.
void echo(benchmark::State& state) {
  const auto endpoints = static_cast<std::uint32_t>(state.range(0));
  const bool connected = state.range(1) != 0;
  const net::PortLimits limits{.endpoints = endpoints, .receive_buffers = 4'096, .transmit_buffers = 1'024};
  dpdk::CrossedRings rings(1, 8'192);
  auto device = *dpdk::Device::open({.name = rings.near(), .limits = limits, .transmit_descriptors = 4'096});
  std::vector<dpdk::LocalAddresses::Address> ours;
  std::vector<base::SocketAddress> ips;
  for (std::uint8_t i = 0; i < 6; ++i) {
    ips.push_back(*base::parse_ip("10.0.0." + std::to_string(i + 1)));
    ours.push_back({ips.back(), 24});
  }
  const dpdk::LocalAddresses addresses(ours, *base::parse_ip("10.0.0.254"), {});
  dpdk::Exchange exchange(addresses, {.cores = 1, .first_port = kFirstPort, .last_port = kLastPort});
  dpdk::LocalEndpoints factory(addresses);
  net::EndpointAllocator allocator(factory, {ips, kFirstPort, kLastPort});
  dpdk::DpdkPort port(*device, 0, exchange, {.mac = kNear}, limits);
  Far gateway;
  port.next_hops().answer(gateway, base::monotonic_now());
  dpdk::FramePump pump(rings.far(), kFar, kNear, kPayload);
  for (std::uint32_t i = 0; i < endpoints; ++i) {
    const auto endpoint = allocator.open(false);
    CHECK(endpoint.has_value() && port.attach(net::EndpointId{i}, endpoint->handles));
    base::SocketAddress peer = *base::parse_ip("10.9.0.0", static_cast<std::uint16_t>(1'024 + i % 60'000));
    peer.ip[3] = static_cast<std::uint8_t>(1 + i / 60'000);
    if (connected) port.connect(net::EndpointId{i}, net::Flow::kRtp, peer);
    pump.add(peer, endpoint->rtp);
  }
  std::uint64_t cycles = 0;
  std::uint64_t packets = 0;
  const auto began = std::chrono::steady_clock::now();
  const std::uint64_t began_at = __rdtsc();
  std::byte payload[kPayload]{};
  for (auto _ : state) {
    const std::size_t sent = pump.send(kTogether);
    const std::uint64_t from = __rdtsc();
    for (auto batch = port.receive(); !batch.empty(); batch = port.receive()) {
      packets += batch.size();
      for (const net::ReceivedPacket& packet : batch) {
        if (!port.send(packet.endpoint, packet.flow, packet.source, std::span(payload).first(12),
                       packet.payload.subspan(12))) {
          state.SkipWithError("no buffer");
          return;
        }
      }
      port.flush();
    }
    cycles += __rdtsc() - from;
    if (pump.discard() != sent) state.SkipWithError("packets were lost");
  }
  const double cycles_per_ns =
      static_cast<double>(__rdtsc() - began_at) /
      std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count();
  state.counters["ns_per_packet"] =
      static_cast<double>(cycles) / cycles_per_ns / static_cast<double>(packets);
}

BENCHMARK(echo)
    ->ArgsProduct({{1, 1'000, 8'000, 32'000, 131'072}, {1}})
    ->Args({1'000, 0})
    ->ArgNames({"endpoints", "connected"})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tutti

BENCHMARK_MAIN();
