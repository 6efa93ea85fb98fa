#include "signaling/conference/conference_event.h"

#include <array>

namespace tutti::conference {

std::string_view name_of(const EventDetail& detail) {
  // In the variant's order.
  static constexpr std::array<std::string_view, std::variant_size_v<EventDetail>> kNames = {
      "ConferenceCreated",
      "ConferenceTerminated",
      "ConferenceStateChanged",
      "ConferenceError",
      "ConfigurationChanged",
      "StatsUpdated",
      "ActiveSpeakerChanged",
      "RecordingStarted",
      "RecordingStopped",
      "ParticipantJoined",
      "ParticipantLeft",
      "ParticipantStatusChanged",
      "ParticipantMediaEstablished",
      "ParticipantMediaTerminated",
      "ParticipantError",
      "TalkingStarted",
      "TalkingStopped",
      "DtmfReceived",
  };
  return kNames[detail.index()];
}

}  // namespace tutti::conference
