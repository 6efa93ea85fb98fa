// The small nouns of the focus, each by itself.
#include <algorithm>
#include <optional>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "signaling/conference/conference_error.h"
#include "signaling/conference/conference_name.h"
#include "signaling/conference/core_link.h"
#include "signaling/conference/focus_config.h"
#include "signaling/conference/media_mapping.h"
#include "signaling/conference/participant_status.h"
#include "signaling/conference/random_start.h"
#include "signaling/conference/slot_table.h"

namespace tutti::conference {
namespace {

TEST(ConferenceName, IsShortAndClean) {
  for (const char* name : {"room", "1000", "conf_8c1b-44", "a.b", "*98", "R~!'+"}) {
    EXPECT_TRUE(is_conference_name(name)) << name;
  }
  EXPECT_TRUE(is_conference_name(std::string(kConferenceNameBytesMax, 'x')));
  EXPECT_FALSE(is_conference_name(std::string(kConferenceNameBytesMax + 1, 'x')));
  for (const char* name :
       {"", ".", "..", ".hidden", "a b", "a/b", "a\\b", "a\"b", "a\r\nb", "a;b", "b\xC3\xBCro", "a%"}) {
    EXPECT_FALSE(is_conference_name(name)) << name;
  }
}

TEST(ConferenceState, HasTheStepsOfItsDiagramOnly) {
  using S = ConferenceState;
  const std::set<std::pair<S, S>> steps = {{S::kCreating, S::kActive},    {S::kActive, S::kLocked},
                                           {S::kLocked, S::kActive},      {S::kActive, S::kTerminating},
                                           {S::kLocked, S::kTerminating}, {S::kTerminating, S::kTerminated}};
  const auto all = {S::kCreating, S::kActive, S::kLocked, S::kTerminating, S::kTerminated};
  for (const S from : all) {
    for (const S to : all) {
      EXPECT_EQ(may_follow(from, to), steps.count({from, to}) == 1)
          << to_string(from) << " " << to_string(to);
    }
  }
}

TEST(ParticipantStatus, LeftIsFinal) {
  using S = ParticipantStatus;
  const auto all = {S::kJoining, S::kActive, S::kOnHold, S::kMuted, S::kLeaving, S::kLeft};
  for (const S to : all) {
    EXPECT_FALSE(may_follow(S::kLeft, to));
    EXPECT_EQ(may_follow(S::kLeaving, to), to == S::kLeft);
    EXPECT_FALSE(may_follow(to, S::kJoining));
    EXPECT_FALSE(may_follow(to, to));
  }
  for (const S from : {S::kJoining, S::kActive, S::kOnHold, S::kMuted}) {
    EXPECT_TRUE(may_follow(from, S::kLeaving));
    EXPECT_FALSE(may_follow(from, S::kLeft));
  }
}

TEST(SlotTable, TellsTenantsOfOneSlotApart) {
  SlotTable<mailbox::ParticipantHandle, ParticipantId> slots(1);
  const auto first = slots.try_take(ParticipantId{1});
  ASSERT_TRUE(first);
  EXPECT_TRUE(slots.full());
  EXPECT_FALSE(slots.try_take(ParticipantId{2}));
  EXPECT_EQ(*slots.find(*first), ParticipantId{1});
  EXPECT_TRUE(slots.release(*first));
  EXPECT_FALSE(slots.release(*first)) << "once";
  EXPECT_EQ(slots.find(*first), nullptr);
  const auto second = slots.try_take(ParticipantId{2});
  EXPECT_EQ(second->slot, first->slot);
  EXPECT_NE(second->generation, first->generation);
  EXPECT_EQ(slots.find(*first), nullptr) << "a late event names the one who is gone";
  EXPECT_EQ(slots.find({7, 0}), nullptr);
  EXPECT_EQ(slots.in_use(), 1u);
}

TEST(SlotTable, GivesThoseWhoBelongTogetherNeighbours) {
  SlotTable<mailbox::ParticipantHandle, ParticipantId> slots(32);
  std::optional<std::uint32_t> first;
  std::optional<std::uint32_t> second;
  for (std::uint64_t i = 0; i < 8; ++i) {  // two rooms whose callers come in turn
    const auto one = slots.try_take(ParticipantId{2 * i}, first);
    const auto two = slots.try_take(ParticipantId{2 * i + 1}, second);
    EXPECT_EQ(one->slot, 0u + i);
    EXPECT_EQ(two->slot, 8u + i);
    first = one->slot;
    second = two->slot;
  }
  EXPECT_EQ(slots.try_take(ParticipantId{99}, first)->slot, 16u) << "a full run is followed by another";
  EXPECT_EQ(slots.try_take(ParticipantId{100})->slot, 24u);
}

// A core's over DPDK.
TEST(SlotTable, HoldsAsManyAsTheLargestCore) {
  constexpr std::uint32_t kSlots = 131'072;
  SlotTable<mailbox::ParticipantHandle, ParticipantId> slots(kSlots);
  std::vector<bool> taken(kSlots);
  std::vector<mailbox::ParticipantHandle> handles;
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    const auto handle = slots.try_take(ParticipantId{i + 1});
    ASSERT_TRUE(handle);
    ASSERT_FALSE(taken.at(handle->slot));
    taken[handle->slot] = true;
    handles.push_back(*handle);
  }
  EXPECT_TRUE(slots.full());
  EXPECT_FALSE(slots.try_take(ParticipantId{1}));
  for (const auto& handle : handles) ASSERT_TRUE(slots.release(handle));
  EXPECT_EQ(slots.in_use(), 0U);
}

TEST(SlotTable, GivesEverySlotOnceHoweverItIsAsked) {
  for (const std::uint32_t capacity : {1u, 7u, 8u, 9u, 61u, 200u}) {
    const unsigned seed = 20'260 + capacity;
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    SlotTable<mailbox::ParticipantHandle, ParticipantId> slots(capacity);
    std::vector<mailbox::ParticipantHandle> taken;
    std::set<std::uint32_t> tenants;
    for (int step = 0; step < 5'000; ++step) {
      if (random() % 100 < 55) {
        const auto beside = random() % 2 == 0 ? std::optional(random() % capacity) : std::nullopt;
        const auto handle = slots.try_take(ParticipantId{7}, beside);
        ASSERT_EQ(handle.has_value(), taken.size() < capacity);
        if (!handle) continue;
        ASSERT_LT(handle->slot, capacity);
        ASSERT_TRUE(tenants.insert(handle->slot).second) << "slot " << handle->slot << " has a tenant";
        taken.push_back(*handle);
      } else if (!taken.empty()) {
        const std::size_t which = random() % taken.size();
        ASSERT_TRUE(slots.release(taken[which]));
        tenants.erase(taken[which].slot);
        taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(which));
      }
      ASSERT_EQ(slots.in_use(), taken.size());
      ASSERT_EQ(slots.full(), taken.size() == capacity);
    }
  }
}

TEST(RandomStart, LooksRandom) {
  std::set<std::uint32_t> ssrcs;
  std::set<std::array<char, 16>> cnames;
  for (int i = 0; i < 100; ++i) {
    const RandomStart start = draw_random_start();
    ssrcs.insert(static_cast<std::uint32_t>(start.ssrc));
    cnames.insert(start.cname);
    EXPECT_TRUE(std::all_of(start.cname.begin(), start.cname.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/';
    }));
    EXPECT_LT(draw_session_id(), 1ULL << 31);
  }
  EXPECT_EQ(ssrcs.size(), 100u);
  EXPECT_EQ(cnames.size(), 100u);
}

TEST(CoreLink, KeepsTheOrderThroughAFullMailbox) {
  mailbox::Mailbox mailbox(2);
  mailbox::CoreCounters counters;
  CoreLink core({&mailbox, &counters, {8, 8}});
  for (std::uint32_t i = 0; i < 5; ++i) core.post(mailbox::OpenConference{{i, 0}});
  EXPECT_TRUE(core.behind());
  std::vector<std::uint32_t> seen;
  while (seen.size() < 5) {
    std::array<mailbox::CoreCommand, 8> commands;
    const std::size_t count = mailbox.take(commands);
    ASSERT_GT(count, 0u);
    for (std::size_t i = 0; i < count; ++i) {
      seen.push_back(std::get<mailbox::OpenConference>(commands[i]).conference.slot);
    }
    core.flush();
  }
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
  EXPECT_FALSE(core.behind());
}

TEST(FocusConfig, SaysWhatIsWrongWithIt) {
  EXPECT_FALSE(find_fault(FocusConfig{}));
  FocusConfig config;
  config.rooms.rooms = {{"a b", false, {}}};
  EXPECT_NE(find_fault(config)->find("a b"), std::string::npos);
  config.rooms.rooms = {{"a", false, {}}, {"a", true, {}}};
  EXPECT_TRUE(find_fault(config));
  config.rooms.rooms.clear();
  config.media.codecs.clear();
  EXPECT_TRUE(find_fault(config));
  config.media.codecs = {sdp::AudioCodec::kPcma, sdp::AudioCodec::kPcma};
  EXPECT_TRUE(find_fault(config));
  config.media.codecs.pop_back();
  EXPECT_FALSE(find_fault(config));
  config.share_participants = 0;
  EXPECT_TRUE(find_fault(config));
}

TEST(ConferenceError, IsOneNameAndOneStatusOfEachProtocol) {
  const struct {
    ConferenceError error;
    const char* name;
    int sip;
    int http;
  } cases[] = {
      {ConferenceError::kNotFound, "NotFound", 404, 404},
      {ConferenceError::kAlreadyExists, "AlreadyExists", 480, 409},
      {ConferenceError::kInvalidState, "InvalidState", 480, 409},
      {ConferenceError::kCapacityExceeded, "CapacityExceeded", 486, 503},
      {ConferenceError::kNotAllowed, "NotAllowed", 403, 403},
      {ConferenceError::kInvalidArgument, "InvalidArgument", 400, 400},
      {ConferenceError::kNotSupported, "NotSupported", 501, 501},
      {ConferenceError::kTimeout, "Timeout", 408, 504},
      {ConferenceError::kMediaFailed, "MediaFailed", 503, 502},
  };
  ASSERT_EQ(conference_errors().size(), std::size(cases));
  for (const auto& one : cases) {
    EXPECT_EQ(conference_errors()[static_cast<std::size_t>(one.error)], one.error);
    EXPECT_EQ(to_string(one.error), one.name);
    EXPECT_EQ(sip_status(one.error), one.sip) << one.name;
    EXPECT_EQ(http_status(one.error), one.http) << one.name;
  }
}

TEST(MediaMapping, ListensWhileAnOfferWaits) {
  MediaRules rules;
  rules.silence_timeout_s = 7;
  const auto media = listening_parameters(MediaEndpoint{.handles = {1, 2}, .rtp = {}, .rtcp = {}}, rules);
  EXPECT_FALSE(media.may_send);
  EXPECT_TRUE(media.may_receive);
  EXPECT_FALSE(media.remote_rtp.valid());
  EXPECT_EQ(media.codec_count, 2);
  EXPECT_EQ(media.telephone_event, rtp::PayloadType{101});
  EXPECT_EQ(media.silence_timeout_s, 7);
}

}  // namespace
}  // namespace tutti::conference
