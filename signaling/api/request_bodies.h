// RequestBodies: what the bodies of requests say, read and checked; docs/openapi.json has their schemas.
//
// Each takes a JSON object. Errors of all: InvalidArgument, for members that are unknown (with the nearest
// name), missing, of a wrong type or beyond their bounds.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "signaling/api/json_shapes.h"
#include "signaling/conference/control.h"

namespace tutti::api {

struct Nothing {};
conference::Outcome<Nothing> read_nothing(const Json& body);

struct NewRoom {
  std::string name;
  Json settings;  // a patch; empty where there is none
};
conference::Outcome<NewRoom> read_new_room(const Json& body);

// What the settings are after the patch: what it does not name stays, null is `defaults`' again.
// Source: RFC 7396.
conference::Outcome<conference::ConferenceSettings> patch_settings(
    const conference::ConferenceSettings& now, const Json& patch,
    const conference::ConferenceSettings& defaults);

struct Reason {
  std::string text;
};
conference::Outcome<Reason> read_reason(const Json& body);

conference::Outcome<conference::Invitation> read_invitation(const Json& body);

struct MuteAll {
  bool but_moderators = false;
};
conference::Outcome<MuteAll> read_mute_all(const Json& body);

conference::Outcome<conference::Tone> read_tone(const Json& body);

struct File {
  std::string name;
};
conference::Outcome<File> read_file(const Json& body);

// What is missing stays as it is.
struct Gain {
  std::optional<int> in_db;
  std::optional<int> out_db;
};
conference::Outcome<Gain> read_gain(const Json& body);

conference::Outcome<conference::ParticipantRole> read_role(const Json& body);
conference::Outcome<conference::ParticipantStatus> read_status(const Json& body);

struct Move {
  std::string room;
};
conference::Outcome<Move> read_move(const Json& body);

struct Coach {
  conference::ParticipantId coachee{};
};
conference::Outcome<Coach> read_coach(const Json& body);

}  // namespace tutti::api
