#include "dataplane/core/slot_list.h"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace tutti::core {
namespace {

TEST(SlotList, IsAPlainListUnderRandomJoinsAndLeaves) {
  constexpr std::uint32_t kSlots = 32;
  std::array<SlotLinks, kSlots> links;
  const auto links_of = [&](std::uint32_t slot) -> SlotLinks& { return links[slot]; };
  SlotList list;
  std::vector<std::uint32_t> model;
  std::mt19937 random(5);
  for (int step = 0; step < 5'000; ++step) {
    const std::uint32_t slot = random() % kSlots;
    const auto found = std::find(model.begin(), model.end(), slot);
    if (found == model.end()) {
      list.append(slot, links_of);
      model.push_back(slot);
    } else {
      list.remove(slot, links_of);
      model.erase(found);
    }
    std::vector<std::uint32_t> walked;
    for (auto s = list.first(); s != kNoSlot; s = links[s].next) walked.push_back(s);
    ASSERT_EQ(walked, model) << "step " << step;
    ASSERT_EQ(list.size(), model.size());
  }
}

}  // namespace
}  // namespace tutti::core
