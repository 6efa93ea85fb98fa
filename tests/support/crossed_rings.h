// CrossedRings: two Ethernet ports of DPDK's in this process, each receiving what the other sends, through
// memory; no card, no privilege.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/spsc_ring.h"
#include "dataplane/dpdk/eal.h"

struct rte_mbuf;
struct rte_ring;

namespace tutti::dpdk {

// Starts DPDK, once for the process, which ends it; without huge pages, unless the first call says otherwise.
Eal& test_eal(const EalOptions& options = {.huge_pages = false});

// What waits in a ring of packets goes back to its pool; returns how many.
std::size_t give_back(base::SpscRing<rte_mbuf*>& ring);

// Thread: one, but each port's queues belong to who uses them.
class CrossedRings {
 public:
  // With so many queues each, of so many packets, the last of near's transmit queues for a slow path: what
  // near sends on its queue i far receives on its queue i, and the other way round.
  explicit CrossedRings(std::uint16_t queues = 1, std::uint32_t packets = 4'096);
  ~CrossedRings();  // the devices have been closed
  CrossedRings(const CrossedRings&) = delete;
  CrossedRings& operator=(const CrossedRings&) = delete;

  // Names for Device::open.
  const std::string& near() const { return near_; }
  const std::string& far() const { return far_; }

 private:
  std::string near_;
  std::string far_;
  std::vector<rte_ring*> rings_;
};

// The far end of a cable, for tests: frames as bytes. Opens a port with buffers of 9 216 bytes of its own.
class FrameEnd {
 public:
  explicit FrameEnd(const std::string& port, std::uint16_t queues = 1, std::uint32_t buffers = 16'383);
  ~FrameEnd();
  FrameEnd(const FrameEnd&) = delete;
  FrameEnd& operator=(const FrameEnd&) = delete;

  // False where there is no room.
  bool send(std::string_view frame, std::uint16_t queue = 0);
  // In pieces of `bytes`, as a card hands on what is larger than its buffers.
  bool send_in_pieces(std::string_view frame, std::size_t bytes);
  // What waits on all queues, those of the first one first.
  std::vector<std::string> receive();
  // Lets all that waits fall. For who is about to close.
  void drain();
  // Of its own: those that it has sent and nobody has given back.
  std::size_t buffers_in_use() const;

 private:
  struct Port;
  const std::unique_ptr<Port> port_;
};

}  // namespace tutti::dpdk
