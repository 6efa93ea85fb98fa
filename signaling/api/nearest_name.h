// NearestName: what somebody meant who wrote a name that there is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tutti::api {

// `; did you mean "listen"?`, or what there is to choose from. Shapes: `known` is not empty.
std::string suggestion(std::string_view given, const std::vector<std::string_view>& known);

}  // namespace tutti::api
