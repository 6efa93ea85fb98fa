// HttpCounters: what the HTTP server has answered. Thread: written by the HTTP thread, read by any.
#pragma once

#include "dataplane/base/counters.h"
#include "dataplane/base/status_counters.h"

namespace tutti::api {

struct HttpCounters {
  base::StatusCounters answers;
  base::Counter requests;     // that came in whole
  base::Counter connections;  // taken, ever
  base::Gauge open_connections;
  base::Counter refused_rate;         // 429
  base::Counter refused_token;        // 401
  base::Counter refused_connections;  // one too many
  base::Counter refused_address;      // one too many from its address
};

}  // namespace tutti::api
