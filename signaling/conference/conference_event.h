// ConferenceEvent: one thing that happened in a conference; its journal numbers them.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/conference/conference_error.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/conference_statistics.h"
#include "signaling/conference/participant_status.h"

namespace tutti::conference {

// Of the conference.
struct ConferenceCreated {
  std::string id;
};
struct ConferenceTerminated {
  std::string reason;
  ConferenceStatistics final_statistics;
};
struct ConferenceStateChanged {
  ConferenceState from{};
  ConferenceState to{};
};
struct ConferenceFailed {  // "ConferenceError" to the outside
  ConferenceError error{};
  std::string detail;
};
struct ConfigurationChanged {
  std::vector<std::string> keys;  // the settings that are others now
};
struct StatsUpdated {
  ConferenceStatistics statistics;  // each 5 s while somebody is in it
};
struct ActiveSpeakerChanged {  // its participant is nobody's (0) where nobody talks
  std::string display_name;
};
struct RecordingStarted {
  std::string file;
};
struct RecordingStopped {
  std::string file;
};

// Of one participant.
struct ParticipantJoined {
  ParticipantInfo info;
};
struct ParticipantLeft {
  std::string reason;
  ParticipantInfo info;  // the last one, with its counts
};
struct ParticipantStatusChanged {  // last to Leaving, when its call ends, and to Left, when its core let go
  ParticipantStatus from{};
  ParticipantStatus to{};
};
struct ParticipantMediaEstablished {  // its first packet was followed: it is heard from where
  base::SocketAddress source;
};
struct ParticipantMediaTerminated {
  std::string reason;
};
struct ParticipantFailed {  // "ParticipantError" to the outside
  ConferenceError error{};
  std::string detail;
};
struct TalkingStarted {};
struct TalkingStopped {};  // one for each TalkingStarted, before ParticipantLeft
struct DtmfReceived {
  char digit = 0;  // '?' while a PIN is being entered: the digits are nobody's business
};

using EventDetail =
    std::variant<ConferenceCreated, ConferenceTerminated, ConferenceStateChanged, ConferenceFailed,
                 ConfigurationChanged, StatsUpdated, ActiveSpeakerChanged, RecordingStarted, RecordingStopped,
                 ParticipantJoined, ParticipantLeft, ParticipantStatusChanged, ParticipantMediaEstablished,
                 ParticipantMediaTerminated, ParticipantFailed, TalkingStarted, TalkingStopped, DtmfReceived>;

struct ConferenceEvent {
  std::uint64_t number = 0;  // from 1, without a gap, of the conference's name: it goes on when one of the
                             // same name is made again while its journal is kept
  std::chrono::system_clock::time_point at;
  std::string conference;       // its name
  ParticipantId participant{};  // 0: of the conference as a whole
  EventDetail detail;
};

// "ParticipantJoined", as every interface spells it.
std::string_view name_of(const EventDetail& detail);
// Of all that there are.
std::span<const std::string_view> event_names();
bool is_event_name(std::string_view name);

}  // namespace tutti::conference
