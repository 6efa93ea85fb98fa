// Page: the part of a long list that is asked for, and where the next one is.
//
// GET /rooms?limit=50&after=lobby. The answer has "next", the path of the page behind it, unless it is the
// last. An entry's own key is the cursor: nobody who stays is missed or told twice, whoever comes and goes
// meanwhile.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "signaling/api/json_shapes.h"
#include "signaling/conference/failure.h"

namespace tutti::api {

// A participant costs the control thread 6 to 12 us: docs/BUDGETS.md.
inline constexpr std::size_t kPageDefault = 100;
inline constexpr std::size_t kPageMax = 500;

struct Page {
  std::size_t limit = kPageDefault;
  std::string after;  // empty: from the front

  // To be asked of the list, so that it is seen whether there is more.
  std::size_t one_more() const { return limit + 1; }
};

// Errors: InvalidArgument for a limit that is none of 1 to kPageMax, an `after` that no key can be.
conference::Outcome<Page> read_page(std::string_view query);

// {"<name>": [...], "next": ...} of `items`, at most one_more() of them; `key_of(item)` is what "after"
// takes, and needs no escapes. `path` is the list's.
template <typename Items, typename KeyOf>
Json page_json(const std::string& name, const Items& items, const Page& page, const std::string& path,
               KeyOf key_of) {
  Json told = {{name, Json::array()}};
  std::string last;
  for (const auto& item : items) {
    if (told[name].size() == page.limit) {
      told["next"] = path + "?limit=" + std::to_string(page.limit) + "&after=" + last;
      break;
    }
    told[name].push_back(json_of(item));
    last = key_of(item);
  }
  return told;
}

}  // namespace tutti::api
