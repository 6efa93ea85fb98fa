// A conference that is larger than a core: its shares are opened, linked and closed as callers come and go.
#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

TEST(Seating, WhoFindsACoreFullGoesToTheNextAndIsLinked) {
  FocusWorld world({}, 3, 256, mailbox::CoreCapacity{2, 4});
  std::vector<sip::DialogId> dialogs;
  for (int i = 0; i < 6; ++i) dialogs.push_back(world.join("hall"));
  for (std::uint32_t core = 0; core < 3; ++core) {
    ASSERT_EQ(world.cores[core]->attached().size(), 2u);
    ASSERT_EQ(world.cores[core]->shares().size(), 1u);
    const auto& share = world.cores[core]->shares().begin()->second;
    EXPECT_EQ(share.peers.size(), 2u);
    for (std::uint32_t peer = 0; peer < 3; ++peer) {
      if (peer == core) continue;
      const auto& [slot, there] = *world.cores[peer]->shares().begin();
      EXPECT_EQ(share.peers.at(peer), (mailbox::ConferenceHandle{slot, there.generation}));
    }
  }
  EXPECT_EQ(world.focus->ledger().rooms, 3u);
  // The seventh is one too many for the host, not for the room.
  const auto refused = world.invite("hall");
  world.settle();
  EXPECT_EQ(world.status(refused), 503);
  // Those on the first core leave: their share goes, the others stay linked.
  world.end(dialogs[0]);
  world.settle();
  EXPECT_EQ(world.focus->ledger().rooms, 3u);
  world.end(dialogs[1]);
  world.settle();
  EXPECT_EQ(world.focus->ledger().rooms, 2u);
  EXPECT_EQ(world.cores[0]->conferences(), 0u);
  EXPECT_EQ(world.cores[1]->shares().begin()->second.peers.size(), 1u);
  EXPECT_EQ(world.cores[2]->shares().begin()->second.peers.count(1), 1u);
  // Somebody comes: the free core gets a new share.
  world.join("hall");
  EXPECT_EQ(world.cores[0]->shares().begin()->second.peers.size(), 2u);
  EXPECT_EQ(world.cores[1]->shares().begin()->second.peers.size(), 2u);
  ASSERT_TRUE(world.focus->terminate("hall"));
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST(Seating, ARoomStaysWhereItSitsThoughThatCoreHasNoSlotForAnother) {
  FocusWorld world({}, 2, 256, mailbox::CoreCapacity{8, 1});
  world.join("a");
  world.join("b");
  for (int i = 0; i < 3; ++i) {
    world.join("a");
    world.join("b");
  }
  for (const auto& core : world.cores) {
    EXPECT_EQ(core->attached().size(), 4u);
    EXPECT_TRUE(core->shares().begin()->second.peers.empty());
  }
}

TEST(Seating, OneWhomTheNetworkRefusesLeavesNoShareBehind) {
  FocusWorld world({}, 2, 256, mailbox::CoreCapacity{1, 4});
  world.join("hall");
  for (const auto& core : world.cores) core->refuse_attaches = 1;
  const auto dialog = world.invite("hall");
  world.settle();
  EXPECT_EQ(world.state(dialog), State::kRejected);
  EXPECT_EQ(world.focus->ledger().rooms, 1u);
  for (const auto& core : world.cores) {
    for (const auto& [slot, share] : core->shares()) EXPECT_TRUE(share.peers.empty());
  }
}

}  // namespace
}  // namespace tutti::conference
