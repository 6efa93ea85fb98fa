#include "signaling/api/event_json.h"

#include <nlohmann/json.hpp>

#include "dataplane/base/rfc3339.h"

namespace tutti::api {
namespace {

using namespace conference;

// The members of "detail".
struct Detail {
  Json json = Json::object();

  void operator()(const ConferenceCreated& event) { json["id"] = event.id; }
  void operator()(const ConferenceTerminated& event) {
    json["reason"] = event.reason;
    json["statistics"] = json_of(event.final_statistics);
  }
  void operator()(const ConferenceStateChanged& event) {
    json["from"] = to_string(event.from);
    json["to"] = to_string(event.to);
  }
  void operator()(const ConferenceFailed& event) { failed(event.error, event.detail); }
  void operator()(const ConfigurationChanged& event) { json["keys"] = event.keys; }
  void operator()(const StatsUpdated& event) { json["statistics"] = json_of(event.statistics); }
  void operator()(const ActiveSpeakerChanged& event) { json["display_name"] = event.display_name; }
  void operator()(const RecordingStarted& event) { json["file"] = event.file; }
  void operator()(const RecordingStopped& event) { json["file"] = event.file; }
  void operator()(const ParticipantJoined& event) { json["participant"] = json_of(event.info); }
  void operator()(const ParticipantLeft& event) {
    json["reason"] = event.reason;
    json["participant"] = json_of(event.info);
  }
  void operator()(const ParticipantStatusChanged& event) {
    json["from"] = to_string(event.from);
    json["to"] = to_string(event.to);
  }
  void operator()(const ParticipantMediaEstablished& event) {
    json["source"] = event.source.valid() ? Json(base::to_string(event.source)) : Json();
  }
  void operator()(const ParticipantMediaTerminated& event) { json["reason"] = event.reason; }
  void operator()(const ParticipantFailed& event) { failed(event.error, event.detail); }
  void operator()(const TalkingStarted&) {}
  void operator()(const TalkingStopped&) {}
  void operator()(const DtmfReceived& event) { json["digit"] = std::string(1, event.digit); }

 private:
  void failed(ConferenceError error, const std::string& sentence) {
    json["error"] = to_string(error);
    json["detail"] = sentence;
  }
};

}  // namespace

Json json_of(const ConferenceEvent& event) {
  Json json;
  json["number"] = event.number;
  json["at"] = base::rfc3339(event.at);
  json["event"] = name_of(event.detail);
  json["room"] = event.conference;
  json["participant"] =
      event.participant == ParticipantId{} ? Json() : Json(static_cast<std::uint64_t>(event.participant));
  Detail detail;
  std::visit(detail, event.detail);
  json["detail"] = std::move(detail.json);
  return json;
}

Json gap_json(const std::string& room, std::uint64_t lost, std::uint64_t first_held) {
  Json json;
  json["event"] = "gap";
  json["room"] = room.empty() ? Json() : Json(room);
  json["lost"] = lost == 0 ? Json() : Json(lost);
  json["first_held"] = room.empty() ? Json() : Json(first_held);
  return json;
}

}  // namespace tutti::api
