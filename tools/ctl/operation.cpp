#include "tools/ctl/operation.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tutti::ctl {
namespace {

using Json = nlohmann::ordered_json;

const char* const kRooms = "Rooms";
const char* const kPeople = "Participants";
const char* const kSound = "Sound";
const char* const kQuestions = "Questions";
const char* const kServer = "Server";

Parameter room() {
  return {"room", "ROOM", Place::kPath, Kind::kText, "its name or id"};
}
Parameter participant() {
  return {"participant", "ID", Place::kPath, Kind::kInteger, "a participant's number, see participants"};
}
Parameter participants() {
  Parameter parameter = participant();
  parameter.many = true;
  return parameter;
}
Parameter option(std::string key, std::string label, Kind kind, std::string help) {
  return {std::move(key), std::move(label), Place::kBody, kind, std::move(help), false};
}
Parameter word(std::string key, std::string label, std::string help, Kind kind = Kind::kText) {
  return {std::move(key), std::move(label), Place::kBody, kind, std::move(help)};
}
Parameter reason() {
  return option("reason", "--reason", Kind::kText, "text of the BYE's Reason header");
}
std::vector<Parameter> tone(Parameter to) {
  return {std::move(to), option("frequency_hz", "--hz", Kind::kInteger, "50 to 3400 (440)"),
          option("level_dbov", "--dbov", Kind::kInteger, "-60 to -6 (-20)"),
          option("duration_ms", "--ms", Kind::kInteger, "20 to 600000, 0 = until it is stopped (1000)")};
}
Parameter file() {
  return word("file", "FILE", "a file on the server");
}

Operation post(std::string name, std::string id, const char* group, std::string help, std::string path,
               std::vector<Parameter> parameters, View view = View::kDone) {
  return {std::move(name), std::move(id),         group, std::move(help), "POST",
          std::move(path), std::move(parameters), view};
}
Operation get(std::string name, std::string id, const char* group, std::string help, std::string path,
              std::vector<Parameter> parameters, View view) {
  return {std::move(name), std::move(id),         group, std::move(help), "GET",
          std::move(path), std::move(parameters), view};
}

std::vector<Operation> rooms_table() {
  return {
      get("rooms", "listRooms", kRooms, "all rooms", "/rooms", {}, View::kRooms),
      get("room", "getRoom", kRooms, "one room", "/rooms/{room}", {room()}, View::kMembers),
      get("stats", "getStatistics", kRooms, "what it has come to", "/rooms/{room}/statistics", {room()},
          View::kMembers),
      post("lock", "lockRoom", kRooms, "lets nobody in; who is in stays", "/rooms/{room}/lock", {room()}),
      post("unlock", "unlockRoom", kRooms, "lets callers in again", "/rooms/{room}/unlock", {room()}),
      post("terminate", "terminateRoom", kRooms, "hangs up on everyone and ends it",
           "/rooms/{room}/terminate", {room(), reason()}),
  };
}

std::vector<Operation> people_table() {
  return {
      get("participants", "listParticipants", kPeople, "who is in a room", "/rooms/{room}/participants",
          {room()}, View::kParticipants),
      get("participant", "getParticipant", kPeople, "all that is known of one", "/participants/{participant}",
          {participant()}, View::kMembers),
      post("invite", "invite", kPeople, "calls somebody into a room", "/rooms/{room}/invite",
           {room(), word("uri", "URI", "sip:"),
            option("display_name", "--name", Kind::kText, "as what it is listed"),
            option("role", "--role", Kind::kText, "moderator, speaker or listener (speaker)"),
            option("ring_time_s", "--ring-time", Kind::kInteger, "seconds, then it is given up (60)")},
           View::kMembers),
      get("sdp", "getSessionDescription", kPeople, "its session description from us",
          "/participants/{participant}/sdp", {participant()}, View::kText),
      post("kick", "kick", kPeople, "hangs up on them", "/participants/{participant}/kick",
           {participants(), reason()}),
      post("kick-all", "kickAll", kPeople, "hangs up on everyone in a room", "/rooms/{room}/kick",
           {room(), reason()}),
      post("hold", "hold", kPeople, "neither heard nor hearing", "/participants/{participant}/hold",
           {participants()}),
      post("unhold", "unhold", kPeople, "the opposite", "/participants/{participant}/unhold",
           {participants()}),
      post("role", "setRole", kPeople, "makes one a moderator, speaker or listener",
           "/participants/{participant}/role",
           {participant(), word("role", "ROLE", "moderator, speaker or listener")}),
      post("status", "setStatus", kPeople, "Active, Muted or OnHold by one verb",
           "/participants/{participant}/status",
           {participant(), word("status", "STATUS", "Active, Muted or OnHold")}),
      post("move", "move", kPeople, "into another room, unbroken", "/participants/{participant}/move",
           {participant(), word("room", "ROOM", "where to")}),
  };
}

std::vector<Operation> sound_table() {
  const auto but_moderators =
      option("but_moderators", "--but-moderators", Kind::kFlag, "moderators stay as they are");
  return {
      post("mute", "mute", kSound, "takes them out of the mix", "/participants/{participant}/mute",
           {participants()}),
      post("unmute", "unmute", kSound, "the opposite", "/participants/{participant}/unmute",
           {participants()}),
      post("mute-all", "muteAll", kSound, "everyone in a room", "/rooms/{room}/mute",
           {room(), but_moderators}, View::kChanged),
      post("unmute-all", "unmuteAll", kSound, "the opposite", "/rooms/{room}/unmute",
           {room(), but_moderators}, View::kChanged),
      post("deaf", "deafen", kSound, "they hear silence", "/participants/{participant}/deaf",
           {participants()}),
      post("undeaf", "undeafen", kSound, "the opposite", "/participants/{participant}/undeaf",
           {participants()}),
      post("gain", "setGain", kSound, "how loudly one is heard and hears", "/participants/{participant}/gain",
           {participant(), option("in_db", "--in", Kind::kInteger, "dB, of the voice"),
            option("out_db", "--out", Kind::kInteger, "dB, of what is heard")}),
      post("coach", "coach", kSound, "ID is heard by COACHEE alone", "/participants/{participant}/coach",
           {participant(), word("coachee", "COACHEE", "a participant of the same room", Kind::kInteger)}),
      post("stop-coaching", "stopCoaching", kSound, "ID is heard by all again",
           "/participants/{participant}/stop-coaching", {participant()}),
      post("play-tone", "playTone", kSound, "a tone for one", "/participants/{participant}/play-tone",
           tone(participant())),
      post("play-tone-all", "playToneToRoom", kSound, "a tone for a room", "/rooms/{room}/play-tone",
           tone(room())),
      post("play-file", "playFile", kSound, "a file for one", "/participants/{participant}/play-file",
           {participant(), file()}),
      post("play-file-all", "playFileToRoom", kSound, "a file for a room", "/rooms/{room}/play-file",
           {room(), file()}),
      post("stop-play", "stopPlay", kSound, "ends what is played to one",
           "/participants/{participant}/stop-play", {participant()}),
      post("stop-play-all", "stopPlayToRoom", kSound, "ends what is played to a room",
           "/rooms/{room}/stop-play", {room()}),
      post("start-recording", "startRecording", kSound, "of a room", "/rooms/{room}/start-recording",
           {room(), file()}),
      post("pause-recording", "pauseRecording", kSound, "of a room", "/rooms/{room}/pause-recording",
           {room()}),
      post("stop-recording", "stopRecording", kSound, "of a room", "/rooms/{room}/stop-recording", {room()}),
  };
}

std::vector<Operation> rest_table() {
  return {
      get("why-silent", "whySilent", kQuestions, "where a voice stops on its way",
          "/participants/{participant}/why-silent", {participant()}, View::kSilence),
      get("ledger", "getLedger", kServer, "what is held now; all zero when nobody is in a call", "/ledger",
          {}, View::kMembers),
      get("cores", "getCores", kServer, "each media core's load", "/cores", {}, View::kCores),
      get("webhooks", "getWebhooks", kServer, "how each configured webhook is", "/webhooks", {},
          View::kWebhooks),
      get("health", "getHealth", kServer, "whether calls are taken", "/health", {}, View::kMembers),
      get("metrics", "getMetrics", kServer, "everything counted, as Prometheus reads it", "/metrics", {},
          View::kText),
      post("reload", "reload", kServer, "reads the configuration again", "/reload", {}, View::kReload),
  };
}

base::Result<Json, std::string> value_of(const Parameter& parameter, const std::string& text) {
  if (parameter.kind == Kind::kText) return Json(text);
  if (parameter.kind == Kind::kFlag) return Json(true);
  const Json number = Json::parse(text, nullptr, false);
  if (!number.is_number_integer()) {
    return base::unexpected(fmt::format("{} {}: a whole number is needed", parameter.label, text));
  }
  return number;
}

}  // namespace

std::span<const Operation> operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> rows;
    for (auto& table : {rooms_table(), people_table(), sound_table(), rest_table()}) {
      rows.insert(rows.end(), table.begin(), table.end());
    }
    return rows;
  }();
  return all;
}

base::Result<HttpRequest, std::string> make_request(const Operation& operation, const Values& values) {
  HttpRequest request{operation.method, operation.path, "application/json", {}};
  Json body = Json::object();
  for (const Parameter& parameter : operation.parameters) {
    const auto given = values.find(parameter.label);
    if (given == values.end()) continue;
    const auto value = value_of(parameter, given->second);
    if (!value) return base::unexpected(value.error());
    if (parameter.place == Place::kBody) {
      body[parameter.key] = *value;
    } else {
      const std::string place = "{" + parameter.key + "}";
      request.path.replace(request.path.find(place), place.size(), escape(given->second));
    }
  }
  if (!body.empty()) request.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return request;
}

base::Result<std::string, std::string> settings_patch(const std::vector<std::string>& assignments) {
  // These are text, whatever they look like: a PIN is no number.
  constexpr std::array<std::string_view, 4> kTexts{"display_name", "language", "pin", "moderator_pin"};
  Json patch = Json::object();
  for (const std::string& assignment : assignments) {
    const auto equals = assignment.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return base::unexpected(fmt::format("{}: KEY=VALUE is needed, as in mixing=false", assignment));
    }
    const std::string key = assignment.substr(0, equals);
    const std::string text = assignment.substr(equals + 1);
    Json value = Json::parse(text, nullptr, false);
    const bool is_text = std::find(kTexts.begin(), kTexts.end(), key) != kTexts.end();
    if (value.is_discarded() || (is_text && !value.is_null())) value = text;
    patch[key] = std::move(value);
  }
  return patch.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string new_room(const std::string& name, const std::string& patch) {
  Json body = Json::object();
  if (!name.empty()) body["name"] = name;
  Json settings = Json::parse(patch);
  if (!settings.empty()) body["settings"] = std::move(settings);
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tutti::ctl
