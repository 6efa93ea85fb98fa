#include "signaling/conference/activity.h"

#include "signaling/conference/clocks.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {
namespace {

// More than so many talking at once have no speaker among them.
constexpr std::size_t kLookedAt = 16;

ParticipantId loudest_of(const Host& host, const Conference& conference) {
  ParticipantId loudest{};
  int level = 128;  // in -dBov
  std::size_t looked_at = 0;
  for (const ParticipantId id : conference.talkers) {
    if (looked_at++ == kLookedAt) break;
    const auto report = report_of(host, *host.roster.find(id));
    const int own = report ? report->level_dbov : 127;
    if (own < level) {
      level = own;
      loudest = id;
    }
  }
  return loudest;
}

// It stays the speaker for as long as it talks; then the loudest of the others is.
void choose_speaker(Host& host, Conference& conference) {
  if (conference.talkers.count(conference.active_speaker) > 0) return;
  const ParticipantId next = loudest_of(host, conference);
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
