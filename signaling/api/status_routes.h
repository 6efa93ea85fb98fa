// Status routes: GET /health, GET /ledger, GET /cores and GET /webhooks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "signaling/api/router.h"
#include "signaling/api/webhook_status.h"
#include "signaling/conference/ledger.h"

namespace tutti::api {

struct Health {
  bool draining = false;  // answered 503, so that a load balancer looks elsewhere
  std::chrono::seconds uptime{0};
  bool dial_out = false;  // whether Control::invite() may call somebody
};

// A media core as its counters stand: totals since the start, where nothing else is said.
struct CoreStatus {
  int cpu = 0;
  std::uint64_t packets_received = 0;  // RTP and RTCP
  std::uint64_t packets_sent = 0;
  std::uint64_t drops = 0;             // for all reasons
  std::uint64_t ticks = 0;             // of 20 ms, of every conference
  std::uint64_t late_ticks = 0;        // whose last packet left more than 5 ms after it was due, or never
  std::int64_t load_permille = 0;      // of the last second
  std::int64_t used_p99_permille = 0;  // of the last 5 to 10 s; what is left to 1 000 is the headroom
  std::uint64_t tick_time_us_p99 = 0;  // a whole tick's work, of 20 000
  std::uint64_t lateness_us_p99 = 0;   // of a sub-slot's last packet; late above 5 000
  std::int64_t participants = 0;       // attached now
  std::int64_t conferences = 0;        // open now
  // Of rooms of several shares: ticks of the others that were heard here, and that were not there in
  // time.
  std::uint64_t peer_ticks_mixed = 0;
  std::uint64_t peer_ticks_missed = 0;
};

// What the routes show. Thread: each is called in the control thread.
struct StatusSources {
  std::function<Health()> health;
  std::function<conference::Ledger()> ledger;
  std::function<std::vector<CoreStatus>()> cores;
  std::function<std::vector<WebhookStatus>()> webhooks;
};
void add_status_routes(Router& router, StatusSources sources);

}  // namespace tutti::api
