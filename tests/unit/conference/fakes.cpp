#include "fakes.h"

#include <array>
#include <span>
#include <utility>
#include <variant>

#include <gtest/gtest.h>

namespace tutti::conference {

sip::DialogId FakeDialogs::begin() {
  const sip::DialogId id{dialogs_.size() + 1};
  dialogs_[id];
  counters_.dialogs.add(1);
  return id;
}

void FakeDialogs::die(Dialog& dialog, State state) {
  dialog.state = state;
  counters_.dialogs.add(-1);
}

void FakeDialogs::establish(sip::DialogId id) {
  dialogs_.at(id).state = State::kEstablished;
}
void FakeDialogs::end(sip::DialogId id) {
  die(dialogs_.at(id), State::kEnded);
}

void FakeDialogs::accept(sip::DialogId id, base::SharedText sdp) {
  Dialog& dialog = dialogs_.at(id);
  EXPECT_EQ(dialog.state, State::kInvited) << "accepted twice, or when it was over";
  dialog.state = State::kAccepted;
  dialog.sdp = sdp.str();
}

void FakeDialogs::reject(sip::DialogId id, const sip::Rejection& rejection) {
  Dialog& dialog = dialogs_.at(id);
  EXPECT_EQ(dialog.state, State::kInvited);
  dialog.rejection = rejection;
  die(dialog, State::kRejected);
}

void FakeDialogs::accept_reinvite(sip::DialogId id, base::SharedText sdp) {
  Dialog& dialog = dialogs_.at(id);
  EXPECT_TRUE(dialog.alive());
  ++dialog.accepted_reinvites;
  dialog.sdp = sdp.str();
}

void FakeDialogs::reject_reinvite(sip::DialogId id, const sip::Rejection& rejection) {
  dialogs_.at(id).rejected_reinvites.push_back(rejection);
}

bool FakeDialogs::reinvite(sip::DialogId id, base::SharedText offer) {
  Dialog& dialog = dialogs_.at(id);
  EXPECT_EQ(dialog.state, State::kEstablished);
  if (!dialog.busy) dialog.reinvites.push_back(offer.str());
  return !dialog.busy;
}

base::Result<sip::DialogId, sip::SipError> FakeDialogs::invite(const sip::OutgoingInvite& invite) {
  EXPECT_FALSE(invite.offer.empty());
  if (refuse_invites) return base::unexpected(*refuse_invites);
  last_called = begin();
  Dialog& dialog = dialogs_.at(last_called);
  dialog.state = State::kCalling;
  dialog.sdp = invite.offer.str();
  dialog.invite = invite;
  return last_called;
}

void FakeDialogs::hang_up(sip::DialogId id, const std::string& reason) {
  Dialog& dialog = dialogs_.at(id);
  EXPECT_TRUE(dialog.alive()) << "hung up on a call that was over";
  dialog.reason = reason;
  die(dialog, State::kHungUp);
}

bool ScriptedCore::holds(const mailbox::ParticipantHandle& handle) const {
  const auto found = attached_.find(handle.slot);
  return found != attached_.end() && found->second.command.participant == handle;
}

void ScriptedCore::take(const mailbox::CoreCommand& command) {
  if (const auto* open = std::get_if<mailbox::OpenConference>(&command)) {
    EXPECT_LT(open->conference.slot, capacity_.conferences);
    max_talkers = open->max_talkers;
    EXPECT_TRUE(
        open_.emplace(open->conference.slot, Share{open->conference.generation, open->number, true, {}})
            .second);
  } else if (const auto* close = std::get_if<mailbox::CloseConference>(&command)) {
    EXPECT_EQ(open_.at(close->conference.slot).generation, close->conference.generation);
    for (const auto& [slot, who] : attached_) EXPECT_NE(who.command.conference, close->conference);
    open_.erase(close->conference.slot);
    emit(mailbox::ConferenceClosed{close->conference});
  } else if (const auto* link = std::get_if<mailbox::LinkShare>(&command)) {
    Share& share = open_.at(link->conference.slot);
    EXPECT_EQ(share.generation, link->conference.generation);
    EXPECT_NE(link->peer, share.number);
    EXPECT_LT(link->peer, mailbox::kSharesMax);
    EXPECT_TRUE(share.peers.emplace(link->peer, Peer{link->core, link->share}).second) << "linked twice";
  } else if (const auto* unlink = std::get_if<mailbox::UnlinkShare>(&command)) {
    Share& share = open_.at(unlink->conference.slot);
    EXPECT_EQ(share.generation, unlink->conference.generation);
    EXPECT_EQ(share.peers.erase(unlink->peer), 1u) << "not linked";
  } else if (const auto* attach = std::get_if<mailbox::AttachParticipant>(&command)) {
    EXPECT_LT(attach->participant.slot, capacity_.participants);
    EXPECT_EQ(ready.count(attach->participant.slot), 1u) << "the core would wait for its memory";
    EXPECT_EQ(attached_.count(attach->participant.slot), 0u) << "the slot has a tenant";
    EXPECT_EQ(open_.at(attach->conference.slot).generation, attach->conference.generation);
    EXPECT_TRUE(attach->media.rtcp_mux || attach->endpoint.rtcp != base::EndpointHandles::kNone);
    if (refuse_attaches > 0) {
      --refuse_attaches;
      return emit(mailbox::ParticipantDetached{attach->participant, true, {}});
    }
    attached_[attach->participant.slot] = {*attach, attach->media, attach->mix, 0};
    counters_.participants.add(1);
    emit(mailbox::ParticipantAttached{attach->participant});
  } else if (const auto* update = std::get_if<mailbox::UpdateListening>(&command)) {
    listening.push_back(update->listening);
  } else if (const auto* media = std::get_if<mailbox::UpdateMedia>(&command)) {
    if (!holds(media->participant)) return;
    const auto& endpoint = attached_[media->participant.slot].command.endpoint;
    EXPECT_TRUE(media->media.rtcp_mux || endpoint.rtcp != base::EndpointHandles::kNone)
        << "RTCP from a port that is not there";
    attached_[media->participant.slot].media = media->media;
    ++attached_[media->participant.slot].updates;
  } else if (const auto* mix = std::get_if<mailbox::UpdateMix>(&command)) {
    if (holds(mix->participant)) attached_[mix->participant.slot].mix = mix->mix;
  } else if (const auto* room = std::get_if<mailbox::UpdateConference>(&command)) {
    Share& share = open_.at(room->conference.slot);
    EXPECT_EQ(share.generation, room->conference.generation);
    share.mixing = room->mixing;
    max_talkers = room->max_talkers;
  } else if (const auto* move = std::get_if<mailbox::MoveParticipant>(&command)) {
    EXPECT_EQ(open_.at(move->conference.slot).generation, move->conference.generation);
    if (!holds(move->participant)) return;
    attached_[move->participant.slot].command.conference = move->conference;
    emit(mailbox::ParticipantMoved{move->participant, move->conference});
  } else if (const auto* play = std::get_if<mailbox::PlayTone>(&command)) {
    tones.push_back(*play);
  } else if (const auto* stop = std::get_if<mailbox::StopTone>(&command)) {
    stopped_tones.push_back(*stop);
  } else if (const auto* start = std::get_if<mailbox::StartCoaching>(&command)) {
    EXPECT_EQ(open_.count(start->voice.slot), 0u) << "the voice's slot is a conference's";
    EXPECT_TRUE(voices.emplace(start->voice.slot, start->coach).second);
  } else if (const auto* silence = std::get_if<mailbox::StopCoaching>(&command)) {
    EXPECT_EQ(voices.erase(silence->voice.slot), 1u);
    emit(mailbox::ConferenceClosed{silence->voice});
  } else if (const auto* hear = std::get_if<mailbox::HearCoach>(&command)) {
    ears.insert({hear->participant.slot, hear->voice.slot});
  } else if (const auto* deafen = std::get_if<mailbox::EndHearingCoach>(&command)) {
    EXPECT_EQ(ears.erase({deafen->participant.slot, deafen->voice.slot}), 1u);
  } else if (const auto* detach = std::get_if<mailbox::DetachParticipant>(&command)) {
    drop(detach->participant);
  }
}

void ScriptedCore::drop(mailbox::ParticipantHandle handle) {
  if (!holds(handle)) return;
  attached_.erase(handle.slot);
  counters_.participants.add(-1);
  mailbox::ParticipantTotals totals;
  if (const auto report = reports_.read(handle)) {
    totals = {.packets_received = report->packets_received,
              .packets_sent = report->packets_sent,
              .packets_lost = report->packets_lost,
              .packets_dropped = report->packets_dropped(),
              .frames_concealed = report->frames_concealed};
  }
  emit(mailbox::ParticipantDetached{handle, false, totals});
}

void ScriptedCore::run(std::size_t commands) {
  std::array<mailbox::CoreCommand, 16> batch;
  while (commands > 0) {
    const std::size_t count = mailbox_.take(std::span(batch).first(std::min(commands, batch.size())));
    for (std::size_t i = 0; i < count; ++i) take(batch[i]);
    if (count == 0) break;
    commands -= count;
  }
  while (!events_.empty() && mailbox_.try_emit(events_.front())) events_.pop_front();
}

}  // namespace tutti::conference
