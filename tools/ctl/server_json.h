// parse_json: JSON as it comes from a server, who may be anybody.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace tutti::ctl {

// Discarded where it is no JSON, or nested deeper than anything that tuttid says: the library copies and
// prints by recursion, and its stack would end.
nlohmann::ordered_json parse_json(std::string_view text);

}  // namespace tutti::ctl
