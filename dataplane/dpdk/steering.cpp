#include "dataplane/dpdk/steering.h"

#include <array>
#include <bit>

#include <rte_byteorder.h>
#include <rte_flow.h>

#include "dataplane/base/check.h"
#include "dataplane/dpdk/device.h"
#include "dataplane/dpdk/hash_spread.h"

namespace tutti::dpdk {
namespace {

bool has_family(const LocalAddresses& addresses, base::AddressFamily family) {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (addresses[i].family == family) return true;
  }
  return false;
}

// UDP of a family to the ports of a mask comes to a queue; null where the card refuses.
rte_flow* add_rule(std::uint16_t device, base::AddressFamily family, const PortMask& ports,
                   std::uint16_t queue_number) {
  rte_flow_attr attributes{};
  attributes.ingress = 1;
  rte_flow_item_udp port{};
  rte_flow_item_udp mask{};
  port.hdr.dst_port = rte_cpu_to_be_16(ports.value);
  mask.hdr.dst_port = rte_cpu_to_be_16(ports.mask);
  std::array<rte_flow_item, 4> pattern{};
  pattern[0].type = RTE_FLOW_ITEM_TYPE_ETH;
  pattern[1].type = family == base::AddressFamily::kIpv4 ? RTE_FLOW_ITEM_TYPE_IPV4 : RTE_FLOW_ITEM_TYPE_IPV6;
  pattern[2].type = RTE_FLOW_ITEM_TYPE_UDP;
  pattern[2].spec = &port;
  pattern[2].mask = &mask;
  pattern[3].type = RTE_FLOW_ITEM_TYPE_END;
  rte_flow_action_queue queue{queue_number};
  std::array<rte_flow_action, 2> actions{};
  actions[0].type = RTE_FLOW_ACTION_TYPE_QUEUE;
  actions[0].conf = &queue;
  actions[1].type = RTE_FLOW_ACTION_TYPE_END;
  rte_flow_error error{};
  if (::rte_flow_validate(device, &attributes, pattern.data(), actions.data(), &error) != 0) return nullptr;
  return ::rte_flow_create(device, &attributes, pattern.data(), actions.data(), &error);
}

}  // namespace

PortMask port_mask(std::uint16_t first_port, std::uint32_t lane, std::uint32_t lanes) {
  CHECK(std::has_single_bit(lanes) && lane < lanes);
  const std::uint32_t first_pair = (first_port + 1U) / 2;
  return {static_cast<std::uint16_t>(((first_pair + lane) & (lanes - 1)) << 1U),
          static_cast<std::uint16_t>((lanes - 1) << 1U)};
}

Steering::Steering(const Device& device, const LocalAddresses& addresses, std::uint16_t first_port)
    : device_(device), cores_(device.cores()) {
  if (cores_ == 1) return;
  if (std::has_single_bit(cores_) && add_rules(addresses, first_port)) {
    kind_ = Kind::kPortRules;
  } else {
    kind_ = device.hash().empty() ? Kind::kHandOver : Kind::kHash;
  }
}

Steering::~Steering() {
  remove_rules();
}

bool Steering::add_rules(const LocalAddresses& addresses, std::uint16_t first_port) {
  for (const auto family : {base::AddressFamily::kIpv4, base::AddressFamily::kIpv6}) {
    if (!has_family(addresses, family)) continue;
    for (std::uint16_t core = 0; core < cores_; ++core) {
      rte_flow* rule = add_rule(device_.number(), family, port_mask(first_port, core, cores_), core);
      if (rule == nullptr) {
        remove_rules();
        return false;
      }
      rules_.push_back(rule);
    }
  }
  return true;
}

void Steering::remove_rules() {
  rte_flow_error error{};
  for (rte_flow* rule : rules_) ::rte_flow_destroy(device_.number(), rule, &error);
  rules_.clear();
}

const HashSpread* Steering::spread() const {
  return kind_ == Kind::kHash ? &device_.hash() : nullptr;
}

std::string Steering::description() const {
  const std::string cores = std::to_string(cores_);
  switch (kind_) {
    case Kind::kOneQueue:
      return "one queue, one core";
    case Kind::kPortRules:
      return cores + " queues, each core's ports come to its own (" + std::to_string(rules_.size()) +
             " rules in the card)";
    case Kind::kHash:
      return cores +
             " queues, filled by the card's hash: each call gets a port whose packets come to its core's, "
             "and what comes to another is handed over";
    case Kind::kHandOver:
      break;
  }
  return cores + " queues, filled as the driver will; what is another core's is handed over";
}

}  // namespace tutti::dpdk
