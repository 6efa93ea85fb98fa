#include "signaling/conference/local_media.h"

#include <utility>

#include "signaling/conference/conference.h"

namespace tutti::conference {

sdp::LocalMedia make_local_media(const MediaRules& rules) {
  sdp::LocalMedia local;
  local.codecs = rules.codecs;
  return local;
}

sdp::LocalMedia make_local_media(const MediaRules& rules, const MediaEndpoint& endpoint,
                                 const std::string& conference, std::uint64_t session_id,
                                 std::uint64_t session_version) {
  sdp::LocalMedia local = make_local_media(rules);
  local.rtp = endpoint.rtp;
  local.rtcp = endpoint.rtcp;
  // Mux stays what the endpoint was opened for: its RTCP port is either there or not.
  local.accept_mux = endpoint.rtcp == endpoint.rtp;
  local.session_name = conference;
  local.session_id = session_id;
  local.session_version = session_version;
  return local;
}

sdp::Direction wished_direction(const Participant& participant) {
  if (!participant.switches().held) return sdp::Direction::kSendRecv;
  const bool music = participant.conference().settings().hold_music;
  return music ? sdp::Direction::kSendOnly : sdp::Direction::kInactive;
}

sdp::LocalMedia make_local_media(const Participant& participant) {
  const ParticipantIdentity& identity = participant.identity();
  const Conference& conference = participant.conference();
  sdp::LocalMedia local = make_local_media(*identity.media_rules, identity.endpoint, conference.name(),
                                           identity.session_id, participant.session_version);
  local.direction = wished_direction(participant);
  return local;
}

void set_local_description(Participant& participant, sdp::SessionDescription next) {
  next.origin.session_version = std::to_string(participant.session_version);
  std::string text = sdp::write(next);
  if (text != participant.local_description.str()) {
    ++participant.session_version;
    next.origin.session_version = std::to_string(participant.session_version);
    text = sdp::write(next);
  }
  participant.local_description = std::move(text);
}

}  // namespace tutti::conference
