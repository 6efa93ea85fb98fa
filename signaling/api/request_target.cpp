#include "signaling/api/request_target.h"

#include <strings.h>

namespace tutti::api {

RequestTarget parse_target(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  RequestTarget target;
  if (text.size() >= kScheme.size() && ::strncasecmp(text.data(), kScheme.data(), kScheme.size()) == 0) {
    text.remove_prefix(kScheme.size());
    target.authority = text.substr(0, text.find_first_of("/?"));
    text.remove_prefix(target.authority.size());
    if (text.empty() || text.front() != '/') target.path = "/";
  }
  const std::size_t mark = text.find('?');
  target.path += text.substr(0, mark);
  if (mark != std::string_view::npos) target.query = text.substr(mark + 1);
  return target;
}

}  // namespace tutti::api
