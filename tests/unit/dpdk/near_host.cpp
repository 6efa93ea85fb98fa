#include "near_host.h"

#include <cstring>

#include <gtest/gtest.h>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"

namespace tutti::dpdk {
namespace {

base::SocketAddress address(bool ipv6, const char* ipv4_text, const char* ipv6_text) {
  return *base::parse_ip(ipv6 ? ipv6_text : ipv4_text);
}

std::vector<base::SocketAddress> addresses_of(const NearOptions& options) {
  std::vector<base::SocketAddress> made{address(options.ipv6, "10.0.0.1", "2001:db8::1")};
  while (made.size() < options.addresses) {
    made.push_back(made.back());
    ++made.back().ip[options.ipv6 ? 15 : 3];
  }
  return made;
}

std::vector<LocalAddresses::Address> with_prefix(const std::vector<base::SocketAddress>& ips) {
  std::vector<LocalAddresses::Address> made;
  for (const base::SocketAddress& ip : ips) {
    made.push_back({ip, ip.family == base::AddressFamily::kIpv6 ? std::uint8_t{64} : std::uint8_t{24}});
  }
  return made;
}

std::unique_ptr<Device> open(const std::string& name, const NearOptions& options) {
  auto device = Device::open({.name = name,
                              .cores = options.cores,
                              .limits = options.limits,
                              .transmit_descriptors = options.transmit_descriptors});
  if (!device) ADD_FAILURE() << device.error();
  CHECK(device.has_value());
  return std::move(*device);
}

}  // namespace

NearHost::NearHost(const NearOptions& options)
    : ips_(addresses_of(options)),
      rings_(options.cores, options.ring),
      far_(rings_.far(), address(options.ipv6, "10.9.0.2", "2001:db8:9::2"), options.vlan, options.cores,
           4 * options.ring - 1),
      device_(open(rings_.near(), options)),
      addresses_(with_prefix(ips_), address(false, "10.0.0.254", ""),
                 address(true, "", options.gateway_ipv6)),
      exchange_(addresses_, {.cores = options.cores,
                             .first_port = kFirstPort,
                             .last_port = kLastPort,
                             .kernel_beside = options.kernel_beside}),
      endpoints_(addresses_),
      allocator_(endpoints_, {ips_, kFirstPort, kLastPort, options.cores}) {
  OneStation gateway;
  for (std::uint16_t core = 0; core < options.cores; ++core) {
    ports_.push_back(std::make_unique<DpdkPort>(*device_, core, exchange_,
                                                net::EthernetStation{.mac = kNearMac, .vlan = options.vlan},
                                                options.limits, options.clock));
    ports_.back()->next_hops().answer(gateway, base::monotonic_now());
  }
}

NearHost::~NearHost() {
  for (const auto& port : ports_) {
    const auto emptied = port->queue_counters().empty_polls.value();
    while (port->queue_counters().empty_polls.value() == emptied) port->receive();
  }
  ports_.clear();
  far_.end().drain();
  for (std::uint16_t core = 0; core < exchange_.cores(); ++core) give_back(exchange_.to_slow_path(core));
  EXPECT_EQ(device_->free_buffers(), device_->buffers()) << "buffers were lost";
  EXPECT_EQ(far_.end().buffers_in_use(), 0u) << "of the far end";
}

net::Endpoint NearHost::attach(net::EndpointId id, std::size_t core, bool with_rtcp) {
  const auto opened = allocator_.open(with_rtcp, core);
  CHECK(opened.has_value());
  const base::RealtimeSection section;
  CHECK(port(core).attach(id, opened->handles));
  return *opened;
}

std::vector<std::string> NearHost::receive(std::size_t core) {
  std::vector<std::string> all;
  for (;;) {
    std::span<const net::ReceivedPacket> batch;
    {
      const base::RealtimeSection section;
      batch = port(core).receive();
    }
    if (batch.empty()) return all;
    for (const net::ReceivedPacket& packet : batch) {
      all.emplace_back(reinterpret_cast<const char*>(packet.payload.data()), packet.payload.size());
    }
  }
}

bool NearHost::send(net::EndpointId id, const base::SocketAddress& to, std::string_view payload,
                    std::size_t core, net::Flow flow) {
  const base::RealtimeSection section;
  const auto buffer = port(core).reserve();
  if (buffer.empty()) return false;
  std::memcpy(buffer.data(), payload.data(), payload.size());
  port(core).send(id, flow, to, payload.size());
  return true;
}

}  // namespace tutti::dpdk
