#include "signaling/conference/conference_event.h"

#include <algorithm>
#include <array>

namespace tutti::conference {
namespace {

// In the variant's order.
constexpr std::array<std::string_view, std::variant_size_v<EventDetail>> kNames = {
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

}  // namespace

std::string_view name_of(const EventDetail& detail) {
  return kNames[detail.index()];
}

std::span<const std::string_view> event_names() {
  return kNames;
}

bool is_event_name(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace tutti::conference
