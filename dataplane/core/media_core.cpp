#include "dataplane/core/media_core.h"

#include <array>
#include <variant>

#include "dataplane/base/check.h"

namespace tutti::core {

MediaCore::MediaCore(const Options& options, net::PacketPort& port, mailbox::Mailbox& mailbox)
    : state_(options, port, mailbox),
      reporting_(state_),
      reception_(state_, reporting_),
      moves_(state_),
      ticker_(state_, reception_, reporting_, moves_),
      load_(state_.options, state_.counters) {}

base::Instant MediaCore::run_once(base::Instant now) TUTTI_REALTIME {
  load_.begin_turn(now);
  state_.outbox.flush();
  take_commands(now);
  reception_.run();
  take_detached();
  const std::uint32_t sub_slots = ticker_.run(now);
  count_network_drops();
  load_.end_turn(sub_slots);
  return state_.wheel.next_due();
}

void MediaCore::take_commands(base::Instant now) TUTTI_REALTIME {
  // Two events at most come of a command: it is done, and somebody does not talk any more.
  if (state_.outbox.room() < 2 * kCommandsPerTurn) return;
  const std::size_t count = state_.mailbox.take(commands_);
  for (std::size_t i = 0; i < count; ++i) {
    std::visit([&](const auto& command) { obey(command, now); }, commands_[i]);
  }
}

void MediaCore::obey(const mailbox::OpenConference& command, base::Instant) TUTTI_REALTIME {
  const std::uint32_t slot = command.conference.slot;
  CHECK(slot < state_.conferences.capacity() && !state_.conference_present[slot] &&
        command.number < mailbox::kSharesMax);
  Conference& conference = state_.conferences.make(slot);
  state_.conference_present[slot] = true;
  conference.handle = command.conference;
  conference.max_talkers = command.max_talkers;
  conference.number = static_cast<std::uint8_t>(command.number);
  state_.put_on_wheel(conference, state_.least_crowded());
  state_.counters.conferences.add(1);
}

void MediaCore::obey(const mailbox::CloseConference& command, base::Instant) TUTTI_REALTIME {
  Conference* conference = state_.find(command.conference);
  CHECK(conference != nullptr && conference->members.empty());
  state_.take_off_wheel(*conference);
  state_.peers.close(*conference);
  state_.tones.release(conference->tones);
  state_.conference_present[command.conference.slot] = false;
  state_.counters.conferences.add(-1);
  state_.outbox.put(mailbox::ConferenceClosed{command.conference});
}

void MediaCore::obey(const mailbox::LinkShare& command, base::Instant) TUTTI_REALTIME {
  Conference* conference = state_.find(command.conference);
  CHECK(conference != nullptr);
  state_.peers.link(*conference, command.peer, command.core, command.share);
}

void MediaCore::obey(const mailbox::UnlinkShare& command, base::Instant) TUTTI_REALTIME {
  Conference* conference = state_.find(command.conference);
  CHECK(conference != nullptr);
  state_.peers.unlink(*conference, command.peer);
}

void MediaCore::obey(const mailbox::AttachParticipant& command, base::Instant now) TUTTI_REALTIME {
  const std::uint32_t slot = command.participant.slot;
  Conference* conference = state_.find(command.conference);
  CHECK(conference != nullptr && slot < state_.participants.capacity() &&
        state_.marks[slot].presence == Presence::kNobody && command.media.codec_count > 0);
  if (!state_.port.attach(net::EndpointId{slot}, command.endpoint)) {
    state_.outbox.put(mailbox::ParticipantDetached{command.participant, true, {}});
    return;
  }
  // Its pages are touched when it is used.
  ParticipantReserve& reserve = state_.reserves.make(slot);
  Participant& participant = state_.participants.make(slot, command, state_.jitter_delay, now, reserve);
  state_.settle_presence(participant);
  state_.quiet.begin(slot);
  participant.conference = command.conference.slot;
  state_.join(*conference, slot);
  state_.counters.participants.add(1);
  reporting_.begin(participant, now);
  state_.expect_peer(participant);
  state_.outbox.put(mailbox::ParticipantAttached{command.participant});
}

// A participant that the network refused may still be spoken of: signaling did not know yet.
void MediaCore::obey(const mailbox::UpdateMedia& command, base::Instant now) TUTTI_REALTIME {
  Participant* participant = state_.find(command.participant);
  if (participant == nullptr) return;
  state_.quiet.wake(*participant);
  if (participant->agree(command.media, now)) {
    state_.port.disconnect(endpoint_of(*participant), net::Flow::kRtp);
  }
  state_.settle_presence(*participant);
  state_.expect_peer(*participant);
  if (participant->silenced) reporting_.end_talk(*participant);
}

void MediaCore::obey(const mailbox::DetachParticipant& command, base::Instant now) TUTTI_REALTIME {
  Participant* participant = state_.find(command.participant);
  if (participant == nullptr) return;
  reporting_.end_talk(*participant);
  state_.coachings.stop(*participant, state_.conference_of(*participant));
  state_.coachings.forget(*participant);
  state_.tones.release(participant->tones);
  state_.send_rtcp(*participant, now, true);
  // Behind BYE nothing is sent, whatever of its own is still heard.
  participant->leaving = true;
  participant->media.may_send = false;
  participant->configure_outbound();
  moves_.begin_leave(*participant);
}

void MediaCore::take_detached() TUTTI_REALTIME {
  while (state_.outbox.room() > 0) {
    const auto endpoint = state_.port.next_detached();
    if (!endpoint) return;
    const auto slot = static_cast<std::uint32_t>(*endpoint);
    const Participant& participant = state_.participants[slot];
    state_.marks[slot].presence = Presence::kNobody;
    state_.counters.participants.add(-1);
    state_.outbox.put(mailbox::ParticipantDetached{participant.handle, false, participant.totals()});
  }
}

// The port counts what never reached us; here it joins the core's own drops.
void MediaCore::count_network_drops() TUTTI_REALTIME {
  const auto& drops = state_.port.counters().drops;
  if (drops.total() == network_drops_total_) return;
  network_drops_total_ = drops.total();
  for (std::size_t i = 0; i < base::kDropReasons; ++i) {
    const auto reason = static_cast<base::DropReason>(i);
    const std::uint64_t total = drops.value(reason);
    state_.counters.drops.add(reason, total - network_drops_[i]);
    network_drops_[i] = total;
  }
}

}  // namespace tutti::core
