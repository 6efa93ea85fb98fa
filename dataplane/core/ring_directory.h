// RingDirectory: the rings of every core of the process, so that a core finds another's share of a conference
// by two numbers. Made before the cores, ended after them.
//
// A core publishes only what somebody reads: another share of the conference, a recorder. A ring that nobody
// ever read is not there and costs no memory; most conferences are of that kind.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "dataplane/core/slab.h"
#include "mixer/mix_ring.h"

namespace tutti::core {

// A ring outlives its conferences and its readers.
class RingDirectory {
 public:
  // Shapes: at most mailbox::kCoresMax cores, with as many conferences each.
  RingDirectory(std::uint32_t cores, std::uint32_t conferences);

  std::uint32_t cores() const TUTTI_REALTIME { return static_cast<std::uint32_t>(cores_.size()); }

  // A reader of the slot's ring comes: from now on the core publishes each tick, the next one at the latest;
  // until then there may be no ring. Returns the least tick that is not left from an earlier reader.
  // Thread: any.
  std::uint64_t attach_reader(std::uint32_t core, std::uint32_t slot) TUTTI_REALTIME;
  // It goes. Thread: any.
  void detach_reader(std::uint32_t core, std::uint32_t slot) TUTTI_REALTIME;

  // Whether a slot of one core has any: one load, for who asks every tick. Valid as long as the directory
  // lives. Thread: any.
  class Readers {
   public:
    explicit Readers(const std::atomic<std::uint32_t>* counts) : counts_(counts) {}
    bool any(std::uint32_t slot) const TUTTI_REALTIME {
      return counts_[slot].load(std::memory_order_relaxed) != 0;
    }

   private:
    const std::atomic<std::uint32_t>* const counts_;
  };
  Readers readers(std::uint32_t core) const {
    CHECK(core < cores_.size());
    return Readers(cores_[core]->readers.get());
  }

  // The ring of a core's own conference slot, made with its first use. Thread: that core.
  mixer::MixRing& open(std::uint32_t core, std::uint32_t slot) TUTTI_REALTIME;

  // None before its first use. Thread: any.
  const mixer::MixRing* find(std::uint32_t core, std::uint32_t slot) const TUTTI_REALTIME;

 private:
  struct Core {
    explicit Core(std::uint32_t conferences);
    const std::unique_ptr<std::atomic<std::uint32_t>[]> readers;
    Slab<mixer::MixRing> rings;
    const std::unique_ptr<std::atomic<mixer::MixRing*>[]> made;  // null, then the ring for good
  };

  std::vector<std::unique_ptr<Core>> cores_;
};

}  // namespace tutti::core
