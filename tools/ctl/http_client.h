// HttpClient: one server asked over HTTP, a request a connection; for a person at a terminal.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::ctl {

struct HttpRequest {
  std::string method = "GET";
  std::string path = "/";  // escaped, with its query
  std::string content_type = "application/json";
  std::string body;  // empty: none is sent
};

struct HttpReply {
  int status = 0;
  std::string content_type;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

// Where to ask: "http://127.0.0.1:8080", the scheme and the port may be left out. Never asks a resolver but
// for localhost. Errors: one sentence.
base::Result<base::SocketAddress, std::string> parse_server(std::string_view text);

// One path segment, with everything escaped that is not unreserved. Source: RFC 3986, 2.3.
std::string escape(std::string_view segment);

class HttpClient {
 public:
  // `token` empty: none is sent. `patience` is for a whole answer.
  HttpClient(const base::SocketAddress& server, std::string token,
             std::chrono::milliseconds patience = std::chrono::seconds(10))
      : server_(server), token_(std::move(token)), patience_(patience) {}

  // Takes no longer than the patience. Errors: one sentence; an answer of any status is none.
  base::Result<HttpReply, std::string> ask(const HttpRequest& request) const;

  // Reads an endless answer (server-sent events) piece by piece until `more` says false or it ends; once it
  // has begun, a minute without a word is an error. Returns the answer without a body, or the whole of it
  // where its status is not 200.
  base::Result<HttpReply, std::string> follow(const HttpRequest& request,
                                              const std::function<bool(std::string_view)>& more) const;

 private:
  base::SocketAddress server_;
  std::string token_;
  std::chrono::milliseconds patience_;
};

}  // namespace tutti::ctl
