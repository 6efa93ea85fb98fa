// Api: all that HTTP serves, as one table of routes; docs/openapi.json describes each of them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "signaling/api/conference_routes.h"
#include "signaling/api/router.h"
#include "signaling/api/status_routes.h"

namespace tutti::api {

// What a reload of the configuration did. Each is a key ("sip.listen"), a room ("room lobby") or a
// webhook ("webhook https://example.org").
struct ReloadReport {
  std::vector<std::string> changed;        // are in force
  std::vector<std::string> needs_restart;  // are not
};
// Why one did nothing: "tuttid.toml:3:1: unknown key ...", or a sentence where there is no file.
struct ReloadFault {
  bool no_file = false;
  std::vector<std::string> errors;
};
using Reloaded = base::Result<ReloadReport, ReloadFault>;
// Calls `done` once, at once or later.
using Reload = std::function<void(std::function<void(const Reloaded&)> done)>;

// Thread: each is called in the control thread.
struct ApiSources {
  conference::Control* control = nullptr;  // outlives the router
  DefaultSettings default_settings;
  StatusSources status;
  std::function<std::string()> metrics;  // Prometheus text format 0.0.4
  Reload reload;
};
Router make_router(ApiSources sources);

}  // namespace tutti::api
