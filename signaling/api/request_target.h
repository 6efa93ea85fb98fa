// RequestTarget: what an HTTP request asks for.
#pragma once

#include <string>
#include <string_view>

namespace tutti::api {

struct RequestTarget {
  std::string authority;  // where the target names its host, which counts instead of Host's; else empty
  std::string path;
  std::string query;  // without its mark
};

// "/path?query", and "http://host/path?query". Source: RFC 9112, 3.2.1 and 3.2.2.
RequestTarget parse_target(std::string_view text);

}  // namespace tutti::api
