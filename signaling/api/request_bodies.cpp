#include "signaling/api/request_bodies.h"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "signaling/api/json_reader.h"
#include "signaling/api/setting_members.h"

namespace tutti::api {
namespace {

using conference::Outcome;
using conference::ParticipantRole;
using conference::ParticipantStatus;

constexpr std::size_t kNameBytesMax = 128;  // of a room or an id: what is longer is nobody's
constexpr std::size_t kTextBytesMax = 128;  // of what a header carries
constexpr std::size_t kUriBytesMax = 256;
constexpr std::size_t kFileBytesMax = 1'024;

constexpr ParticipantRole kRoles[] = {ParticipantRole::kModerator, ParticipantRole::kSpeaker,
                                      ParticipantRole::kListener};
constexpr ParticipantStatus kVerbs[] = {ParticipantStatus::kActive, ParticipantStatus::kMuted,
                                        ParticipantStatus::kOnHold};

template <typename Values>
std::vector<std::string_view> names_of(const Values& values) {
  std::vector<std::string_view> names;
  for (const auto value : values) names.push_back(to_string(value));
  return names;
}

// What was read, unless something was wrong.
template <typename T>
Outcome<T> finish(ObjectReader& reader, T value) {
  if (auto fault = reader.fault()) return base::unexpected(std::move(*fault));
  return value;
}

// A body whose one member is needed.
template <typename T, typename Member, typename... Bounds>
Outcome<T> read_one(const Json& body, std::string_view name, Member T::*member, Bounds... bounds) {
  ObjectReader reader(body);
  T value;
  reader.require(name);
  reader.read(name, value.*member, bounds...);
  return finish(reader, std::move(value));
}

// Likewise, one of `values` by its name.
template <typename T, std::size_t kCount>
Outcome<T> read_choice(const Json& body, std::string_view name, const T (&values)[kCount]) {
  ObjectReader reader(body);
  reader.require(name);
  const auto chosen = reader.choice(name, names_of(values));
  return finish(reader, chosen ? values[*chosen] : T{});
}

std::optional<int> read_gain_of(ObjectReader& reader, std::string_view name) {
  constexpr int kNone = INT32_MIN;
  int value = kNone;
  reader.read(name, value, -128, 127);
  return value == kNone ? std::nullopt : std::optional(value);
}

}  // namespace

Outcome<Nothing> read_nothing(const Json& body) {
  ObjectReader reader(body);
  return finish(reader, Nothing{});
}

Outcome<NewRoom> read_new_room(const Json& body) {
  ObjectReader reader(body);
  NewRoom room;
  reader.read("name", room.name, kNameBytesMax);
  const Json* settings = reader.object("settings");
  room.settings = settings == nullptr ? Json::object() : *settings;
  return finish(reader, std::move(room));
}

Outcome<conference::ConferenceSettings> patch_settings(const conference::ConferenceSettings& now,
                                                       const Json& patch,
                                                       const conference::ConferenceSettings& defaults) {
  const Json unset = json_of(defaults);
  Json whole = json_of(now);
  for (const auto& [name, value] : patch.items()) {
    whole[name] = value.is_null() && unset.contains(name) ? unset[name] : value;
  }
  conference::ConferenceSettings settings;
  ObjectReader reader(whole);
  each_setting(settings,
               [&](auto name, auto& member, auto... bounds) { reader.read(name, member, bounds...); });
  return finish(reader, std::move(settings));
}

Outcome<Reason> read_reason(const Json& body) {
  ObjectReader reader(body);
  Reason reason;
  reader.read("reason", reason.text, kTextBytesMax);
  return finish(reader, std::move(reason));
}

Outcome<conference::Invitation> read_invitation(const Json& body) {
  ObjectReader reader(body);
  conference::Invitation invitation;
  reader.require("uri");
  reader.read("uri", invitation.uri, kUriBytesMax);
  reader.read("display_name", invitation.display_name, kTextBytesMax);
  if (const auto role = reader.choice("role", names_of(kRoles))) invitation.role = kRoles[*role];
  reader.read("ring_time_s", invitation.ring_time, 1, 180);
  return finish(reader, std::move(invitation));
}

Outcome<MuteAll> read_mute_all(const Json& body) {
  ObjectReader reader(body);
  MuteAll all;
  reader.read("but_moderators", all.but_moderators);
  return finish(reader, all);
}

Outcome<conference::Tone> read_tone(const Json& body) {
  ObjectReader reader(body);
  conference::Tone tone;
  std::int64_t duration_ms = tone.duration.count();
  reader.read("frequency_hz", tone.frequency_hz, 50, 3'400);
  reader.read("level_dbov", tone.level_dbov, -60, -6);
  reader.read("duration_ms", duration_ms, 0, 600'000);
  tone.duration = std::chrono::milliseconds(duration_ms);
  return finish(reader, tone);
}

Outcome<File> read_file(const Json& body) {
  return read_one(body, "file", &File::name, kFileBytesMax);
}

Outcome<Gain> read_gain(const Json& body) {
  ObjectReader reader(body);
  Gain gain{read_gain_of(reader, "in_db"), read_gain_of(reader, "out_db")};
  return finish(reader, gain);
}

Outcome<ParticipantRole> read_role(const Json& body) {
  return read_choice(body, "role", kRoles);
}

Outcome<ParticipantStatus> read_status(const Json& body) {
  return read_choice(body, "status", kVerbs);
}

Outcome<Move> read_move(const Json& body) {
  return read_one(body, "room", &Move::room, kNameBytesMax);
}

Outcome<Coach> read_coach(const Json& body) {
  return read_one(body, "coachee", &Coach::coachee, 1, INT64_MAX);
}

}  // namespace tutti::api
