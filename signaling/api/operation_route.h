// OperationRoute: from a request to an operation and back: what all routes of conferences do alike.
#pragma once

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "signaling/api/json_reader.h"
#include "signaling/api/router.h"
#include "signaling/conference/control.h"

namespace tutti::api {

// The body as an object; empty where there is none. Errors: 415 where it is said to be no JSON, 400.
base::Result<Json, Response> read_body(const Request& request);

// /participants/{participant}. Errors: InvalidArgument for what is no id.
conference::Outcome<conference::ParticipantId> participant_of(const Request& request);

// 200 with the JSON, 204 where there is nothing to tell, or the problem.
Response answer(const Request& request, const conference::Outcome<Json>& outcome);
Response answer(const Request& request, const conference::Outcome<>& outcome);
// 201 or 202 with what there is now, and where.
Response made(int status, const std::string& path, const Json& what);

// GET: `tell(request)` returns an Outcome<Json>.
template <typename Tell>
void add_question(Router& router, std::string path, Tell tell) {
  router.add("GET", std::move(path),
             [tell = std::move(tell)](const Request& request) { return answer(request, tell(request)); });
}

// `act(request, body)` with the body that `read` makes of it returns a Response or an Outcome.
template <typename Read, typename Act>
void add_operation(Router& router, std::string method, std::string path, Read read, Act act) {
  router.add(std::move(method), std::move(path),
             [read = std::move(read), act = std::move(act)](const Request& request) -> Response {
               const auto json = read_body(request);
               if (!json) return json.error();
               const auto body = read(*json);
               if (!body) return problem(body.error(), request.path);
               if constexpr (std::is_same_v<decltype(act(request, *body)), Response>) {
                 return act(request, *body);
               } else {
                 return answer(request, act(request, *body));
               }
             });
}

}  // namespace tutti::api
