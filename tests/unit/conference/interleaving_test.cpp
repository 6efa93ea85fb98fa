// Everything that can happen, in any order, with small mailboxes: nothing is lost, doubled or left behind.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "focus_fixture.h"

namespace tutti::conference {
namespace {

using State = FakeDialogs::State;

class Storm {
 public:
  // Cores and shares so small that rooms must sit on several cores, and as several shares on one.
  explicit Storm(std::uint32_t seed)
      : random_(seed),
        world_(config(seed), 2 + seed % 4, 2 + seed % 6, mailbox::CoreCapacity{1 + seed % 4, 3}) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    calm_down();
  }

  std::size_t shares_linked = 0;  // when it was over
  std::size_t linked_on_one_core = 0;
  std::size_t moved = 0;

 private:
  static FocusConfig config(std::uint32_t seed) {
    FocusConfig config;
    config.share_participants = 1 + seed % 2;
    config.rooms.rooms = {{"hall", false, {.max_participants = 5, .entry_tone = true, .exit_tone = true}}};
    config.dial_out = {.allowed = true, .hosts = {"127.0.0.1"}};
    if (seed % 3 == 0) config.rooms.rooms[0].settings.moderator_pin = "12";
    return config;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string room() { return std::vector<std::string>{"hall", "a", "b", "c"}[below(4)]; }
  std::string offer() {
    const std::vector<std::string> offers = {kSdp,
                                             kSdp,
                                             "",
                                             std::string(kSdp) + "a=sendonly\r\n",
                                             std::string(kSdp) + "a=rtcp-mux\r\n",
                                             sdp_with("RTP/AVP 0", "RTP/AVP 18"),
                                             "nonsense"};
    return offers[below(offers.size())];
  }
  // A dialog that is still alive in one of these states; 0 where there is none.
  sip::DialogId pick(std::initializer_list<State> states) {
    std::vector<sip::DialogId> candidates;
    for (const auto dialog : dialogs_) {
      if (std::count(states.begin(), states.end(), world_.state(dialog)) > 0) candidates.push_back(dialog);
    }
    return candidates.empty() ? sip::DialogId{} : candidates[below(candidates.size())];
  }
  ParticipantId pick_participant() {
    const auto participants = world_.focus->control().list_participants(room());
    if (!participants || participants->empty()) return ParticipantId{};
    return (*participants)[below(participants->size())].id;
  }
  ScriptedCore& core() { return *world_.cores[below(world_.cores.size())]; }

  void step();
  void operate(ParticipantId id);
  void acknowledge(sip::DialogId dialog);
  void calm_down();
  void expect_everyone_linked();
  void expect_as_told();

  std::mt19937 random_;
  FocusWorld world_;
  std::vector<sip::DialogId> dialogs_;
};

void Storm::acknowledge(sip::DialogId dialog) {
  // The answer to a delayed offer comes before, unless it is missing.
  if (below(4) > 0) world_.focus->on_answer(dialog, offer());
  if (world_.dialogs[dialog].alive()) world_.acknowledge(dialog);
}

void Storm::operate(ParticipantId id) {
  Control& control = world_.control();
  switch (below(18)) {
    case 0:
      return (void)control.kick(id, "kicked");
    case 1:
      return (void)control.set_muted(id, below(2) == 0);
    case 2:
      return (void)control.set_hold(id, below(2) == 0);
    case 3:
      return (void)control.set_role(id, static_cast<ParticipantRole>(below(3)));
    case 4:
      return (void)control.set_deaf(id, below(2) == 0);
    case 5:
      return (void)control.why_silent(id);
    case 6:
      if (below(4) == 0) return (void)control.stop_coaching(id);
      return (void)control.coach(id, pick_participant());
    case 7:
      return (void)control.set_all_muted(room(), below(2) == 0, below(2) == 0);
    case 8:
      return (void)control.set_status(id, std::vector{ParticipantStatus::kActive, ParticipantStatus::kMuted,
                                                      ParticipantStatus::kOnHold}[below(3)]);
    case 9:
      if (below(4) == 0) return (void)control.kick_all(room(), "all kicked");
      return (void)control.play_tone(id, {});
    case 10:
      return (void)control.stop_play(id);
    default:
      if (control.move(id, room())) ++moved;
  }
}

void Storm::step() {
  switch (below(22)) {
    case 0:
    case 1:
    case 2:
      dialogs_.push_back(world_.invite(room(), offer()));
      break;
    case 3:
    case 4:
      core().run(below(4));
      break;
    case 5:
      core().run();
      break;
    case 6:
    case 7:
      world_.poll();
      break;
    case 8:
      if (const auto dialog = pick({State::kAccepted}); dialog != sip::DialogId{}) acknowledge(dialog);
      break;
    case 9:
      if (const auto dialog = pick({State::kInvited}); dialog != sip::DialogId{}) {
        world_.end(dialog, sip::EndReason::kCancelled);
      }
      break;
    case 10:
      if (const auto dialog = pick({State::kAccepted, State::kEstablished}); dialog != sip::DialogId{}) {
        world_.end(dialog, below(2) == 0 ? sip::EndReason::kRemoteBye : sip::EndReason::kNoAck);
      }
      break;
    case 11:
      if (const auto dialog = pick({State::kEstablished}); dialog != sip::DialogId{}) {
        world_.reinvite(dialog, offer());
      }
      break;
    case 12:
      if (const auto& attached = core().attached(); !attached.empty()) {
        const auto handle = attached.begin()->second.command.participant;
        core().emit(mailbox::MediaTimedOut{handle});  // perhaps of the other core, where it means nobody
      }
      break;
    case 13:
      core().refuse_attaches = static_cast<int>(below(2));
      break;
    case 14:
      if (const auto id = pick_participant(); id != ParticipantId{}) operate(id);
      break;
    case 16:
      if (const auto invited = world_.control().invite(room(), {.uri = "sip:bob@127.0.0.1"})) {
        dialogs_.push_back(invited->dialog);
      }
      break;
    case 17:
      if (const auto dialog = pick({State::kCalling}); dialog != sip::DialogId{}) {
        if (below(3) == 0) {
          world_.decline(dialog, 486, "Busy Here");
        } else {
          world_.answer(dialog, offer());
        }
      }
      break;
    case 18:
      if (const auto dialog = pick({State::kEstablished}); dialog != sip::DialogId{}) {
        if (below(2) == 0) {
          world_.focus->on_answer(dialog, offer());
        } else {
          world_.focus->on_reinvite_rejected(dialog, below(2) == 0 ? 491 : 488, {});
        }
      }
      break;
    case 19: {
      ScriptedCore& one = core();
      if (const auto& attached = one.attached(); !attached.empty()) {
        const auto handle = attached.begin()->second.command.participant;
        if (below(2) == 0) {
          one.emit(mailbox::TalkingChanged{handle, below(2) == 0});
        } else {
          one.emit(mailbox::DigitReceived{handle, "12#*"[below(4)]});
        }
      }
      break;
    }
    case 20: {
      ConferenceSettings settings;
      settings.wait_for_moderator = below(2) == 0;
      settings.hold_music = below(2) == 0;
      settings.end_with_last_moderator = below(4) == 0;
      settings.permanent = true;
      if (below(4) == 0) settings.idle = std::chrono::seconds(1);
      if (below(4) == 0) settings.participant_limit = std::chrono::seconds(1);
      (void)world_.control().update_settings("hall", settings);
      break;
    }
    case 21:
      world_.pass(std::chrono::milliseconds(below(3'000)));
      break;
    default: {
      const std::string name = room();
      const std::size_t what = below(6);
      if (what == 0) (void)world_.focus->control().terminate(name, "");
      if (what == 1) (void)world_.focus->control().lock(name);
      if (what >= 2) (void)world_.focus->control().unlock(name);
    }
  }
  // One endpoint for each participant, no more streams than participants; who has no call is on its way out.
  const Ledger ledger = world_.focus->ledger();
  ASSERT_EQ(ledger.ports, ledger.participants);
  ASSERT_EQ(ledger.ports, world_.media.open());
  ASSERT_LE(ledger.streams, ledger.participants);
  ASSERT_LE(ledger.dialogs, ledger.participants);
}

// Whoever is in a room hears everyone in it, on whichever core: all shares of a room are linked with each
// other, each has someone in it, and nothing else is linked.
void Storm::expect_everyone_linked() {
  using Key = std::pair<std::size_t, std::uint32_t>;  // core, slot
  std::map<Key, std::set<Key>> linked;
  std::map<Key, std::string> room_of;
  for (std::size_t core = 0; core < world_.cores.size(); ++core) {
    for (const auto& [slot, share] : world_.cores[core]->shares()) {
      auto& peers = linked[{core, slot}];
      for (const auto& [number, peer] : share.peers) {
        const auto& there = world_.cores.at(peer.core)->shares();
        const auto found = there.find(peer.share.slot);
        ASSERT_TRUE(found != there.end() && found->second.generation == peer.share.generation);
        EXPECT_EQ(found->second.number, number);
        peers.insert({peer.core, peer.share.slot});
        if (peer.core == core) ++linked_on_one_core;
      }
    }
  }
  for (const auto& conference : world_.focus->control().list_conferences()) {
    const auto participants = world_.focus->control().list_participants(conference.name);
    for (const auto& info : *participants) {
      for (std::size_t core = 0; core < world_.cores.size(); ++core) {
        for (const auto& [slot, who] : world_.cores[core]->attached()) {
          // An endpoint's port is told to the caller: it names the participant.
          if (10'000 + 2 * (who.command.endpoint.rtp % 20'000) != info.local_rtp.port) continue;
          const auto [place, first] =
              room_of.emplace(Key{core, who.command.conference.slot}, conference.name);
          EXPECT_EQ(place->second, conference.name) << "two rooms in one share";
        }
      }
    }
  }
  EXPECT_EQ(room_of.size(), linked.size()) << "a share without anyone in it";
  for (const auto& [share, room] : room_of) {
    std::set<Key> others;
    for (const auto& [other, its_room] : room_of) {
      if (other != share && its_room == room) others.insert(other);
    }
    EXPECT_EQ(linked[share], others) << room;
    shares_linked += others.size();
  }
}

// What is told of each is what its core does with it.
void Storm::expect_as_told() {
  std::map<std::uint16_t, mailbox::MixControls> controls;  // by port
  for (const auto& core : world_.cores) {
    for (const auto& [slot, who] : core->attached()) {
      controls[static_cast<std::uint16_t>(10'000 + 2 * (who.command.endpoint.rtp % 20'000))] = who.mix;
    }
  }
  for (const auto& conference : world_.control().list_conferences()) {
    const auto participants = world_.control().list_participants(conference.name);
    for (const auto& info : *participants) {
      ASSERT_EQ(controls.count(info.local_rtp.port), 1U);
      const mailbox::MixControls& is = controls[info.local_rtp.port];
      const bool out = info.held || info.waiting || info.entering_pin;
      EXPECT_EQ(is.muted, info.muted || out || info.role == ParticipantRole::kListener);
      EXPECT_TRUE(is.deaf || !info.deaf) << "hears though deaf";
      EXPECT_TRUE(!is.deaf || info.deaf || out) << "deaf";
      if (info.coachee == ParticipantId{}) continue;
      const auto coachee = world_.control().find_participant(info.coachee);
      ASSERT_TRUE(coachee);
      EXPECT_EQ(coachee->conference, conference.name);
    }
  }
}

void Storm::calm_down() {
  for (const auto dialog : dialogs_) {
    if (world_.state(dialog) == State::kCalling) world_.decline(dialog, 480, "Gone");
  }
  world_.pass(std::chrono::seconds(10));
  world_.settle();
  // With the storm over, every call is either in or out, and every one that is in has its stream.
  std::size_t alive = 0;
  for (const auto dialog : dialogs_) {
    EXPECT_NE(world_.state(dialog), State::kInvited) << "an INVITE without a final answer";
    if (world_.dialogs[dialog].alive()) ++alive;
  }
  const Ledger ledger = world_.focus->ledger();
  EXPECT_EQ(ledger.dialogs, alive);
  EXPECT_EQ(ledger.participants, alive);
  EXPECT_EQ(ledger.streams, alive);
  EXPECT_EQ(world_.count_attached(), alive);
  expect_everyone_linked();
  expect_as_told();
  for (const auto dialog : dialogs_) {
    if (world_.dialogs[dialog].alive()) world_.end(dialog);
  }
  world_.settle();
  EXPECT_TRUE(world_.focus->ledger().zero());
  EXPECT_EQ(world_.focus->control().list_conferences().size(), 1u) << "only the permanent one";
  for (const auto& one : world_.cores) {
    EXPECT_EQ(one->conferences(), 0u);
    EXPECT_TRUE(one->voices.empty());
    EXPECT_TRUE(one->ears.empty());
  }
}

TEST(Interleaving, AnythingInAnyOrderEndsAtZero) {
  std::size_t shares_linked = 0;
  std::size_t linked_on_one_core = 0;
  std::size_t moved = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Storm storm(seed);
    storm.run(400);
    if (testing::Test::HasFailure()) return;
    shares_linked += storm.shares_linked;
    linked_on_one_core += storm.linked_on_one_core;
    moved += storm.moved;
  }
  EXPECT_GT(moved, 50u);
  EXPECT_GT(shares_linked - linked_on_one_core, 25u) << "rooms larger than a core hardly came up";
  EXPECT_GT(linked_on_one_core, 25u) << "rooms larger than a share hardly came up";
}

TEST(Interleaving, IdsAreNeverUsedTwice) {
  FocusWorld world;
  std::set<ParticipantId> participants;
  std::set<std::string> conferences;
  for (int i = 0; i < 100; ++i) {
    const auto dialog = world.join("room");
    EXPECT_TRUE(participants.insert(world.info("room", dialog).id).second);
    EXPECT_TRUE(conferences.insert(world.focus->control().find_conference("room")->id).second);
    world.end(dialog);
    world.settle();
  }
}

}  // namespace
}  // namespace tutti::conference
