// Steering: how a device brings each packet to the queue of the core that has its port; what it does not
// bring there itself the cores hand over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/socket_address.h"
#include "dataplane/dpdk/local_addresses.h"

struct rte_flow;

namespace tutti::dpdk {

class Device;

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
  // One line for the log.
  std::string description() const;

 private:
  bool add_rules(const LocalAddresses& addresses, std::uint16_t first_port);
  void remove_rules();

  const std::uint16_t device_;
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

// The Toeplitz hash of a packet from `source` to `destination`, of one family.
// Shapes: a key of 40 bytes at least. Source: Microsoft, "RSS Hashing Functions".
std::uint32_t toeplitz_hash(std::span<const std::uint8_t> key, const base::SocketAddress& source,
                            const base::SocketAddress& destination);

// The first of `candidates`, ports of ours, at which packets from `remote` come to `queue`; none where no one
// does. `key` and `queues` are the device's (hash_key, hash_queues).
std::optional<std::size_t> choose_port(const base::SocketAddress& remote,
                                       std::span<const base::SocketAddress> candidates, std::uint16_t queue,
                                       std::span<const std::uint8_t> key,
                                       std::span<const std::uint16_t> queues);

}  // namespace tutti::dpdk
