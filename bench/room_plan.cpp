#include "bench/room_plan.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/mailbox/handles.h"

namespace tutti::bench {

RoomPlan::RoomPlan(std::uint32_t participants, bool one_room)
    : participants_(participants),
      one_room_(one_room),
      share_size_(one_room_
                      ? std::max(kShare, (participants_ + mailbox::kSharesMax - 1) / mailbox::kSharesMax)
                      : kRoom) {
  CHECK(participants_ >= kTalkers * kRoom && participants_ % kRoom == 0);
}

std::vector<std::uint32_t> RoomPlan::listened() const {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < kTalkers; ++i) {
    const std::uint32_t first = talker(i) / kRoom * kRoom;
    for (std::uint32_t member = 0; member < kRoom; ++member) all.push_back(first + member);
  }
  return all;
}

std::vector<std::uint32_t> RoomPlan::talkers_beside(std::uint32_t caller) const {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < (one_room_ ? kTalkers : kRoom); ++i) {
    const std::uint32_t other = one_room_ ? talker(i) : caller / kRoom * kRoom + i;
    if (other != caller) all.push_back(other);
  }
  return all;
}

}  // namespace tutti::bench
