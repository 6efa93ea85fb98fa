#include "dataplane/core/ring_directory.h"

#include "dataplane/base/check.h"
#include "dataplane/mailbox/handles.h"

namespace tutti::core {

RingDirectory::Core::Core(std::uint32_t conferences)
    : readers(new std::atomic<std::uint32_t>[conferences]()),
      rings(conferences, base::Pages::kPlain),
      made(new std::atomic<mixer::MixRing*>[conferences]()) {}

RingDirectory::RingDirectory(std::uint32_t cores, std::uint32_t conferences) {
  CHECK(cores > 0 && cores <= mailbox::kCoresMax);
  for (std::uint32_t i = 0; i < cores; ++i) cores_.push_back(std::make_unique<Core>(conferences));
}

std::uint64_t RingDirectory::attach_reader(std::uint32_t core, std::uint32_t slot) TUTTI_REALTIME {
  CHECK(core < cores_.size() && slot < cores_[core]->rings.capacity());
  cores_[core]->readers[slot].fetch_add(1, std::memory_order_relaxed);
  const mixer::MixRing* ring = find(core, slot);
  return ring == nullptr ? 0 : ring->latest() + 1;  // kNone is the number before 0
}

void RingDirectory::detach_reader(std::uint32_t core, std::uint32_t slot) TUTTI_REALTIME {
  const std::uint32_t before = cores_[core]->readers[slot].fetch_sub(1, std::memory_order_relaxed);
  CHECK(before != 0);
}

mixer::MixRing& RingDirectory::open(std::uint32_t core, std::uint32_t slot) TUTTI_REALTIME {
  Core& owner = *cores_[core];
  DCHECK(slot < owner.rings.capacity());
  if (auto* ring = owner.made[slot].load(std::memory_order_relaxed)) return *ring;
  mixer::MixRing& ring = owner.rings.make(slot);
  // Who finds it finds it whole.
  owner.made[slot].store(&ring, std::memory_order_release);
  return ring;
}

const mixer::MixRing* RingDirectory::find(std::uint32_t core, std::uint32_t slot) const TUTTI_REALTIME {
  const Core& owner = *cores_[core];
  return slot < owner.rings.capacity() ? owner.made[slot].load(std::memory_order_acquire) : nullptr;
}

}  // namespace tutti::core
