#include "signaling/api/status_routes.h"

#include <nlohmann/json.hpp>

#include "dataplane/base/rfc3339.h"
#include "signaling/api/json_shapes.h"

namespace tutti::api {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json json_of(const WebhookStatus& webhook) {
  Json json;
  json["receiver"] = webhook.receiver;
  json["state"] = to_string(webhook.state);
  json["cursor"] = text_or_null(webhook.cursor);
  json["waiting"] = webhook.waiting;
  json["delivered"] = webhook.delivered;
  json["posts"] = webhook.posts;
  json["failures"] = webhook.failures;
  json["retries"] = webhook.retries;
  json["lost"] = webhook.lost;
  json["tries_in_vain"] = webhook.tries_in_vain;
  json["retry_at"] = webhook.retry_at ? Json(base::rfc3339(*webhook.retry_at)) : Json();
  json["last_error"] = text_or_null(webhook.last_error);
  return json;
}

}  // namespace

void add_status_routes(Router& router, StatusSources sources) {
  router.add(
      "GET", "/health",
      [health = std::move(sources.health)](const Request&) {
        const Health now = health();
        nlohmann::ordered_json body;
        body["status"] = now.draining ? "draining" : "ok";
        body["uptime_s"] = now.uptime.count();
        body["dial_out"] = now.dial_out;
        return Response{now.draining ? 503 : 200, "application/json", body.dump(), {}};
      },
      Reach::kLocal);
  router.add("GET", "/ledger", [ledger = std::move(sources.ledger)](const Request&) {
    const conference::Ledger now = ledger();
    nlohmann::ordered_json body;
    body["dialogs"] = now.dialogs;
    body["participants"] = now.participants;
    body["ports"] = now.ports;
    body["streams"] = now.streams;
    body["rooms"] = now.rooms;
    return Response{200, "application/json", body.dump(), {}};
  });
  router.add("GET", "/cores", [cores = std::move(sources.cores)](const Request&) {
    nlohmann::ordered_json list = nlohmann::json::array();
    for (const CoreStatus& core : cores()) {
      nlohmann::ordered_json item;
      item["cpu"] = core.cpu;
      item["packets_received"] = core.packets_received;
      item["packets_sent"] = core.packets_sent;
      item["drops"] = core.drops;
      item["ticks"] = core.ticks;
      item["late_ticks"] = core.late_ticks;
      item["load_permille"] = core.load_permille;
      item["used_p99_permille"] = core.used_p99_permille;
      item["tick_time_us_p99"] = core.tick_time_us_p99;
      item["lateness_us_p99"] = core.lateness_us_p99;
      item["participants"] = core.participants;
      item["conferences"] = core.conferences;
      item["peer_ticks_mixed"] = core.peer_ticks_mixed;
      item["peer_ticks_missed"] = core.peer_ticks_missed;
      list.push_back(std::move(item));
    }
    nlohmann::ordered_json body;
    body["cores"] = std::move(list);
    return Response{200, "application/json", body.dump(), {}};
  });
  router.add("GET", "/webhooks", [webhooks = std::move(sources.webhooks)](const Request&) {
    Json list = Json::array();
    for (const WebhookStatus& webhook : webhooks()) list.push_back(json_of(webhook));
    Json body;
    body["webhooks"] = std::move(list);
    return Response{200, "application/json", dump(body), {}};
  });
}

}  // namespace tutti::api
