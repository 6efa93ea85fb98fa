#include "signaling/conference/moving.h"

#include <chrono>

#include "signaling/conference/activity.h"
#include "signaling/conference/clocks.h"
#include "signaling/conference/seating.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {
namespace {

mailbox::ParticipantTotals add(mailbox::ParticipantTotals totals, const ParticipantInfo& stay) {
  totals.packets_received += stay.packets_received;
  totals.packets_sent += stay.packets_sent;
  totals.packets_lost += stay.packets_lost;
  totals.packets_dropped += stay.packets_dropped;
  return totals;
}

}  // namespace

Outcome<> Moving::check(const Participant& participant, const Conference& target) const {
  if (&participant.conference() == &target) {
    return fail(ConferenceError::kInvalidArgument, "the participant is in this conference already");
  }
  if (!participant.in_call()) {
    return fail(ConferenceError::kInvalidState, "the participant is Joining: wait until its call is up");
  }
  if (host_.moves.count(participant.identity().id) > 0) {
    return fail(ConferenceError::kInvalidState, "the participant is being moved: wait a tick");
  }
  if (target.ending()) return fail(ConferenceError::kInvalidState, "that conference is ending");
  if (!has_seat(host_, &target, participant.identity().core)) {
    return fail(ConferenceError::kCapacityExceeded, "the participant's core has no room for that conference");
  }
  return {};
}

Outcome<> Moving::move(Participant& participant, Conference& target) {
  if (auto possible = check(participant, target); !possible) return possible;
  const ParticipantIdentity& identity = participant.identity();
  Conference& origin = participant.conference();
  const std::string reason = "Moved to " + target.name();

  const base::SocketAddress source = participant.latched_source;
  set_talking(host_, participant, false);
  end_media(host_, participant, reason);
  host_.forget_stay(participant);
  participant.entering_pin = false;
  moderation_.exit(participant);
  const ParticipantInfo stay = info_of(host_, participant);
  host_.announcer.tell(participant, ParticipantLeft{reason, stay});
  origin.keep_packets(stay);
  origin.begin_leave(identity.id);
  origin.remove(identity.id);

  const Place place = participant.place();
  host_.moves[identity.id] = place;
  const bool first = target.participants().empty();
  target.add(identity.id);
  if (first) start_occupied_clocks(host_, target);
  const std::uint32_t seat = take_seat(host_, target, identity.core, identity.handle.slot);
  participant.set_place({.conference = &target,
                         .seat = seat,
                         .joined_at = std::chrono::system_clock::now(),
                         .since = host_.now,
                         .told_before = add(place.told_before, stay)});
  Moderation::set_counted(participant, !participant.moderates());
  host_.announcer.tell(participant, ParticipantJoined{info_of(host_, participant)});
  if (source.valid()) begin_media(host_, participant, source);
  host_.core_of(participant).post(mailbox::MoveParticipant{identity.handle, target.seats.at(seat).share});
  moderation_.enter(participant);
  return {};
}

void Moving::on_moved(Participant& participant) {
  leaving_.give_up_origin(participant);
}

}  // namespace tutti::conference
