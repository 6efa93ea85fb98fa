#include "signaling/api/api.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "signaling/api/console_routes.h"
#include "signaling/api/operation_route.h"
#include "signaling/api/request_bodies.h"

namespace tutti::api {
namespace {

Response answer_reload(const std::string& path, const Reloaded& done) {
  if (done) {
    Json body;
    body["changed"] = done->changed;
    body["needs_restart"] = done->needs_restart;
    return {200, "application/json", dump(body), {}};
  }
  const ReloadFault& fault = done.error();
  const std::string first = fault.errors.empty() ? "" : fault.errors.front();
  if (fault.no_file) return problem({conference::ConferenceError::kInvalidState, first}, path);
  Response response = problem({conference::ConferenceError::kInvalidArgument, first}, path);
  Json body = Json::parse(response.body);
  body["errors"] = fault.errors;
  response.body = dump(body);
  return response;
}

}  // namespace

Router make_router(ApiSources sources) {
  Router router;
  add_console_routes(router);
  add_status_routes(router, std::move(sources.status));
  router.add(
      "GET", "/metrics",
      [metrics = std::move(sources.metrics)](const Request&) {
        return Response{200, "text/plain; version=0.0.4", metrics(), {}};
      },
      Reach::kLocal);
  add_operation(router, "POST", "/reload", read_nothing,
                [reload = std::move(sources.reload)](const Request& request, const Nothing&) {
                  Response response;
                  response.later = [reload, path = request.path](const auto& give) {
                    reload([give, path](const Reloaded& done) { give(answer_reload(path, done)); });
                  };
                  return response;
                });
  add_room_routes(router, *sources.control, std::move(sources.default_settings));
  add_participant_routes(router, *sources.control);
  return router;
}

}  // namespace tutti::api
