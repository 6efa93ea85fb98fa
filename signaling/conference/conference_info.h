// ConferenceInfo and ParticipantInfo: what can be told of a conference and of who is in it; copies.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "dataplane/base/socket_address.h"
#include "signaling/conference/hearing.h"
#include "signaling/conference/participant_id.h"
#include "signaling/conference/participant_role.h"
#include "signaling/conference/participant_status.h"
#include "signaling/sdp/negotiation.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

struct ConferenceInfo {
  std::string id;    // conf_ and a UUIDv4: another one when a room of the same name is made again
  std::string name;  // its id where it was made without one
  std::string display_name;
  ConferenceState state = ConferenceState::kCreating;
  bool permanent = false;              // stays when empty
  bool waiting = false;                // for a moderator: nobody hears anybody
  std::size_t participants = 0;        // leaving ones not counted
  std::size_t moderators = 0;          // of them
  std::size_t talkers = 0;             // who talk now
  std::uint32_t max_participants = 0;  // 0 = none
  std::chrono::system_clock::time_point created_at;
};

struct ParticipantInfo {
  ParticipantId id{};
  sip::DialogId dialog{};
  std::string conference;  // its name
  std::string uri;
  std::string display_name;
  ParticipantRole role = ParticipantRole::kSpeaker;
  ParticipantStatus status = ParticipantStatus::kJoining;
  bool dialled_out = false;      // we called it
  bool entering_pin = false;     // neither heard nor hearing until it is let in
  bool waiting = false;          // for a moderator
  bool muted = false;            // by an operator, as are the next four
  bool deaf = false;             // hears silence
  bool held = false;             // by set_hold()
  int gain_in_db = 0;            // of the voice
  int gain_out_db = 0;           // of what is heard
  bool muted_by_itself = false;  // its SDP says that it sends nothing (recvonly)
  ParticipantId coachee{};       // who alone hears it, or the first of several; 0 = nobody

  sdp::AudioCodec codec = sdp::AudioCodec::kPcmu;
  base::SocketAddress local_rtp;
  base::SocketAddress remote_rtp;  // the latched source, or where its SDP says while none is latched
  std::chrono::system_clock::time_point joined_at;
  std::chrono::milliseconds stay{0};  // since then

  // As its core reported last; at most a second old.
  bool talking = false;
  int level_dbov = -127;  // of the last second's loudest frame; -127 = digital silence
  SilenceCause silence = SilenceCause::kJoining;  // why it is not heard; kNone where it is
  std::uint64_t packets_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_lost = 0;
  std::uint64_t packets_dropped = 0;
  double loss_percent = 0;
  double jitter_ms = 0;
  double round_trip_ms = 0;  // by RTCP; 0 = not known
  // Estimate, from its mouth until it is sent on: half the round trip, the jitter buffer, a frame and half a
  // tick; 0 = nothing came yet. Each hearer's own way comes on top.
  double delay_ms = 0;
  double mos = 0;  // estimate, 1 to 4.5; 0 = nothing came yet

  bool operator==(const ParticipantInfo&) const = default;
};

}  // namespace tutti::conference
