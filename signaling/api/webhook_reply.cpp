#include "signaling/api/webhook_reply.h"

#include <algorithm>
#include <charconv>

namespace tutti::api {

// Source: RFC 9112, 4: "HTTP/1.1 204 No Content", fields, an empty line.
base::Result<int, ReplyFault> find_reply_status(std::string_view bytes) {
  constexpr std::string_view kVersion = "HTTP/1.";
  const bool too_much = bytes.size() >= kReplyBytesMax;
  while (true) {
    const std::string_view known = bytes.substr(0, std::min(bytes.size(), kVersion.size()));
    if (known != kVersion.substr(0, known.size())) return base::unexpected(ReplyFault::kBroken);
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      return base::unexpected(too_much ? ReplyFault::kBroken : ReplyFault::kIncomplete);
    }
    // "HTTP/1.x" and a blank are nine.
    int status = 0;
    const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
    if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) {
      return base::unexpected(ReplyFault::kBroken);
    }
    const auto [stopped, error] = std::from_chars(line.data() + 9, line.data() + 12, status);
    if (error != std::errc{} || stopped != line.data() + 12 || status < 100 || status > 599) {
      return base::unexpected(ReplyFault::kBroken);
    }
    if (status >= 200) return status;
    bytes.remove_prefix(end + 4);
  }
}

}  // namespace tutti::api
