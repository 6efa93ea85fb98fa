#include "signaling/api/page.h"

#include <charconv>

#include "signaling/api/query.h"

namespace tutti::api {

using conference::ConferenceError;

conference::Outcome<Page> read_page(std::string_view query) {
  Page page;
  if (const auto limit = find_value(query, "limit")) {
    const char* const end = limit->data() + limit->size();
    const auto read = std::from_chars(limit->data(), end, page.limit);
    if (read.ec != std::errc{} || read.ptr != end || page.limit == 0 || page.limit > kPageMax) {
      return fail(ConferenceError::kInvalidArgument, "\"limit\" takes a whole number from 1 to 500.");
    }
  }
  if (const auto after = find_value(query, "after")) {
    auto key = undo_escapes(*after);
    if (!key || key->empty()) {
      return fail(ConferenceError::kInvalidArgument,
                  "\"after\" takes what the page before told in \"next\".");
    }
    page.after = std::move(*key);
  }
  return page;
}

}  // namespace tutti::api
