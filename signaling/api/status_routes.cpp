#include "signaling/api/status_routes.h"

#include <nlohmann/json.hpp>

namespace tutti::api {

void add_status_routes(Router& router, std::function<Health()> health,
                       std::function<conference::Ledger()> ledger) {
  router.add("GET", "/health", [health = std::move(health)](const Request&) {
    const Health now = health();
    nlohmann::ordered_json body;
    body["status"] = now.draining ? "draining" : "ok";
    body["uptime_s"] = now.uptime.count();
    return Response{now.draining ? 503 : 200, "application/json", body.dump(), {}};
  });
  router.add("GET", "/ledger", [ledger = std::move(ledger)](const Request&) {
    const conference::Ledger now = ledger();
    nlohmann::ordered_json body;
    body["dialogs"] = now.dialogs;
    body["participants"] = now.participants;
    body["ports"] = now.ports;
    body["streams"] = now.streams;
    body["rooms"] = now.rooms;
    return Response{200, "application/json", body.dump(), {}};
  });
}

}  // namespace tutti::api
