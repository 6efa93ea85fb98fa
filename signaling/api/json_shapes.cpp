#include "signaling/api/json_shapes.h"

#include <cstdint>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "dataplane/base/rfc3339.h"
#include "signaling/api/setting_members.h"

namespace tutti::api {
namespace {

std::uint64_t number(conference::ParticipantId id) {
  return static_cast<std::uint64_t>(id);
}

Json id_or_null(conference::ParticipantId id) {
  return id == conference::ParticipantId{} ? Json() : Json(number(id));
}

Json address_or_null(const base::SocketAddress& address) {
  return address.valid() ? Json(base::to_string(address)) : Json();
}

// Estimates that are 0 where there is none.
Json known_or_null(double value) {
  return value > 0 ? Json(value) : Json();
}

std::string_view codec_name(sdp::AudioCodec codec) {
  return codec == sdp::AudioCodec::kPcmu ? "PCMU" : "PCMA";
}

}  // namespace

Json json_of(const conference::ConferenceInfo& info) {
  Json json;
  json["id"] = info.id;
  json["name"] = info.name;
  json["display_name"] = info.display_name;
  json["state"] = to_string(info.state);
  json["permanent"] = info.permanent;
  json["waiting"] = info.waiting;
  json["participants"] = info.participants;
  json["moderators"] = info.moderators;
  json["talkers"] = info.talkers;
  json["max_participants"] = info.max_participants;
  json["created_at"] = base::rfc3339(info.created_at);
  return json;
}

Json json_of(const conference::ParticipantInfo& info) {
  Json json;
  json["id"] = number(info.id);
  json["room"] = info.conference;
  json["uri"] = info.uri;
  json["display_name"] = info.display_name;
  json["role"] = to_string(info.role);
  json["status"] = to_string(info.status);
  json["dialled_out"] = info.dialled_out;
  json["entering_pin"] = info.entering_pin;
  json["waiting"] = info.waiting;
  json["muted"] = info.muted;
  json["deaf"] = info.deaf;
  json["held"] = info.held;
  json["gain_in_db"] = info.gain_in_db;
  json["gain_out_db"] = info.gain_out_db;
  json["muted_by_itself"] = info.muted_by_itself;
  json["coachee"] = id_or_null(info.coachee);
  json["codec"] = codec_name(info.codec);
  json["local_rtp"] = address_or_null(info.local_rtp);
  json["remote_rtp"] = address_or_null(info.remote_rtp);
  json["joined_at"] = base::rfc3339(info.joined_at);
  json["stay_ms"] = info.stay.count();
  json["talking"] = info.talking;
  json["level_dbov"] = info.level_dbov;
  json["silence"] = to_string(info.silence);
  json["packets_received"] = info.packets_received;
  json["packets_sent"] = info.packets_sent;
  json["packets_lost"] = info.packets_lost;
  json["packets_dropped"] = info.packets_dropped;
  json["loss_percent"] = info.loss_percent;
  json["jitter_ms"] = info.jitter_ms;
  json["round_trip_ms"] = known_or_null(info.round_trip_ms);
  json["delay_ms"] = known_or_null(info.delay_ms);
  json["mos"] = known_or_null(info.mos);
  return json;
}

Json json_of(const conference::ConferenceStatistics& statistics) {
  Json json;
  json["state"] = to_string(statistics.state);
  json["created_at"] = base::rfc3339(statistics.created_at);
  json["duration_ms"] = statistics.duration.count();
  json["mixing"] = statistics.mixing;
  json["participants_total"] = statistics.participants_total;
  json["participants_active"] = statistics.participants_active;
  json["participants_with_audio"] = statistics.participants_with_audio;
  json["talkers"] = statistics.talkers;
  json["loudest"] = id_or_null(statistics.loudest);
  json["ticks"] = statistics.ticks;
  json["late_ticks"] = statistics.late_ticks;
  json["mixing_us"] = statistics.mixing_us;
  json["loss_percent"] = statistics.loss_percent;
  json["jitter_ms"] = statistics.jitter_ms;
  json["mos"] = known_or_null(statistics.mos);
  return json;
}

Json json_of(const conference::ConferenceSettings& settings) {
  Json json;
  each_setting(settings, [&json](auto name, const auto& member, auto...) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::chrono::seconds>) {
      json[name] = member.count();
    } else {
      json[name] = member;
    }
  });
  return json;
}

Json json_of(const conference::SilenceReport& report) {
  Json json;
  json["participant"] = number(report.participant);
  json["cause"] = to_string(report.cause);
  json["advice"] = report.advice;
  json["stages"] = Json::array();
  for (const auto& stage : report.stages) {
    Json one;
    one["name"] = stage.name;
    one["passed"] = stage.passed;
    one["detail"] = stage.detail;
    json["stages"].push_back(std::move(one));
  }
  return json;
}

Json json_of(const conference::HearingMatrix& matrix) {
  Json json;
  json["participants"] = Json::array();
  for (const auto id : matrix.participants) json["participants"].push_back(number(id));
  json["left_out"] = matrix.left_out;
  json["hears"] = matrix.hears;
  json["measured"] = false;
  return json;
}

std::string json_string(std::string_view text) {
  return dump(Json(std::string(text)));
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tutti::api
