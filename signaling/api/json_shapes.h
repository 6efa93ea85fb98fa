// JsonShapes: what the model tells, as JSON spells it: HTTP's answers, events and webhooks all have these
// shapes, and docs/openapi.json describes them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "signaling/conference/conference_info.h"
#include "signaling/conference/conference_statistics.h"
#include "signaling/conference/hearing.h"
#include "signaling/conference/settings.h"

namespace tutti::api {

using Json = nlohmann::ordered_json;  // members in the order of their writing

// What is not known is null: an id that is nobody's, an address that is none, a MOS of nothing.
Json json_of(const conference::ConferenceInfo& info);
Json json_of(const conference::ParticipantInfo& info);
Json json_of(const conference::ConferenceStatistics& statistics);
Json json_of(const conference::ConferenceSettings& settings);
Json json_of(const conference::SilenceReport& report);
Json json_of(const conference::HearingMatrix& matrix);

// On one line; what is not UTF-8 (names are the callers') is replaced.
std::string dump(const Json& json);
// A text as a JSON string, quotes and all.
std::string json_string(std::string_view text);

}  // namespace tutti::api
