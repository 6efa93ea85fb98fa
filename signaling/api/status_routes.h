// Status routes: GET /health and GET /ledger.
#pragma once

#include <chrono>
#include <functional>

#include "signaling/api/router.h"
#include "signaling/conference/ledger.h"

namespace tutti::api {

struct Health {
  bool draining = false;  // answered 503, so that a load balancer looks elsewhere
  std::chrono::seconds uptime{0};
};

// Thread: both functions are called in the control thread.
void add_status_routes(Router& router, std::function<Health()> health,
                       std::function<conference::Ledger()> ledger);

}  // namespace tutti::api
