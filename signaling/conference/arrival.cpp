#include "signaling/conference/arrival.h"

#include <memory>
#include <utility>

#include "signaling/conference/clocks.h"
#include "signaling/conference/media_mapping.h"
#include "signaling/conference/moderation.h"
#include "signaling/conference/random_start.h"
#include "signaling/conference/seating.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {
namespace {

mailbox::MediaParameters first_media(const Host& host, const Arrival& arrival, const Newcomer& who) {
  const MediaRules& rules = host.config.media;
  if (who.plan) return to_media_parameters(*who.plan, arrival.endpoint, rules);
  mailbox::MediaParameters media = listening_parameters(arrival.endpoint, rules);
  if (who.dialled_out) media.silence_timeout_s = 0;  // while it rings nothing needs to come
  return media;
}

}  // namespace

std::optional<Arrival> take_place(Host& host, const Conference* conference,
                                  const ConferenceSettings& settings, std::size_t core, bool with_rtcp,
                                  const base::SocketAddress& remote) {
  Arrival arrival;
  arrival.id = host.roster.next_participant_id();
  arrival.core = core;
  auto& slots = host.cores[core]->participants;
  const auto handle = slots.try_take(arrival.id, next_neighbour(host, conference, core));
  if (!handle) return std::nullopt;
  arrival.handle = *handle;
  const auto endpoint =
      host.open_endpoint(core, with_rtcp, {settings.rtp_port_low, settings.rtp_port_high}, remote);
  if (!endpoint) {
    slots.release(*handle);
    return std::nullopt;
  }
  arrival.endpoint = *endpoint;
  host.make_ready(core, arrival.handle);
  arrival.session_id = draw_session_id();
  return arrival;
}

void give_back(Host& host, const Arrival& arrival) {
  host.close_endpoint(arrival.endpoint);
  host.cores[arrival.core]->participants.release(arrival.handle);
}

Participant& attach(Host& host, Conference& conference, const Arrival& arrival, Newcomer who) {
  if (conference.participants().empty()) {
    conference.add(arrival.id);
    start_occupied_clocks(host, conference);
  } else {
    conference.add(arrival.id);
  }
  const std::uint32_t seat = take_seat(host, conference, arrival.core, arrival.handle.slot);
  mailbox::AttachParticipant attach;
  attach.media = first_media(host, arrival, who);

  ParticipantIdentity identity{.id = arrival.id,
                               .dialog = who.dialog,
                               .uri = std::move(who.uri),
                               .display_name = std::move(who.display_name),
                               .dialled_out = who.dialled_out,
                               .core = arrival.core,
                               .handle = arrival.handle,
                               .endpoint = arrival.endpoint,
                               .session_id = arrival.session_id,
                               .media_rules = host.media_rules};
  const Place place{.conference = &conference,
                    .seat = seat,
                    .joined_at = std::chrono::system_clock::now(),
                    .since = host.now,
                    .told_before = {}};
  Participant& participant =
      host.roster.add(std::make_unique<Participant>(std::move(identity), place, who.role, host.announcer));
  participant.local_description = std::move(who.description);
  if (who.plan) participant.set_plan(std::move(*who.plan));
  participant.set_switches({.muted = conference.settings().start_muted && !participant.moderates()});
  Moderation::set_counted(participant, who.counted);
  participant.controls = Moderation::controls_for(participant, who.inside);

  const RandomStart start = draw_random_start();
  attach.participant = arrival.handle;
  attach.conference = conference.seats.at(seat).share;
  attach.endpoint = arrival.endpoint.handles;
  attach.mix = participant.controls;
  attach.ssrc = start.ssrc;
  attach.first_sequence_number = start.sequence_number;
  attach.first_timestamp = start.timestamp;
  attach.cname = start.cname;
  host.core_of(participant).post(attach);
  host.core_of(participant).recent.add(host.now);
  host.announcer.tell(participant, ParticipantJoined{info_of(host, participant)});
  return participant;
}

}  // namespace tutti::conference
