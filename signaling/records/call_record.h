// CallRecord: what is kept of one stay in a conference, and of one conference, when it is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "signaling/conference/conference_event.h"

namespace tutti::records {

struct ParticipantRecord {
  std::string conference_id;  // conf_ and a UUID; empty where its beginning was not seen
  std::chrono::system_clock::time_point left_at;
  std::string reason;
  conference::ParticipantInfo info;  // the last one
};

struct ConferenceRecord {
  std::string conference_id;
  std::string conference;
  std::chrono::system_clock::time_point ended_at;
  std::string reason;
  conference::ConferenceStatistics statistics;
};

using CallRecord = std::variant<ParticipantRecord, ConferenceRecord>;

// One JSON object on one line, the line's end included; the record's kind is its "record".
std::string to_line(const CallRecord& record);

// "PCMU".
std::string_view codec_of(const conference::ParticipantInfo& info);

}  // namespace tutti::records
