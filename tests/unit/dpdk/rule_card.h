// RuleCard: a card that steers by rules, where no device of the tests' does: while one lives, rte_flow's
// functions are its own, whichever the port, as the program's symbols come before DPDK's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rte_flow.h>

namespace tutti::dpdk {

// It knows Ethernet, either IP without conditions, and UDP's header under a mask; it has queues.
// Thread: one; one at a time.
class RuleCard {
 public:
  enum class Refuses : std::uint8_t { kNothing, kToPromise, kToKeep };  // rte_flow_validate, rte_flow_create

  // Refuses the rule of that number, from zero, and those behind it.
  explicit RuleCard(Refuses refuses = Refuses::kNothing, std::size_t number = 0);
  ~RuleCard();
  RuleCard(const RuleCard&) = delete;
  RuleCard& operator=(const RuleCard&) = delete;

  // The queues of the rules that a frame meets.
  std::vector<std::uint16_t> queues_of(std::string_view frame) const;
  std::size_t rules() const { return rules_.size(); }
  // Of all that was asked: how many were made, and on which ports.
  std::size_t asked() const { return asked_; }
  std::size_t made() const { return made_; }
  const std::vector<std::uint16_t>& ports() const { return ports_; }

  // What rte_flow's functions do.
  int validate(std::uint16_t port, const rte_flow_attr& attributes, const rte_flow_item* pattern,
               const rte_flow_action* actions);
  rte_flow* create(std::uint16_t port, const rte_flow_attr& attributes, const rte_flow_item* pattern,
                   const rte_flow_action* actions);
  int destroy(std::uint16_t port, const rte_flow* rule);

 private:
  using UdpHead = std::array<std::uint8_t, sizeof(rte_udp_hdr)>;
  struct Rule {
    std::uint16_t port = 0;
    bool ipv6 = false;
    UdpHead value{}, mask{};
    std::uint16_t queue = 0;
  };
  // None where it is of a kind that this card does not know.
  static std::optional<Rule> read(std::uint16_t port, const rte_flow_attr& attributes,
                                  const rte_flow_item* pattern, const rte_flow_action* actions);
  bool refuses(Refuses what) const { return refuses_ == what && made_ >= number_; }

  const Refuses refuses_;
  const std::size_t number_;
  std::vector<std::unique_ptr<Rule>> rules_;
  std::size_t asked_ = 0;
  std::size_t made_ = 0;
  std::vector<std::uint16_t> ports_;
};

}  // namespace tutti::dpdk
