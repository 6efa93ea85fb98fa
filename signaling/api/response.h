// Response: what a request is answered.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/api/body_stream.h"
#include "signaling/conference/failure.h"

namespace tutti::api {

struct Response {
  int status = 200;
  std::string content_type = "application/json";  // not told where the status has no body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // more than type and length
  std::shared_ptr<BodyStream> stream;                        // instead of a body; null: there is none
  // Instead of all of it, where the answer has to be waited for: called at once, in the handler's thread, and
  // gives the answer once, from any thread. Empty: it is here.
  std::function<void(std::function<void(Response)> give)> later;
};

// An error as RFC 9457 writes it; `detail` is one sentence for people, the title is the status's own,
// `instance` the path that was asked for.
Response problem(int status, std::string_view detail, std::string_view instance = {});
// One that an operation gave: its name is told as "error".
Response problem(const conference::Failure& failure, std::string_view instance);

// What the status is called. Source: RFC 9110, 15; RFC 6585.
std::string_view title(int status);

}  // namespace tutti::api
