// RingDirectory: the rings of every core of the process, so that a core finds another's share of a conference
// by two numbers. Made before the cores, ended after them.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>

#include "dataplane/base/realtime.h"
#include "dataplane/core/slab.h"
#include "mixer/mix_ring.h"

namespace tutti::core {

// A ring outlives its conferences. One that was never opened is not there yet and costs no memory.
class RingDirectory {
 public:
  // Shapes: at most mailbox::kCoresMax cores, with as many conferences each.
  RingDirectory(std::uint32_t cores, std::uint32_t conferences);

  std::uint32_t cores() const TUTTI_REALTIME { return static_cast<std::uint32_t>(cores_.size()); }

  // The ring of a core's own conference slot, made with its first use. Thread: that core.
  mixer::MixRing& open(std::uint32_t core, std::uint32_t slot) TUTTI_REALTIME;

  // None before its first use. Thread: any.
  const mixer::MixRing* find(std::uint32_t core, std::uint32_t slot) const TUTTI_REALTIME;

 private:
  struct Core {
    explicit Core(std::uint32_t conferences);
    Slab<mixer::MixRing> rings;
    const std::unique_ptr<std::atomic<mixer::MixRing*>[]> made;  // null, then the ring for good
  };

  std::deque<Core> cores_;
};

}  // namespace tutti::core
