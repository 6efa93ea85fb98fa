#include "signaling/api/json_reader.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "signaling/api/nearest_name.h"

namespace tutti::api {
namespace {

using conference::ConferenceError;
using conference::Failure;
using conference::Outcome;

// How deep the text goes and how many members it can have, without building anything.
struct Extent {
  std::size_t depth = 0;
  std::size_t members = 0;
};

Extent extent_of(std::string_view text) {
  Extent extent;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') extent.depth = std::max(extent.depth, ++depth);
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c == ',' || c == '{' || c == '[') ++extent.members;
  }
  return extent;
}

// The first name that one object has twice: which of the two is meant nobody can tell, and readers differ.
class TwiceNamed {
 public:
  bool operator()(int /*depth*/, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) names_.emplace_back();
    if (event == Event::object_end) names_.pop_back();
    if (event == Event::key && !names_.back().insert(parsed.get_ref<const std::string&>()).second && !name) {
      name = parsed.get<std::string>();
    }
    return true;
  }

  std::optional<std::string> name;

 private:
  std::vector<std::set<std::string>> names_;  // of each object that is open
};

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

Outcome<Json> parse_object(std::string_view text) {
  if (text.empty()) return Json::object();
  const Extent extent = extent_of(text);
  if (extent.depth > kJsonDepthMax || extent.members > kJsonMembersMax) {
    return fail(ConferenceError::kInvalidArgument, "The body is too deep, or has too many members.");
  }
  TwiceNamed twice;
  Json json = Json::parse(text, std::ref(twice), false);
  if (json.is_discarded()) return fail(ConferenceError::kInvalidArgument, "The body is not JSON.");
  if (twice.name) {
    return fail(ConferenceError::kInvalidArgument, "The body has \"" + *twice.name + "\" twice.");
  }
  if (!json.is_object()) return fail(ConferenceError::kInvalidArgument, "The body is not a JSON object.");
  return json;
}

const Json* ObjectReader::find(std::string_view name) {
  known_.push_back(name);
  const auto found = object_.find(std::string(name));
  return found == object_.end() ? nullptr : &*found;
}

void ObjectReader::wrong(std::string_view name, std::string_view expected) {
  if (fault_) return;
  fault_ =
      Failure{ConferenceError::kInvalidArgument, std::string(name) + " takes " + std::string(expected) + "."};
}

void ObjectReader::read(std::string_view name, std::string& target, std::size_t bytes_max) {
  const Json* value = find(name);
  if (value == nullptr) return;
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr || text->size() > bytes_max || has_control_characters(*text)) {
    return wrong(name,
                 "a text of at most " + std::to_string(bytes_max) + " bytes without control characters");
  }
  target = *text;
}

void ObjectReader::read(std::string_view name, bool& target) {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) return wrong(name, "true or false");
  target = value->get<bool>();
}

std::optional<std::int64_t> ObjectReader::whole(std::string_view name, std::int64_t low, std::int64_t high) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)) &&
                    value->get<std::int64_t>() >= low && value->get<std::int64_t>() <= high;
  if (fits) return value->get<std::int64_t>();
  wrong(name, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

void ObjectReader::read(std::string_view name, std::chrono::seconds& target, std::int64_t low,
                        std::int64_t high) {
  if (const auto value = whole(name, low, high)) target = std::chrono::seconds(*value);
}

std::optional<std::size_t> ObjectReader::choice(std::string_view name,
                                                const std::vector<std::string_view>& names) {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = value->get_ptr<const std::string*>()) {
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  std::string expected;
  for (const auto one : names) {
    if (!expected.empty()) expected += one == names.back() ? " or " : ", ";
    expected += '"' + std::string(one) + '"';
  }
  wrong(name, expected);
  return std::nullopt;
}

const Json* ObjectReader::object(std::string_view name) {
  const Json* value = find(name);
  if (value == nullptr || value->is_object()) return value;
  wrong(name, "an object");
  return nullptr;
}

void ObjectReader::require(std::string_view name) {
  if (fault_ || object_.contains(std::string(name))) return;
  fault_ = Failure{ConferenceError::kInvalidArgument, "\"" + std::string(name) + "\" is missing."};
}

std::optional<Failure> ObjectReader::fault() {
  for (const auto& [name, value] : object_.items()) {
    if (fault_ || std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    fault_ = Failure{ConferenceError::kInvalidArgument,
                     known_.empty() ? "Nothing is taken here, and so no member \"" + name + "\"."
                                    : "unknown member \"" + name + "\"" + suggestion(name, known_)};
  }
  return fault_;
}

}  // namespace tutti::api
