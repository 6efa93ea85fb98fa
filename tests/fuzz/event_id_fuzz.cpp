// Last-Event-ID and ?after=: any bytes are an id or none, and an id is written as it was read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/base/check.h"
#include "signaling/api/event_id.h"
#include "signaling/api/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tutti::api;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto plain = undo_escapes(find_value(text, "after").value_or(text));
  for (const std::string_view candidate : {text, plain ? std::string_view(*plain) : text}) {
    const auto id = parse_event_id(candidate);
    if (!id) continue;
    const auto again = parse_event_id(write_event_id(*id));
    CHECK(again && again->room == id->room && again->cursor == id->cursor);
  }
  return 0;
}
