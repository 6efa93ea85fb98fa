#include "signaling/records/call_record.h"

#include <nlohmann/json.hpp>

#include "dataplane/base/rfc3339.h"

namespace tutti::records {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ParticipantRecord& record) {
  const conference::ParticipantInfo& info = record.info;
  Json json;
  json["record"] = "participant";
  json["conference_id"] = record.conference_id;
  json["room"] = info.conference;
  json["participant"] = static_cast<std::uint64_t>(info.id);
  json["uri"] = info.uri;
  json["display_name"] = info.display_name;
  json["role"] = to_string(info.role);
  json["direction"] = info.dialled_out ? "out" : "in";
  json["joined_at"] = base::rfc3339(info.joined_at);
  json["left_at"] = base::rfc3339(record.left_at);
  json["stay_ms"] = info.stay.count();
  json["reason"] = record.reason;
  json["codec"] = codec_of(info);
  json["local_rtp"] = info.local_rtp.valid() ? Json(base::to_string(info.local_rtp)) : Json();
  json["remote_rtp"] = info.remote_rtp.valid() ? Json(base::to_string(info.remote_rtp)) : Json();
  json["packets_received"] = info.packets_received;
  json["packets_sent"] = info.packets_sent;
  json["packets_lost"] = info.packets_lost;
  json["packets_dropped"] = info.packets_dropped;
  json["loss_percent"] = info.loss_percent;
  json["jitter_ms"] = info.jitter_ms;
  json["round_trip_ms"] = info.round_trip_ms;
  json["mos"] = info.mos;
  return json;
}

Json to_json(const ConferenceRecord& record) {
  Json json;
  json["record"] = "conference";
  json["conference_id"] = record.conference_id;
  json["room"] = record.conference;
  json["created_at"] = base::rfc3339(record.statistics.created_at);
  json["ended_at"] = base::rfc3339(record.ended_at);
  json["duration_ms"] = record.statistics.duration.count();
  json["reason"] = record.reason;
  json["participants"] = record.statistics.participants_total;
  json["ticks"] = record.statistics.ticks;
  json["late_ticks"] = record.statistics.late_ticks;
  json["loss_percent"] = record.statistics.loss_percent;
  json["jitter_ms"] = record.statistics.jitter_ms;
  json["mos"] = record.statistics.mos;
  return json;
}

}  // namespace

std::string to_line(const CallRecord& record) {
  const Json json = std::visit([](const auto& one) { return to_json(one); }, record);
  // Names are the callers', and need not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string_view codec_of(const conference::ParticipantInfo& info) {
  using Codec = decltype(info.codec);
  return info.codec == Codec::kPcmu ? "PCMU" : "PCMA";
}

}  // namespace tutti::records
