// Whom a sub-slot's tick will look at, in which order.
#include "dataplane/core/lookahead.h"

#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/net/sim_network.h"
#include "tests/unit/core/room.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;
using Slots = std::vector<std::uint32_t>;

class LookaheadTest : public ::testing::Test {
 protected:
  LookaheadTest() {
    options_.capacity = {kParticipants, kConferences};
    port_ = network_.make_port({.endpoints = kParticipants});
    state_ = std::make_unique<CoreState>(options_, *port_, mailbox_);
    ahead_ = std::make_unique<Lookahead>(*state_);
  }

  Conference& open(std::uint32_t slot, const Slots& members) {
    Conference& conference = state_->conferences.make(slot);
    conference.handle = {slot, 1};
    state_->put_on_wheel(conference, 0);
    for (const std::uint32_t member : members) {
      mailbox::AttachParticipant attach;
      attach.participant = {member, 1};
      attach.media.codec_count = 1;
      state_->participants.make(member, attach, 40ms, base::Instant(), state_->reserves.make(member))
          .conference = slot;
      state_->quiet.begin(member);
      state_->join(conference, member);
    }
    return conference;
  }
  void fall_quiet(std::uint32_t slot) { state_->quiet.look(state_->participants[slot], state_->gate); }
  // Returns how many conferences are due.
  std::uint32_t begin() {
    next_ = 0;
    return ahead_->begin(turn_);
  }
  // The members of the next one, which must be that.
  Slots next(const Conference& conference) {
    EXPECT_EQ(&ahead_->conference(next_), &conference);
    members_ = ahead_->members(next_, next_ + 1);
    ++next_;
    return slots_of(members_);
  }
  // Of the same.
  Slots next_awake() { return slots_of(ahead_->awake(next_ - 1)); }
  // The slots of all that are due.
  Slots all() { return slots_of(ahead_->members(0, begin())); }
  static Slots slots_of(std::span<Participant* const> members) {
    Slots slots;
    for (const Participant* const member : members) slots.push_back(member->handle.slot);
    return slots;
  }

  static constexpr std::uint32_t kParticipants = 128;
  static constexpr std::uint32_t kConferences = 4;
  CoreOptions options_;
  mailbox::Mailbox mailbox_{4};
  net::SimNetwork network_{{.seed = 1}};
  std::unique_ptr<net::PacketPort> port_;
  std::unique_ptr<CoreState> state_;
  std::unique_ptr<Lookahead> ahead_;
  std::span<Participant* const> members_;
  std::uint32_t next_ = 0;
  TickWheel::Turn turn_{.tick = 5};
};

TEST_F(LookaheadTest, TellsEachConferenceItsMembersInTheirOrder) {
  const Conference& first = open(2, {7, 3, 5});
  const Conference& empty = open(0, {});
  const Conference& last = open(1, {4, 100});
  begin();
  EXPECT_EQ(next(first), (Slots{7, 3, 5}));
  EXPECT_EQ(next(empty), Slots{});
  EXPECT_EQ(next(last), (Slots{4, 100}));
}

TEST_F(LookaheadTest, LeavesOutTheConferenceThatIsNotDue) {
  Conference& from_before = open(0, {1, 2});
  from_before.ticking = true;
  from_before.next_position = turn_.position() + 1;
  const Conference& other = open(1, {3});
  begin();
  EXPECT_EQ(next(other), Slots{3});
  EXPECT_EQ(next_awake(), Slots{3});
}

TEST_F(LookaheadTest, TellsOfTheConferenceThatWasNotDueOnceItIs) {
  Conference& from_before = open(0, {1, 2});
  from_before.ticking = true;
  from_before.next_position = turn_.position() + 1;
  open(1, {3});
  EXPECT_EQ(all(), Slots{3});
  ++turn_.tick;
  EXPECT_EQ(all(), (Slots{1, 2, 3}));
}

// What was written down before would still be told otherwise.
TEST_F(LookaheadTest, SeesWhoCameAndWhoWent) {
  Conference& first = open(0, {1, 2, 3});
  EXPECT_EQ(all(), (Slots{1, 2, 3}));
  state_->leave(first, 2);
  EXPECT_EQ(all(), (Slots{1, 3}));
  state_->join(first, 2);
  EXPECT_EQ(all(), (Slots{1, 3, 2}));
  Conference& last = open(1, {4, 5});
  EXPECT_EQ(all(), (Slots{1, 3, 2, 4, 5}));
  state_->take_off_wheel(first);
  EXPECT_EQ(all(), (Slots{4, 5}));
  state_->put_on_wheel(first, 3);
  state_->take_off_wheel(last);
  EXPECT_EQ(all(), Slots{});
  turn_.sub_slot = 3;
  EXPECT_EQ(all(), (Slots{1, 3, 2}));
}

TEST_F(LookaheadTest, TellsOfNobodyWhereAllAreEmpty) {
  const Conference& first = open(0, {});
  const Conference& second = open(1, {});
  EXPECT_EQ(begin(), 2u);
  for (const Conference* const empty : {&first, &second}) {
    EXPECT_EQ(next(*empty), Slots{});
    EXPECT_EQ(next_awake(), Slots{});
  }
}

TEST_F(LookaheadTest, TakesStepsOfSoManyMembersOrALittleMore) {
  open(0, {1, 2, 3});
  open(1, {});
  open(2, {4});
  open(3, {5, 6});
  EXPECT_EQ(begin(), 4u);
  EXPECT_EQ(ahead_->step(0, 1), 1u);
  EXPECT_EQ(ahead_->step(0, 4), 3u);
  EXPECT_EQ(ahead_->step(0, 5), 4u);
  EXPECT_EQ(ahead_->step(1, 1), 3u);
  EXPECT_EQ(ahead_->step(3, 64), 4u);
}

TEST_F(LookaheadTest, TellsWhoIsNotQuiet) {
  const Conference& first = open(0, {1, 2, 3});
  const Conference& quiet = open(1, {4, 5});
  const Conference& last = open(2, {6});
  for (const std::uint32_t slot : {1U, 3U, 4U, 5U}) fall_quiet(slot);
  begin();
  next(first);
  EXPECT_EQ(next_awake(), Slots{2});
  next(quiet);
  EXPECT_EQ(next_awake(), Slots{});
  next(last);
  EXPECT_EQ(next_awake(), Slots{6});
}

TEST_F(LookaheadTest, TellsWhoHasBeenWokenSince) {
  const Conference& first = open(0, {1, 2, 3});
  const Conference& last = open(1, {4, 5, 6});
  for (const std::uint32_t slot : {1U, 3U, 4U, 6U}) fall_quiet(slot);
  begin();
  next(first);
  EXPECT_EQ(next_awake(), Slots{2});
  // As with a packet that is taken within the sub-slot, before its conference is mixed.
  state_->quiet.arrived(4, state_->participants[4], state_->gate.threshold, state_->gate);
  next(last);
  EXPECT_EQ(next_awake(), (Slots{4, 5}));
  begin();
  next(first);
  EXPECT_EQ(next_awake(), Slots{2});
  next(last);
  EXPECT_EQ(next_awake(), (Slots{4, 5}));
  fall_quiet(4);
  begin();
  state_->quiet.wake(state_->participants[3]);
  next(first);
  EXPECT_EQ(next_awake(), (Slots{2, 3}));
  next(last);
  EXPECT_EQ(next_awake(), Slots{5});
  begin();
  state_->quiet.wake_all();
  next(first);
  EXPECT_EQ(next_awake(), (Slots{1, 2, 3}));
}

// Who were all awake are told in one go, until one of them falls quiet.
TEST_F(LookaheadTest, SeesWhoFallsQuietWhereNobodyWas) {
  Slots many;
  for (std::uint32_t slot = 10; slot < 29; ++slot) many.push_back(slot);
  const Conference& first = open(0, many);
  const Conference& last = open(1, {1, 2, 3});
  const auto expect_all = [&] {
    for (int tick = 0; tick < 2; ++tick) {
      begin();
      next(first);
      EXPECT_EQ(next_awake(), many);
      next(last);
      EXPECT_EQ(next_awake(), (Slots{1, 2, 3}));
    }
  };
  expect_all();
  fall_quiet(28);
  fall_quiet(2);
  begin();
  next(first);
  EXPECT_EQ(next_awake(), Slots(many.begin(), many.end() - 1));
  next(last);
  EXPECT_EQ(next_awake(), (Slots{1, 3}));
  for (const std::uint32_t slot : {28U, 2U}) state_->quiet.wake(state_->participants[slot]);
  expect_all();
  EXPECT_FALSE(state_->quiet.anybody(0) || state_->quiet.anybody(1));
}

// More than are fetched ahead: nothing beyond the last is touched.
TEST_F(LookaheadTest, FetchesNothingBeyondTheLast) {
  Slots members;
  for (std::uint32_t slot = 0; slot < 100; ++slot) members.push_back(slot);
  const Conference& conference = open(0, members);
  begin();
  EXPECT_EQ(next(conference), members);
  for (Participant* const& place : ahead_->awake(0)) ahead_->fetch_state(place);
  for (Participant* const& place : members_) ahead_->fetch_outbound(place);
}

}  // namespace
}  // namespace tutti::core
