// Schema: whether a JSON value is what an OpenAPI 3.1 document says; the keywords that docs/openapi.json
// uses.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace tutti::api {

// What is wrong, each with its place; empty where nothing is. `document` is what "$ref" points into. A
// keyword that is not known here is wrong, so that none is believed to be held that is not.
std::vector<std::string> schema_faults(const nlohmann::json& document, const nlohmann::json& schema,
                                       const nlohmann::json& value, const std::string& place = "");

}  // namespace tutti::api
