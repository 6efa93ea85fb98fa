// ConferenceInfo and ParticipantInfo: what can be told of a conference and of who is in it; copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "signaling/conference/participant_id.h"
#include "signaling/conference/participant_role.h"
#include "signaling/conference/participant_status.h"
#include "signaling/sdp/negotiation.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

struct ConferenceInfo {
  ConferenceId id{};
  std::string name;
  ConferenceState state = ConferenceState::kCreating;
  bool permanent = false;              // by configuration: stays when empty
  std::size_t participants = 0;        // leaving ones not counted
  std::uint32_t max_participants = 0;  // 0 = none
  base::Instant created_at;
};

struct ParticipantInfo {
  ParticipantId id{};
  sip::DialogId dialog{};
  std::string conference;
  std::string uri;
  std::string display_name;
  ParticipantRole role = ParticipantRole::kSpeaker;
  ParticipantStatus status = ParticipantStatus::kJoining;
  bool muted = false;   // by an operator, as are the gains
  int gain_in_db = 0;   // of the voice
  int gain_out_db = 0;  // of what is heard
  sdp::AudioCodec codec = sdp::AudioCodec::kPcmu;
  base::SocketAddress local_rtp;
  base::SocketAddress remote_rtp;  // the latched source, or where its SDP says while none is latched
  base::Instant joined_at;
};

}  // namespace tutti::conference
