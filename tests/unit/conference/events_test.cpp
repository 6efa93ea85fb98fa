// Every event fires, in order; the log of the fixture holds pairs and states against all other tests too.
#include <algorithm>

#include <gmock/gmock.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

TEST(Events, ACallFromItsFirstToItsLast) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.latch(dialog, *base::parse_ip("127.0.0.9", 4444));
  world.talk(dialog, true);
  world.end(dialog);
  world.settle();
  auto names = world.events.names("room");
  names.erase(std::remove(names.begin(), names.end(), "StatsUpdated"), names.end());
  EXPECT_THAT(names, ElementsAre("ConferenceCreated", "ConferenceStateChanged", "ParticipantJoined",
                                 "ParticipantStatusChanged", "ParticipantMediaEstablished", "TalkingStarted",
                                 "ActiveSpeakerChanged", "TalkingStopped", "ActiveSpeakerChanged",
                                 "ParticipantStatusChanged", "ParticipantMediaTerminated",
                                 "ParticipantStatusChanged", "ParticipantLeft", "ConferenceStateChanged",
                                 "ConferenceStateChanged", "ConferenceTerminated"));
  EXPECT_EQ(world.told<ParticipantLeft>()[0].reason, "Hung up");
  EXPECT_EQ(world.told<ParticipantLeft>()[0].info.status, ParticipantStatus::kLeft);
}

TEST(Events, AllElevenOfTheFirstListFire) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.latch(dialog, *base::parse_ip("127.0.0.9", 4444));
  world.pass(seconds(5));
  world.media.fail_with = MediaError::kNoPorts;
  EXPECT_EQ(world.status(world.invite("room")), 503);
  world.cores[0]->emit(mailbox::MediaTimedOut{world.attached(dialog).command.participant});
  world.settle();
  std::set<std::string> fired;
  for (const auto& name : world.events.names("room")) fired.insert(name);
  for (const char* name :
       {"ConferenceCreated", "ConferenceTerminated", "ConferenceStateChanged", "ConferenceError",
        "ParticipantJoined", "ParticipantLeft", "ParticipantStatusChanged", "ParticipantMediaEstablished",
        "ParticipantMediaTerminated", "ParticipantError", "StatsUpdated"}) {
    EXPECT_EQ(fired.count(name), 1u) << name;
  }
  EXPECT_EQ(world.told<ConferenceFailed>()[0].error, ConferenceError::kCapacityExceeded);
  EXPECT_EQ(world.told<ParticipantFailed>()[0].error, ConferenceError::kMediaFailed);
}

TEST(Events, StatisticsComeEachFiveSecondsWhileSomebodyIsIn) {
  FocusWorld world({}, 1);
  ASSERT_TRUE(world.control().create("room", {.permanent = true}));
  world.pass(seconds(20));
  EXPECT_EQ(world.told<StatsUpdated>().size(), 0u);
  const auto dialog = world.join("room");
  for (int i = 0; i < 3; ++i) world.pass(seconds(5));
  EXPECT_EQ(world.told<StatsUpdated>().size(), 3u);
  EXPECT_EQ(world.told<StatsUpdated>()[0].statistics.participants_active, 1u);
  world.end(dialog);
  world.settle();
  const auto before = world.told<StatsUpdated>().size();
  world.pass(seconds(20));
  EXPECT_EQ(world.told<StatsUpdated>().size(), before);
}

TEST(Events, AFloodOfRefusalsIsToldOnceASecond) {
  FocusWorld world({}, 1);
  world.join("room");
  world.media.fail_with = MediaError::kNoPorts;
  for (int i = 0; i < 50; ++i) world.invite("room");
  EXPECT_EQ(world.told<ConferenceFailed>().size(), 1u);
  world.pass(seconds(1));
  world.invite("room");
  EXPECT_EQ(world.told<ConferenceFailed>().size(), 2u);
}

TEST(Events, ANewSourceIsTheEndOfTheOldOne) {
  FocusWorld world({}, 1);
  const auto dialog = world.join("room");
  world.latch(dialog, *base::parse_ip("127.0.0.9", 4444));
  world.latch(dialog, *base::parse_ip("127.0.0.9", 4444));
  EXPECT_EQ(world.told<ParticipantMediaEstablished>().size(), 1u);
  world.latch(dialog, *base::parse_ip("127.0.0.9", 5555));
  EXPECT_EQ(world.told<ParticipantMediaTerminated>().size(), 1u);
  EXPECT_EQ(world.told<ParticipantMediaEstablished>().back().source.port, 5555);
}

TEST(Events, TheActiveSpeakerIsTheOneWhoTalksAndThenTheLoudestOther) {
  FocusWorld world({}, 1);
  std::vector<sip::DialogId> dialogs;
  for (int i = 0; i < 3; ++i) dialogs.push_back(world.join("room"));
  mailbox::ReportedState state;
  state.level_dbov = 30;
  world.report(dialogs[1], state);
  state.level_dbov = 20;
  world.report(dialogs[2], state);
  for (const auto dialog : dialogs) world.talk(dialog, true);
  const auto speakers = [&] {
    std::vector<ParticipantId> list;
    for (const auto& event : world.events.all) {
      if (std::holds_alternative<ActiveSpeakerChanged>(event.detail)) list.push_back(event.participant);
    }
    return list;
  };
  EXPECT_THAT(speakers(), ElementsAre(world.id("room", dialogs[0])));
  world.talk(dialogs[0], false);
  EXPECT_THAT(speakers(), ElementsAre(world.id("room", dialogs[0]), world.id("room", dialogs[2])));
  EXPECT_EQ(world.control().statistics("room")->talkers, 2u);
  EXPECT_EQ(world.control().statistics("room")->loudest, world.id("room", dialogs[2]));
}

TEST(Events, TwoThousandAreKickedAtOnceAndEachIsTold) {
  constexpr std::size_t kMany = 2'000;
  FocusConfig config;
  config.admission.by_headroom = false;
  FocusWorld world(config, 1, 256, {kMany, 16});
  std::vector<sip::DialogId> dialogs;
  for (std::size_t i = 0; i < kMany; ++i) {
    dialogs.push_back(world.invite("room"));
    if (i % 100 == 99) world.pass(std::chrono::milliseconds(5));
  }
  world.settle();
  for (const auto dialog : dialogs) world.acknowledge(dialog);
  ASSERT_EQ(world.control().list_participants("room")->size(), kMany);
  ASSERT_TRUE(world.control().kick_all("room", "All"));
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
  EXPECT_EQ(world.told<ParticipantLeft>().size(), kMany);
  EXPECT_EQ(world.events.names("room").back(), "ConferenceTerminated");
  EXPECT_EQ(world.told<ConferenceTerminated>()[0].final_statistics.participants_total, kMany);
}

TEST(Events, TenRoomsWithFiveJoinsEachAtOnce) {
  FocusWorld world({}, 2);
  std::vector<sip::DialogId> dialogs;
  for (int join = 0; join < 5; ++join) {
    for (int room = 0; room < 10; ++room) dialogs.push_back(world.invite("room" + std::to_string(room)));
  }
  world.settle();
  for (const auto dialog : dialogs) {
    ASSERT_EQ(world.state(dialog), FakeDialogs::State::kAccepted);
    world.acknowledge(dialog);
  }
  for (int room = 0; room < 10; ++room) {
    const auto names = world.events.names("room" + std::to_string(room));
    EXPECT_EQ(std::count(names.begin(), names.end(), "ParticipantJoined"), 5);
    EXPECT_EQ(names.front(), "ConferenceCreated");
  }
  for (const auto dialog : dialogs) world.end(dialog);
  world.settle();
  EXPECT_TRUE(world.focus->ledger().zero());
}

}  // namespace
}  // namespace tutti::conference
