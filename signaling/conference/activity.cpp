#include "signaling/conference/activity.h"

#include "signaling/conference/clocks.h"

namespace tutti::conference {
namespace {

// Who has talked alone since the last one stopped: the first to talk into silence, and when it stops the one
// of the others who came first.
void choose_speaker(Host& host, Conference& conference) {
  if (conference.talkers.count(conference.active_speaker) > 0) return;
  const ParticipantId next = conference.talkers.empty() ? ParticipantId{} : *conference.talkers.begin();
  if (next == conference.active_speaker) return;
  conference.active_speaker = next;
  if (const Participant* speaker = host.roster.find(next)) {
    host.announcer.tell(*speaker, ActiveSpeakerChanged{speaker->identity().display_name});
  } else {
    host.announcer.tell(conference, ActiveSpeakerChanged{});
  }
}

}  // namespace

void set_talking(Host& host, Participant& participant, bool talking) {
  if (participant.talking == talking) return;
  Conference& conference = participant.conference();
  participant.talking = talking;
  if (talking) {
    conference.talkers.insert(participant.identity().id);
    host.announcer.tell(participant, TalkingStarted{});
  } else {
    conference.talkers.erase(participant.identity().id);
    host.announcer.tell(participant, TalkingStopped{});
  }
  choose_speaker(host, conference);
  if (!conference.ending()) watch_idle(host, conference);
}

void begin_media(Host& host, Participant& participant, const base::SocketAddress& source) {
  if (participant.latched_source == source) return;
  end_media(host, participant, "Its packets come from elsewhere");
  participant.latched_source = source;
  host.announcer.tell(participant, ParticipantMediaEstablished{source});
}

void end_media(Host& host, Participant& participant, const std::string& reason) {
  if (!participant.latched_source.valid()) return;
  participant.latched_source = {};
  host.announcer.tell(participant, ParticipantMediaTerminated{reason});
}

}  // namespace tutti::conference
