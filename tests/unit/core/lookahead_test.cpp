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
    state_->sub_slots[0].append(slot, state_->wheel_links());
    for (const std::uint32_t member : members) {
      mailbox::AttachParticipant attach;
      attach.participant = {member, 1};
      attach.media.codec_count = 1;
      state_->participants.make(member, attach, 40ms, base::Instant(), state_->reserves.make(member));
      state_->quiet.begin(member);
      state_->join(conference, member);
    }
    return conference;
  }
  void fall_quiet(std::uint32_t slot) { state_->quiet.look(state_->participants[slot], state_->gate); }
  void begin() { ahead_->begin(state_->sub_slots[0].first(), turn_); }
  Slots next(const Conference& conference) {
    members_ = ahead_->next(conference);
    return slots_of(members_);
  }
  Slots next_awake() { return slots_of(ahead_->next_awake(members_)); }
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
  const TickWheel::Turn turn_{.tick = 5};
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

// More than are fetched ahead: nothing beyond the last is touched.
TEST_F(LookaheadTest, FetchesNothingBeyondTheLast) {
  Slots members;
  for (std::uint32_t slot = 0; slot < 100; ++slot) members.push_back(slot);
  const Conference& conference = open(0, members);
  begin();
  EXPECT_EQ(next(conference), members);
  for (Participant* const& place : ahead_->next_awake(members_)) ahead_->fetch_state(place);
  for (Participant* const& place : members_) ahead_->fetch_outbound(place);
}

}  // namespace
}  // namespace tutti::core
