#include "focus_fixture.h"

#include <algorithm>
#include <utility>

#include "signaling/sdp/session_description.h"

namespace tutti::conference {

std::string sdp_with(const std::string& from, const std::string& to) {
  std::string text = kSdp;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

void CheckedEvents::emit(ConferenceEvent event) {
  const std::pair who(event.conference, event.participant);
  const EventDetail& detail = event.detail;
  const std::string name(name_of(detail));
  if (std::holds_alternative<ConferenceCreated>(detail)) {
    EXPECT_TRUE(states_.emplace(event.conference, ConferenceState::kCreating).second) << "created twice";
  }
  EXPECT_EQ(states_.count(event.conference), 1u) << name << " of a conference that is not there";
  if (const auto* step = std::get_if<ConferenceStateChanged>(&detail)) {
    EXPECT_EQ(states_[event.conference], step->from);
    EXPECT_TRUE(may_follow(step->from, step->to));
    states_[event.conference] = step->to;
  } else if (const auto* step_of_one = std::get_if<ParticipantStatusChanged>(&detail)) {
    EXPECT_EQ(statuses_[event.participant], step_of_one->from);
    EXPECT_TRUE(may_follow(step_of_one->from, step_of_one->to));
    statuses_[event.participant] = step_of_one->to;
  } else if (std::holds_alternative<ConferenceTerminated>(detail)) {
    EXPECT_EQ(states_[event.conference], ConferenceState::kTerminated);
    for (const auto& [conference, id] : inside_) EXPECT_NE(conference, event.conference) << "somebody is in";
    states_.erase(event.conference);
  } else if (std::holds_alternative<ParticipantJoined>(detail)) {
    EXPECT_TRUE(inside_.insert(who).second) << "joined twice";
  } else if (std::holds_alternative<ParticipantLeft>(detail)) {
    EXPECT_EQ(inside_.erase(who), 1u) << "left without having joined";
    EXPECT_EQ(talking_.count(who), 0u) << "left while talking";
    EXPECT_EQ(with_media_.count(who), 0u) << "left with media";
  } else if (std::holds_alternative<TalkingStarted>(detail)) {
    EXPECT_TRUE(talking_.insert(who).second);
  } else if (std::holds_alternative<TalkingStopped>(detail)) {
    EXPECT_EQ(talking_.erase(who), 1u);
  } else if (std::holds_alternative<ParticipantMediaEstablished>(detail)) {
    EXPECT_TRUE(with_media_.insert(who).second);
  } else if (std::holds_alternative<ParticipantMediaTerminated>(detail)) {
    EXPECT_EQ(with_media_.erase(who), 1u);
  }
  const bool of_one =
      event.participant != ParticipantId{} && !std::holds_alternative<ParticipantLeft>(detail);
  EXPECT_TRUE(!of_one || inside_.count(who) == 1) << name << " of nobody";
  all.push_back(std::move(event));
}

std::vector<std::string> CheckedEvents::names(const std::string& conference) const {
  std::vector<std::string> list;
  for (const ConferenceEvent& event : all) {
    if (event.conference == conference) list.emplace_back(name_of(event.detail));
  }
  return list;
}

FocusWorld::FocusWorld(FocusConfig config, std::size_t core_count, std::size_t mailbox_capacity,
                       mailbox::CoreCapacity capacity) {
  for (std::size_t i = 0; i < core_count; ++i) {
    cores.push_back(std::make_unique<ScriptedCore>(mailbox_capacity, capacity));
    media.add_core(*cores.back());
  }
  focus = std::make_unique<Focus>(media, std::move(config), &events);
  focus->connect(dialogs, dialogs.counters());
  poll();  // from now on the time is the world's
}

sip::DialogId FocusWorld::invite(const std::string& room, const std::string& offer) {
  sip::IncomingInvite invite;
  invite.dialog = dialogs.begin();
  invite.user = room;
  invite.from_uri = caller_uri;
  invite.source = caller;
  invite.from_display = "Caller";
  invite.offer = offer;
  focus->on_invite(invite);
  return invite.dialog;
}

sip::DialogId FocusWorld::join(const std::string& room, const std::string& offer) {
  const sip::DialogId dialog = invite(room, offer);
  settle();
  EXPECT_EQ(state(dialog), FakeDialogs::State::kAccepted);
  if (state(dialog) == FakeDialogs::State::kAccepted) acknowledge(dialog);
  return dialog;
}

void FocusWorld::answer(sip::DialogId dialog, const std::string& sdp) {
  dialogs.establish(dialog);
  focus->on_answer(dialog, sdp);
  if (dialogs[dialog].alive()) focus->on_established(dialog);
}

void FocusWorld::decline(sip::DialogId dialog, int status, const std::string& phrase) {
  dialogs.end(dialog);
  focus->on_ended(dialog, {.reason = sip::EndReason::kRejected, .status = status, .phrase = phrase});
}

ScriptedCore& FocusWorld::core_of(sip::DialogId dialog) {
  const auto& handle = attached(dialog).command.endpoint;
  for (const auto& core : cores) {
    for (const auto& [slot, who] : core->attached()) {
      if (who.command.endpoint == handle) return *core;
    }
  }
  ADD_FAILURE() << "on no core";
  return *cores.front();
}

void FocusWorld::press(sip::DialogId dialog, const std::string& keys) {
  ScriptedCore& core = core_of(dialog);
  const auto handle = attached(dialog).command.participant;
  for (const char key : keys) core.emit(mailbox::DigitReceived{handle, key});
  settle();
}

void FocusWorld::talk(sip::DialogId dialog, bool talking) {
  core_of(dialog).emit(mailbox::TalkingChanged{attached(dialog).command.participant, talking});
  settle();
}

void FocusWorld::latch(sip::DialogId dialog, const base::SocketAddress& source) {
  core_of(dialog).emit(mailbox::SourceLatched{attached(dialog).command.participant, source});
  settle();
}

void FocusWorld::report(sip::DialogId dialog, const mailbox::ReportedState& state) {
  core_of(dialog).reports().begin(attached(dialog).command.participant, state.at);
  core_of(dialog).reports().write(attached(dialog).command.participant, state);
}

void FocusWorld::pass(base::Duration time) {
  run_cores();
  focus->poll(now += time);
  run_cores();
}

void FocusWorld::acknowledge(sip::DialogId dialog) {
  dialogs.establish(dialog);
  focus->on_established(dialog);
}

void FocusWorld::end(sip::DialogId dialog, sip::EndReason reason) {
  dialogs.end(dialog);
  focus->on_ended(dialog, sip::DialogEnd{.reason = reason, .status = 0, .phrase = {}});
}

void FocusWorld::settle() {
  // A join is three hand-overs and a leave is four; a small mailbox needs some more turns for many of them.
  for (int turn = 0; turn < 400; ++turn) {
    run_cores();
    poll();
  }
}

ParticipantInfo FocusWorld::info(const std::string& room, sip::DialogId dialog) {
  const auto participants = focus->control().list_participants(room);
  if (participants) {
    for (const ParticipantInfo& info : *participants) {
      if (info.dialog == dialog) return info;
    }
  }
  ADD_FAILURE() << "no such participant in " << room;
  return {};
}

const ScriptedCore::Attached& FocusWorld::attached(sip::DialogId dialog) {
  // The endpoint's port is in the SDP that this dialog was given, on the one line that is not declined.
  const auto description = sdp::parse(dialogs[dialog].sdp);
  for (const auto& core : cores) {
    for (const auto& [slot, who] : core->attached()) {
      const auto port = static_cast<std::uint16_t>(10'000 + 2 * (who.command.endpoint.rtp % 20'000));
      const auto is_its = [port](const sdp::MediaDescription& media) { return media.port == port; };
      if (description && std::ranges::any_of(description->media, is_its)) return who;
    }
  }
  static const ScriptedCore::Attached kNone{};
  ADD_FAILURE() << "not attached";
  return kNone;
}

std::size_t FocusWorld::count_attached() const {
  std::size_t count = 0;
  for (const auto& core : cores) count += core->attached().size();
  return count;
}

}  // namespace tutti::conference
