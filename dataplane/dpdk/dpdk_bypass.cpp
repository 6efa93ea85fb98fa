#include "dataplane/dpdk/dpdk_bypass.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/dpdk_port.h"
#include "dataplane/dpdk/eal.h"
#include "dataplane/dpdk/host_facts.h"
#include "dataplane/dpdk/local_endpoints.h"
#include "dataplane/dpdk/slow_path.h"
#include "dataplane/dpdk/steering.h"
#include "dataplane/dpdk/tap.h"

namespace tutti::dpdk {
namespace {

DeviceOptions device_options(const net::BypassOptions& options) {
  DeviceOptions made;
  made.name = options.device;
  made.cores = options.cores;
  made.limits = options.limits;
  made.mtu = options.mtu;
  made.receive_descriptors = options.receive_descriptors;
  made.transmit_descriptors = options.transmit_descriptors;
  made.promiscuous = options.promiscuous;
  made.kernel_beside = options.kernel_beside;
  return made;
}

EalOptions eal_options(const net::BypassOptions& options) {
  EalOptions made;
  const std::string name = options.device.substr(0, options.device.find(','));
  if (is_card(name)) made.cards.push_back(options.device);
  made.huge_pages = options.huge_pages;
  made.memory_mb = options.memory_mb != 0 ? options.memory_mb : memory_mb(device_options(options));
  made.cpus = options.cpus;
  made.arguments = options.arguments;
  return made;
}

std::vector<LocalAddresses::Address> with_prefixes(const net::BypassOptions& options) {
  std::vector<LocalAddresses::Address> made;
  for (const base::SocketAddress& ip : options.addresses) {
    made.push_back({ip.with_port(0),
                    ip.family == base::AddressFamily::kIpv4 ? options.prefix_ipv4 : options.prefix_ipv6});
  }
  return made;
}

net::IpHostOptions host_options(const net::BypassOptions& options, const net::MacAddress& mac) {
  net::IpHostOptions made;
  made.mac = mac;
  made.vlan = options.vlan;
  for (const base::SocketAddress& ip : options.addresses) made.addresses.push_back(ip.with_port(0));
  made.ipv4 = {options.prefix_ipv4, options.gateway_ipv4};
  made.ipv6 = {options.prefix_ipv6, options.gateway_ipv6};
  return made;
}

TapOptions tap_options(const net::BypassOptions& options, const net::MacAddress& mac) {
  TapOptions made;
  made.station = {mac, options.vlan};
  made.addresses = with_prefixes(options);
  for (const auto& gateway : {options.gateway_ipv4, options.gateway_ipv6}) {
    if (gateway.valid()) made.gateways.push_back(gateway);
  }
  return made;
}

// What LocalAddresses takes for granted.
std::string fault(const net::BypassOptions& options) {
  if (options.addresses.empty()) return "DPDK's port needs an address of its own";
  if (options.addresses.size() > LocalAddresses::kMax) {
    return "DPDK's port has " + std::to_string(LocalAddresses::kMax) + " addresses at most";
  }
  if (options.prefix_ipv4 > 32 || options.prefix_ipv6 > 128) return "a prefix is longer than its address";
  for (auto ip = options.addresses.begin(); ip != options.addresses.end(); ++ip) {
    if (!net::is_host(*ip)) return base::ip_to_string(*ip) + " is no address that a host may have";
    if (std::count(options.addresses.begin(), options.addresses.end(), *ip) > 1) {
      return base::ip_to_string(*ip) + " stands twice among the addresses";
    }
  }
  return {};
}

class DpdkBypass final : public net::PacketBypass {
 public:
  DpdkBypass(const net::BypassOptions& options, std::unique_ptr<Eal> eal, std::unique_ptr<Device> device,
             std::unique_ptr<Tap> tap, const net::BypassLog& log)
      : options_(options),
        eal_(std::move(eal)),
        device_(std::move(device)),
        addresses_(with_prefixes(options), options.gateway_ipv4, options.gateway_ipv6),
        exchange_(addresses_, {.cores = options.cores,
                               .first_port = options.first_port,
                               .last_port = options.last_port,
                               .kernel_beside = options.kernel_beside}),
        steering_(*device_, addresses_, options.first_port),
        endpoints_(addresses_, steering_.spread()),
        tap_(std::move(tap)),
        slow_path_(*device_, exchange_, host_options(options, device_->mac()), log, tap_.get()),
        ports_(options.cores) {}

  std::unique_ptr<net::PacketPort> make_port(std::uint16_t core) override {
    CHECK(core < ports_.size() && ports_[core] == nullptr);
    auto port = std::make_unique<DpdkPort>(*device_, core, exchange_, slow_path_.station(), options_.limits);
    slow_path_.add(port->next_hops());
    ports_[core] = port.get();
    return port;
  }
  void start() override { slow_path_.start(); }
  void stop() override { slow_path_.stop(); }
  net::EndpointFactory& endpoints() override { return endpoints_; }

  std::vector<std::string> description() const override {
    const Offloads& card = device_->offloads();
    std::vector<std::string> lines{
        "port " + device_->name() + " of DPDK's driver " + device_->driver() + ", checksums " +
            (card.received.udp_checksum && card.transmit_udp_checksum ? "by the card"
             : card.received.udp_checksum                             ? "of what comes by the card"
             : card.transmit_udp_checksum                             ? "of what is sent by the card"
                                                                      : "by the cores"),
        steering_.description()};
    if (tap_) lines.push_back("what is no media is the kernel's, by the interface " + tap_->name());
    return lines;
  }
  std::string complaint() const override { return device_->link_up() ? "" : device_->link_complaint(); }

  Queue queue(std::uint16_t core) const override {
    return {&ports_[core]->queue_counters(), &ports_[core]->counters(),
            device_->receive_buffers(core),  device_->free_receive_buffers(core),
            device_->transmit_buffers(core), device_->free_transmit_buffers(core)};
  }
  net::PacketBypass::SlowPath slow_path() const override {
    const dpdk::SlowPath::Counters& counters = slow_path_.counters();
    return {.frames_sent = counters.frames_sent.value(),
            .frames_lost = counters.frames_lost.value(),
            .to_kernel = counters.to_sink.value(),
            .from_kernel = counters.from_sink.value(),
            .buffers = device_->spare_buffers(),
            .buffers_free = device_->free_spare_buffers(),
            .link_up = slow_path_.link().up(),
            .link_downs = slow_path_.link().downs()};
  }
  const net::NeighbourTable::Counters& neighbour_counters() const override {
    return slow_path_.host().neighbours().counters();
  }
  const net::IpHost::Counters& host_counters() const override { return slow_path_.host().counters(); }
  std::vector<std::pair<std::string, std::uint64_t>> device_counters() const override {
    return device_->statistics();
  }

 private:
  const net::BypassOptions options_;
  const std::unique_ptr<Eal> eal_;
  const std::unique_ptr<Device> device_;
  const LocalAddresses addresses_;
  Exchange exchange_;
  const Steering steering_;
  LocalEndpoints endpoints_;
  const std::unique_ptr<Tap> tap_;  // null: no kernel beside us
  dpdk::SlowPath slow_path_;
  std::vector<const DpdkPort*> ports_;  // the cores'
};

}  // namespace

base::Result<std::unique_ptr<net::PacketBypass>, std::string> make_bypass(const net::BypassOptions& options,
                                                                          const net::BypassLog& log) {
  if (const std::string said = fault(options); !said.empty()) return base::unexpected(said);
  auto eal = Eal::start(eal_options(options), log);
  if (!eal) return base::unexpected(eal.error());
  auto device = Device::open(device_options(options));
  if (!device) return base::unexpected(device.error());
  std::unique_ptr<Tap> tap;
  if (options.kernel_beside) {
    auto opened = Tap::open(tap_options(options, (*device)->mac()));
    if (!opened) return base::unexpected(opened.error());
    tap = std::move(*opened);
  }
  return std::make_unique<DpdkBypass>(options, std::move(*eal), std::move(*device), std::move(tap), log);
}

}  // namespace tutti::dpdk
