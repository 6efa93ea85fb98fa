// Router: which handler answers which path; the whole API is a table of these.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/base/result.h"

namespace tutti::api {

struct Request {
  std::string method;  // "GET"; a HEAD is told as the GET it asks about
  std::string path;    // "/health", as it was sent
  std::string query;   // without the question mark
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // more than type and length
};

// An error as RFC 9457 writes it; `detail` is one sentence for people, the title is the status's own.
Response problem(int status, std::string_view detail);

// Thread: the control thread's, where everything may be asked; must not block.
using Handler = std::function<Response(const Request&)>;

// Thread: made by one, then read by any.
class Router {
 public:
  void add(std::string method, std::string path, Handler handler);
  // Errors: the 404 or 405 to answer. Owns: the handler is the router's.
  base::Result<const Handler*, Response> find(const Request& request) const;

 private:
  struct Route {
    std::string method;
    std::string path;
    Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace tutti::api
