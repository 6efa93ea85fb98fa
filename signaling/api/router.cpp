#include "signaling/api/router.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace tutti::api {
namespace {

// Source: RFC 9110, 15; RFC 6585.
std::string_view title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 421:
      return "Misdirected Request";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

Response problem(int status, std::string_view detail) {
  nlohmann::ordered_json body;
  body["type"] = "about:blank";
  body["title"] = title(status);
  body["status"] = status;
  body["detail"] = detail;
  // A path or a header may be quoted in the detail, and need not be UTF-8.
  return {status,
          "application/problem+json",
          body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace),
          {}};
}

void Router::add(std::string method, std::string path, Handler handler) {
  routes_.push_back({std::move(method), std::move(path), std::move(handler)});
}

base::Result<const Handler*, Response> Router::find(const Request& request) const {
  std::string allowed;
  for (const Route& route : routes_) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return &route.handler;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  if (allowed.empty()) return base::unexpected(problem(404, "There is nothing at this path."));
  Response response = problem(405, "This path takes " + allowed + ".");
  response.headers.emplace_back("Allow", allowed);
  return base::unexpected(std::move(response));
}

}  // namespace tutti::api
