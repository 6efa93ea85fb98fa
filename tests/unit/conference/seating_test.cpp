// A conference that is larger than a share or than a core: its shares are opened, linked and closed as
// callers come and go.
#include <map>
#include <utility>
#include <vector>

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
      EXPECT_EQ(share.peers.at(peer).core, peer);
      EXPECT_EQ(share.peers.at(peer).share, (mailbox::ConferenceHandle{slot, there.generation}));
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
  ASSERT_TRUE(world.focus->control().terminate("hall", ""));
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

FocusConfig with_shares_of(std::size_t participants) {
  FocusConfig config;
  config.share_participants = participants;
  return config;
}

// How many are attached to each share of a core, by its number.
std::map<std::uint32_t, std::size_t> members(const ScriptedCore& core) {
  std::map<std::uint32_t, std::size_t> members;
  for (const auto& [slot, share] : core.shares()) members[share.number];
  for (const auto& [slot, who] : core.attached()) {
    ++members[core.shares().at(who.command.conference.slot).number];
  }
  return members;
}

using Members = std::map<std::uint32_t, std::size_t>;

TEST(Seating, ARoomThatOutgrowsAShareGetsAnotherOnTheSameCore) {
  FocusWorld world(with_shares_of(2), 1, 256, mailbox::CoreCapacity{64, 8});
  std::vector<sip::DialogId> dialogs;
  for (int i = 0; i < 7; ++i) dialogs.push_back(world.join("hall"));
  EXPECT_EQ(members(*world.cores[0]), (Members{{0, 2}, {1, 2}, {2, 2}, {3, 1}}));
  for (const auto& [slot, share] : world.cores[0]->shares()) {
    EXPECT_EQ(share.peers.size(), 3u);
    for (const auto& [number, peer] : share.peers) {
      EXPECT_EQ(peer.core, 0u);
      EXPECT_EQ(world.cores[0]->shares().at(peer.share.slot).number, number);
    }
  }
  EXPECT_EQ(world.focus->ledger().rooms, 4u);
  // Another room is not affected, and one who leaves makes room in that share.
  world.join("other");
  world.end(dialogs[2]);
  world.settle();
  world.join("hall");
  world.join("hall");
  EXPECT_EQ(world.focus->ledger().rooms, 5u) << "no new share while one has room";
  // A share that both leave is closed; the next one that is opened has a number of which nothing is heard.
  world.end(dialogs[0]);
  world.end(dialogs[1]);
  world.settle();
  EXPECT_EQ(world.focus->ledger().rooms, 4u);
  world.join("hall");
  const auto now = members(*world.cores[0]);
  EXPECT_EQ(now.at(0), 1u) << "of the other room's share";
  EXPECT_EQ(now.at(4), 1u);
  EXPECT_EQ(world.focus->ledger().rooms, 5u);
  for (const auto& [slot, share] : world.cores[0]->shares()) {
    EXPECT_TRUE(share.peers.size() == 3 || share.peers.empty());
  }
  ASSERT_TRUE(world.focus->control().terminate("hall", ""));
  ASSERT_TRUE(world.focus->control().terminate("other", ""));
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST(Seating, OfSharesThatHaveRoomTheEmptiestIsFilled) {
  FocusWorld world(with_shares_of(3), 1, 256, mailbox::CoreCapacity{64, 8});
  std::vector<sip::DialogId> dialogs;
  for (int i = 0; i < 6; ++i) dialogs.push_back(world.join("hall"));
  world.end(dialogs[0]);
  world.end(dialogs[3]);
  world.end(dialogs[4]);
  world.settle();
  EXPECT_EQ(members(*world.cores[0]), (Members{{0, 2}, {1, 1}}));
  world.join("hall");
  EXPECT_EQ(members(*world.cores[0]), (Members{{0, 2}, {1, 2}}));
}

TEST(Seating, ACoreWithoutASlotForTheNextShareTakesNobodyMoreOfTheRoom) {
  FocusWorld world(with_shares_of(2), 2, 256, mailbox::CoreCapacity{64, 2});
  for (int i = 0; i < 8; ++i) world.join("hall");
  EXPECT_EQ(members(*world.cores[0]), (Members{{0, 2}, {1, 2}}));
  EXPECT_EQ(members(*world.cores[1]), (Members{{2, 2}, {3, 2}}));
  const auto refused = world.invite("hall");
  world.settle();
  EXPECT_EQ(world.status(refused), 503);
  const auto another_room = world.invite("other");
  world.settle();
  EXPECT_EQ(world.status(another_room), 503);
  EXPECT_EQ(world.count_attached(), 8u);
}

TEST(Seating, ARoomHasNoMoreSharesThanThereMayBe) {
  FocusWorld world(with_shares_of(1), 2, 8'192, mailbox::CoreCapacity{128, 128});
  std::vector<sip::DialogId> dialogs;
  for (std::uint32_t i = 0; i < mailbox::kSharesMax; ++i) {
    dialogs.push_back(world.invite("hall"));
    world.run_cores();
    world.poll();
  }
  world.settle();
  const auto refused = world.invite("hall");
  world.settle();
  EXPECT_EQ(world.status(refused), 503);
  for (const auto& core : world.cores) {
    for (const auto& [slot, share] : core->shares()) EXPECT_EQ(share.peers.size(), mailbox::kSharesMax - 1);
  }
  world.end(dialogs[17]);
  world.settle();
  world.join("hall");
  world.join("other");
  EXPECT_EQ(world.focus->ledger().rooms, mailbox::kSharesMax + 1);
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
