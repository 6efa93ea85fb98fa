#include "focus_fixture.h"

#include <utility>

#include "signaling/sdp/session_description.h"

namespace tutti::conference {

std::string sdp_with(const std::string& from, const std::string& to) {
  std::string text = kSdp;
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

FocusWorld::FocusWorld(FocusConfig config, std::size_t core_count, std::size_t mailbox_capacity,
                       mailbox::CoreCapacity capacity) {
  for (std::size_t i = 0; i < core_count; ++i) {
    cores.push_back(std::make_unique<ScriptedCore>(mailbox_capacity, capacity));
    media.add_core(*cores.back());
  }
  focus = std::make_unique<Focus>(media, std::move(config));
  focus->connect(dialogs, dialogs.counters());
}

sip::DialogId FocusWorld::invite(const std::string& room, const std::string& offer) {
  sip::IncomingInvite invite;
  invite.dialog = dialogs.begin();
  invite.user = room;
  invite.from_uri = "sip:caller@127.0.0.1";
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
  // The endpoint's port is in the SDP that this dialog was given.
  const auto description = sdp::parse(dialogs[dialog].sdp);
  for (const auto& core : cores) {
    for (const auto& [slot, who] : core->attached()) {
      const auto port = static_cast<std::uint16_t>(10'000 + 2 * (who.command.endpoint.rtp % 20'000));
      if (description && description->media[0].port == port) return who;
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
