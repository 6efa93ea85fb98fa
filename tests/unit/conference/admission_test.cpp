// Who is let in and who is not, as the cores say what they used of their time.
#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

TEST(Admission, AHostWithoutHeadroomAnswers503BeforeItReadsTheOffer) {
  FocusWorld world({}, 1);
  world.poll();
  const auto first = world.join("room");
  world.cores[0]->set_used(810);
  const auto refused = world.invite("room", "no SDP at all");
  EXPECT_EQ(world.status(refused), 503);
  EXPECT_GE(world.dialogs[refused].rejection.retry_after, std::chrono::seconds(5));
  EXPECT_LE(world.dialogs[refused].rejection.retry_after, std::chrono::seconds(10));
  EXPECT_EQ(world.status(world.invite("other")), 503);
  EXPECT_EQ(world.focus->refused_for_load(), 2u);
  EXPECT_EQ(world.media.open(), 1u) << "no port was opened for them";
  EXPECT_EQ(world.state(first), State::kEstablished) << "who is in stays in";
}

TEST(Admission, TheUserAgentIsToldToRefuseAtOnce) {
  FocusWorld world({}, 2);
  world.poll();
  EXPECT_EQ(world.focus->overloaded(true), std::nullopt);
  world.join("a");
  world.join("b");
  world.cores[0]->set_used(900);
  EXPECT_EQ(world.focus->overloaded(true), std::nullopt) << "the other core has headroom";
  world.cores[1]->set_used(900);
  std::set<std::chrono::seconds> waits;
  for (int i = 0; i < 100; ++i) {
    const auto wait = world.focus->overloaded(true);
    ASSERT_TRUE(wait);
    waits.insert(*wait);
  }
  EXPECT_TRUE(world.focus->overloaded(false));
  EXPECT_EQ(waits.size(), 6u) << "5 to 10 seconds: not all shall come again at once";
  EXPECT_EQ(world.focus->refused_for_load(), 100u) << "of calls, and not of OPTIONS";
}

TEST(Admission, OpensAgainAfterLeaves) {
  FocusWorld world({}, 1);
  world.poll();
  const auto first = world.join("room");
  world.cores[0]->set_used(810);
  EXPECT_EQ(world.status(world.invite("room")), 503);
  world.cores[0]->set_used(770);
  EXPECT_EQ(world.status(world.invite("room")), 503) << "not at the first sign";
  world.end(first);
  world.cores[0]->set_used(600);
  world.settle();
  world.join("room");
}

TEST(Admission, OffAdmitsUntilTheSlotsAreFull) {
  FocusConfig config;
  config.admission.by_headroom = false;
  FocusWorld world(config, 1, 256, {3, 3});
  world.poll();
  world.cores[0]->set_used(5'000);
  for (int i = 0; i < 3; ++i) world.join("room");
  EXPECT_EQ(world.status(world.invite("room")), 503);
}

TEST(Admission, ABurstThatNothingMeasuredYetIsShared) {
  FocusWorld world({}, 2, 4'096, {4'096, 4'096});
  world.poll();
  std::size_t refused = 0;
  for (int i = 0; i < 4'000; ++i) {
    refused += world.status(world.invite("room" + std::to_string(i / 8))) == 503 ? 1U : 0U;
  }
  world.settle();
  const std::size_t first = world.cores[0]->attached().size();
  const std::size_t second = world.cores[1]->attached().size();
  EXPECT_EQ(first + second + refused, 4'000u);
  EXPECT_NEAR(static_cast<double>(first), static_cast<double>(second), 60);
  EXPECT_LT(first, 1'400u);
  EXPECT_GT(first, 1'000u);
}

}  // namespace
}  // namespace tutti::conference
