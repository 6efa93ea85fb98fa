// HttpCounters: what the HTTP server has answered. Thread: written by the HTTP thread, read by any.
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/base/counters.h"

namespace tutti::api {

struct HttpCounters {
  std::array<base::Counter, 500> answers;  // by status, from 100
  base::Counter requests;                  // that came in whole
  base::Counter connections;               // taken, ever
  base::Gauge open_connections;
  base::Counter refused_rate;         // 429
  base::Counter refused_token;        // 401
  base::Counter refused_connections;  // one too many

  void answered(int status) {
    if (status >= 100 && status < 600) answers[static_cast<std::size_t>(status - 100)].add();
  }
};

}  // namespace tutti::api
