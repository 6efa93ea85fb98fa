// Router: which handler answers which path; the whole API is a table of these.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/base/result.h"
#include "signaling/api/response.h"

namespace tutti::api {

struct Request {
  std::string method;                   // "GET"; a HEAD is told as the GET it asks about
  std::string path;                     // "/rooms/lobby", as it was sent
  std::string query;                    // without the question mark, as it was sent
  std::string content_type;             // as it was sent; empty where there is none
  std::string if_none_match;            // as it was sent; empty where there is none
  std::string last_event_id;            // of a reader of events that comes back
  std::string body;                     // at most HttpLimits::body_bytes
  std::vector<std::string> parameters;  // what stands for the template's {places}, %-escapes undone
};

// Thread: the control thread's, where everything may be asked; must not block.
using Handler = std::function<Response(const Request&)>;

// Who may ask for a path where a token is configured.
enum class Reach : std::uint8_t {
  kToken,  // who has it
  kLocal,  // who is on this host as well
  kAnyone,
};

// Source: RFC 6570, level 1: "/rooms/{room}"; a {place} is one whole segment and never empty.
struct Route {
  std::string method;
  std::string path;
  Handler handler;
  Reach reach = Reach::kToken;
  std::vector<std::string> segments;  // of the path
};

struct Match {
  const Route* route = nullptr;
  std::vector<std::string> parameters;
};

// Thread: made by one, then read by any.
class Router {
 public:
  void add(std::string method, std::string path, Handler handler, Reach reach = Reach::kToken);
  // %-escapes are undone once, in each segment alone: an escaped slash is not one. A literal segment is
  // preferred to a {place}.
  // Errors: the 400, 404 or 405 to answer. Owns: the route is the router's.
  base::Result<Match, Response> find(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace tutti::api
