#include "rule_card.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <dlfcn.h>
#include <netinet/in.h>

#include "dataplane/base/check.h"
#include "dataplane/net/ethernet_frame.h"
#include "dataplane/net/ip_packet.h"

namespace tutti::dpdk {
namespace {

RuleCard* in_place = nullptr;

// The library's own function of a name that we define, too.
template <typename Function>
Function* of_the_library(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_bare(const rte_flow_item& item, rte_flow_item_type type) {
  return item.type == type && item.spec == nullptr && item.mask == nullptr && item.last == nullptr;
}

}  // namespace

RuleCard::RuleCard(Refuses refuses, std::size_t number) : refuses_(refuses), number_(number) {
  CHECK(in_place == nullptr);
  in_place = this;
}

RuleCard::~RuleCard() {
  in_place = nullptr;
}

std::optional<RuleCard::Rule> RuleCard::read(std::uint16_t port, const rte_flow_attr& attributes,
                                             const rte_flow_item* pattern, const rte_flow_action* actions) {
  if (attributes.ingress == 0 || attributes.egress != 0 || attributes.transfer != 0 ||
      attributes.group != 0 || attributes.priority != 0) {
    return std::nullopt;
  }
  Rule rule{.port = port, .ipv6 = pattern[1].type == RTE_FLOW_ITEM_TYPE_IPV6};
  if (!is_bare(pattern[0], RTE_FLOW_ITEM_TYPE_ETH) ||
      !is_bare(pattern[1], rule.ipv6 ? RTE_FLOW_ITEM_TYPE_IPV6 : RTE_FLOW_ITEM_TYPE_IPV4) ||
      pattern[2].type != RTE_FLOW_ITEM_TYPE_UDP || pattern[2].spec == nullptr || pattern[2].mask == nullptr ||
      pattern[2].last != nullptr || pattern[3].type != RTE_FLOW_ITEM_TYPE_END) {
    return std::nullopt;
  }
  if (actions[0].type != RTE_FLOW_ACTION_TYPE_QUEUE || actions[0].conf == nullptr ||
      actions[1].type != RTE_FLOW_ACTION_TYPE_END) {
    return std::nullopt;
  }
  std::memcpy(rule.value.data(), &static_cast<const rte_flow_item_udp*>(pattern[2].spec)->hdr,
              rule.value.size());
  std::memcpy(rule.mask.data(), &static_cast<const rte_flow_item_udp*>(pattern[2].mask)->hdr,
              rule.mask.size());
  rule.queue = static_cast<const rte_flow_action_queue*>(actions[0].conf)->index;
  return rule;
}

int RuleCard::validate(std::uint16_t port, const rte_flow_attr& attributes, const rte_flow_item* pattern,
                       const rte_flow_action* actions) {
  ++asked_;
  return refuses(Refuses::kToPromise) || !read(port, attributes, pattern, actions) ? -ENOTSUP : 0;
}

rte_flow* RuleCard::create(std::uint16_t port, const rte_flow_attr& attributes, const rte_flow_item* pattern,
                           const rte_flow_action* actions) {
  ++asked_;
  const auto rule = read(port, attributes, pattern, actions);
  if (!rule || refuses(Refuses::kToKeep)) return nullptr;
  ++made_;
  ports_.push_back(port);
  rules_.push_back(std::make_unique<Rule>(*rule));
  return reinterpret_cast<rte_flow*>(rules_.back().get());
}

int RuleCard::destroy(std::uint16_t port, const rte_flow* rule) {
  const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const std::unique_ptr<Rule>& each) {
    return reinterpret_cast<const rte_flow*>(each.get()) == rule && each->port == port;
  });
  if (found == rules_.end()) return -ENOENT;
  rules_.erase(found);
  return 0;
}

std::vector<std::uint16_t> RuleCard::queues_of(std::string_view frame) const {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(frame.data());
  const bool ipv6 = bytes[12] == 0x86 && bytes[13] == 0xDD;
  const std::uint8_t* const ip = bytes + net::EthernetFrame::kHeadBytes;
  std::vector<std::uint16_t> queues;
  if (ip[ipv6 ? 6 : 9] != IPPROTO_UDP) return queues;
  const std::uint8_t* const udp = ip + net::ip_head_bytes(ipv6);
  for (const auto& rule : rules_) {
    bool meets = rule->ipv6 == ipv6;
    for (std::size_t i = 0; i < rule->mask.size(); ++i) {
      meets = meets && ((udp[i] ^ rule->value[i]) & rule->mask[i]) == 0;
    }
    if (meets) queues.push_back(rule->queue);
  }
  return queues;
}

}  // namespace tutti::dpdk

extern "C" int rte_flow_validate(std::uint16_t port, const rte_flow_attr* attributes,
                                 const rte_flow_item pattern[], const rte_flow_action actions[],
                                 rte_flow_error* error) {
  using tutti::dpdk::in_place;
  if (in_place != nullptr) return in_place->validate(port, *attributes, pattern, actions);
  static const auto library = tutti::dpdk::of_the_library<decltype(rte_flow_validate)>("rte_flow_validate");
  return library(port, attributes, pattern, actions, error);
}

extern "C" rte_flow* rte_flow_create(std::uint16_t port, const rte_flow_attr* attributes,
                                     const rte_flow_item pattern[], const rte_flow_action actions[],
                                     rte_flow_error* error) {
  using tutti::dpdk::in_place;
  if (in_place != nullptr) return in_place->create(port, *attributes, pattern, actions);
  static const auto library = tutti::dpdk::of_the_library<decltype(rte_flow_create)>("rte_flow_create");
  return library(port, attributes, pattern, actions, error);
}

extern "C" int rte_flow_destroy(std::uint16_t port, rte_flow* rule, rte_flow_error* error) {
  using tutti::dpdk::in_place;
  if (in_place != nullptr) return in_place->destroy(port, rule);
  static const auto library = tutti::dpdk::of_the_library<decltype(rte_flow_destroy)>("rte_flow_destroy");
  return library(port, rule, error);
}
