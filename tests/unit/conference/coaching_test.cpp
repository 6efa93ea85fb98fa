// Coaching: who is told to whom, and that it ends with either.
#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

class Coached3 : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      dialogs.push_back(world.join("room"));
      ids.push_back(world.id("room", dialogs.back()));
    }
  }
  ConferenceError error_of(const Outcome<>& outcome) {
    EXPECT_FALSE(outcome);
    return outcome ? ConferenceError{255} : outcome.error().error;
  }
  std::size_t ears() { return world.cores[0]->ears.size() + world.cores[1]->ears.size(); }
  std::size_t voices() { return world.cores[0]->voices.size() + world.cores[1]->voices.size(); }

  FocusWorld world;
  std::vector<sip::DialogId> dialogs;
  std::vector<ParticipantId> ids;
};

TEST_F(Coached3, TheCoachIsHeardByItsCoacheesAlone) {
  ASSERT_TRUE(world.control().coach(ids[0], ids[1]));
  world.settle();
  EXPECT_EQ(voices(), 1u);
  EXPECT_EQ(ears(), 1u);
  EXPECT_EQ(world.info("room", dialogs[0]).coachee, ids[1]);
  EXPECT_EQ(world.control().why_silent(ids[0])->stages[7].passed, false);
  using Rows = std::vector<std::vector<bool>>;
  EXPECT_EQ(world.control().who_hears_whom("room")->hears,
            (Rows{{false, true, true}, {true, false, true}, {false, true, false}}));
  ASSERT_TRUE(world.control().coach(ids[0], ids[2]));
  ASSERT_TRUE(world.control().coach(ids[0], ids[2]));
  world.settle();
  EXPECT_EQ(voices(), 1u);
  EXPECT_EQ(ears(), 2u);
  ASSERT_TRUE(world.control().stop_coaching(ids[0]));
  world.settle();
  EXPECT_EQ(voices(), 0u);
  EXPECT_EQ(ears(), 0u);
  EXPECT_EQ(world.info("room", dialogs[0]).coachee, ParticipantId{});
  EXPECT_EQ(error_of(world.control().stop_coaching(ids[0])), ConferenceError::kInvalidState);
}

TEST_F(Coached3, ItEndsWithEither) {
  ASSERT_TRUE(world.control().coach(ids[0], ids[1]));
  ASSERT_TRUE(world.control().coach(ids[0], ids[2]));
  ASSERT_TRUE(world.control().coach(ids[1], ids[2]));
  world.end(dialogs[2]);
  world.settle();
  EXPECT_EQ(voices(), 1u) << "the second coach has nobody left";
  EXPECT_EQ(ears(), 1u);
  ASSERT_TRUE(world.control().create("other", {}));
  ASSERT_TRUE(world.control().move(ids[0], "other"));
  world.settle();
  EXPECT_EQ(voices(), 0u);
  EXPECT_EQ(ears(), 0u);
  world.end(dialogs[0]);
  world.end(dialogs[1]);
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

TEST_F(Coached3, WhatCannotBeIsRefused) {
  EXPECT_EQ(error_of(world.control().coach(ids[0], ids[0])), ConferenceError::kInvalidArgument);
  const auto elsewhere = world.join("other");
  EXPECT_EQ(error_of(world.control().coach(ids[0], world.id("other", elsewhere))),
            ConferenceError::kInvalidArgument);
  const auto joining = world.invite("room");
  EXPECT_EQ(error_of(world.control().coach(ids[0], world.id("room", joining))),
            ConferenceError::kInvalidState);
  ASSERT_TRUE(world.control().kick(ids[1], ""));
  EXPECT_EQ(error_of(world.control().coach(ids[0], ids[1])), ConferenceError::kInvalidState);
}

}  // namespace
}  // namespace tutti::conference
