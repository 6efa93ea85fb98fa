// HttpServerTest: a server with a few routes that do nothing, and clients of it.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "signaling/api/http_server.h"
#include "tests/unit/api/http_client.h"

namespace tutti::api {

inline Router router() {
  Router table;
  table.add("GET", "/ping", [](const Request&) { return Response{200, "text/plain", "pong", {}}; });
  table.add("POST", "/echo", [](const Request& request) {
    return Response{200, "text/plain", request.body + "|" + request.query, {}};
  });
  table.add(
      "GET", "/open",
      [](const Request&) {
        return Response{200, "text/plain", "open", {}};
      },
      Reach::kLocal);
  table.add("POST", "/nothing/{what}", [](const Request&) { return Response{204, "", "", {}}; });
  table.add("GET", "/throw", [](const Request&) -> Response { throw std::runtime_error("no"); });
  return table;
}

inline HttpServer::Post at_once() {
  return [](std::function<void()> task) { task(); };
}

class HttpServerTest : public testing::Test {
 protected:
  void start(HttpLimits limits = {}, HttpServer::Post post = at_once()) {
    auto started = HttpServer::start(loopback(), router(), std::move(post), limits);
    ASSERT_TRUE(started) << started.error().message();
    server_ = std::move(*started);
  }
  Client client() { return Client(server_->bound()); }
  std::string ask(std::string_view bytes) {
    Client one = client();
    one.send(bytes);
    return one.answer();
  }

  std::unique_ptr<HttpServer> server_;
};

}  // namespace tutti::api
