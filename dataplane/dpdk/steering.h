// Steering: how a device brings each packet to the queue of the core that has its port; what it does not
// bring there itself the cores hand over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/dpdk/local_addresses.h"

struct rte_flow;

namespace tutti::dpdk {

class Device;
class HashSpread;

// Thread: not a core's. The device outlives it.
class Steering {
 public:
  enum class Kind : std::uint8_t {
    kOneQueue,   // there is one core
    kPortRules,  // the card looks at the destination port (rte_flow): each core's lane comes to its queue
    kHash,       // the card hashes addresses and ports (RSS): a lane comes to all queues, in equal parts
    kHandOver,   // the card does neither: all comes where its driver will, and is handed over
  };

  // Tries them in this order. Ports are dealt as net::PortLane has it, from `first_port` on; rules are for
  // two, four, eight ... cores, whose lanes a mask tells.
  Steering(const Device& device, const LocalAddresses& addresses, std::uint16_t first_port);
  ~Steering();
  Steering(const Steering&) = delete;
  Steering& operator=(const Steering&) = delete;

  Kind kind() const { return kind_; }
  // Where it is the card's hash: that. Else null: the port is no matter.
  const HashSpread* spread() const;
  // One line for the log.
  std::string description() const;

 private:
  bool add_rules(const LocalAddresses& addresses, std::uint16_t first_port);
  void remove_rules();

  const Device& device_;
  const std::uint16_t cores_;
  std::vector<rte_flow*> rules_;
  Kind kind_ = Kind::kOneQueue;
};

// Of the destination ports that are lane `lane` of `lanes` (a power of two) from `first_port` on: those that
// are `value` under `mask`.
struct PortMask {
  std::uint16_t value = 0;
  std::uint16_t mask = 0;
  bool operator==(const PortMask&) const = default;
};
PortMask port_mask(std::uint16_t first_port, std::uint32_t lane, std::uint32_t lanes);

}  // namespace tutti::dpdk
