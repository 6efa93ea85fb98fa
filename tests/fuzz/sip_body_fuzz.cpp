// Bodies of several parts: the first line is the boundary, the rest the body. What is found lies in the body,
// in its order, and holds no line of the boundary.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/base/check.h"
#include "signaling/sip/multipart.h"
#include "signaling/sip/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tutti::sip;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view boundary = bytes.substr(0, bytes.find('\n'));
  const std::string_view body = bytes.substr(std::min(boundary.size() + 1, size));
  (void)header_parameter(bytes, boundary);

  const SessionBody session = read_multipart(body, boundary);
  const auto parts = split_multipart(body, boundary);
  CHECK(parts.has_value() == (session.fault != BodyFault::kBroken));
  if (!parts) {
    CHECK(session.sdp.empty());
    return 0;
  }
  CHECK(!parts->empty() && parts->size() <= kMaxBodyParts);
  const std::string line = "\n--" + std::string(boundary) + "\r\n";
  const char* at = body.data();
  bool found = session.sdp.empty();
  for (const BodyPart& part : *parts) {
    CHECK(part.content.data() >= at &&
          part.content.data() + part.content.size() <= body.data() + body.size());
    at = part.content.data() + part.content.size();
    CHECK(part.content.find(line) == part.content.npos);
    found = found || part.content.data() == session.sdp.data();
  }
  CHECK(found);
  return 0;
}
