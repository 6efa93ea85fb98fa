#include "tests/unit/api/schema.h"

#include <regex>
#include <set>

namespace tutti::api {
namespace {

using JsonValue = nlohmann::json;

bool is_type(const std::string& type, const JsonValue& value) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

bool is_any_type(const JsonValue& types, const JsonValue& value) {
  if (types.is_string()) return is_type(types, value);
  return std::any_of(types.begin(), types.end(), [&](const JsonValue& type) { return is_type(type, value); });
}

bool is_date_time(const std::string& text) {
  static const std::regex form(R"(\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?(Z|[+-]\d\d:\d\d))");
  return std::regex_match(text, form);
}

class Checker {
 public:
  Checker(const JsonValue& document, std::vector<std::string>& faults)
      : document_(document), faults_(faults) {}

  void check(const JsonValue& schema, const JsonValue& value, const std::string& place) {
    if (schema.contains("$ref")) {
      const std::string pointer = schema["$ref"].get<std::string>().substr(1);
      return check(document_.at(JsonValue::json_pointer(pointer)), value, place);
    }
    static const std::set<std::string> notes = {"description", "default"};
    for (const auto& [keyword, rule] : schema.items()) {
      if (notes.count(keyword) == 0) hold(keyword, rule, schema, value, place);
    }
  }

 private:
  void hold(const std::string& keyword, const JsonValue& rule, const JsonValue& schema,
            const JsonValue& value, const std::string& place) {
    if (keyword == "type") return require(is_any_type(rule, value), place, "is no " + rule.dump());
    if (keyword == "const") return require(rule == value, place, "is not " + rule.dump());
    if (keyword == "enum") {
      return require(std::find(rule.begin(), rule.end(), value) != rule.end(), place,
                     "is none of its values");
    }
    if (keyword == "properties") return check_members(rule, value, place);
    if (keyword == "required") {
      for (const auto& name : rule) {
        require(!value.is_object() || value.contains(name), place, "lacks " + name.dump());
      }
      return;
    }
    if (keyword == "additionalProperties") {
      if (!value.is_object() || rule != JsonValue(false)) return;
      for (const auto& [name, member] : value.items()) {
        require(schema["properties"].contains(name), place, "has " + name);
      }
      return;
    }
    if (keyword == "items") {
      for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
        check(rule, value[i], place + "/" + std::to_string(i));
      }
      return;
    }
    hold_bound(keyword, rule, value, place);
  }

  void hold_bound(const std::string& keyword, const JsonValue& rule, const JsonValue& value,
                  const std::string& place) {
    if (keyword == "minimum") return require(!value.is_number() || value >= rule, place, "is too small");
    if (keyword == "maximum") return require(!value.is_number() || value <= rule, place, "is too large");
    if (keyword == "maxItems")
      return require(!value.is_array() || value.size() <= rule, place, "is too long");
    if (keyword == "maxLength") {
      return require(!value.is_string() || value.get<std::string>().size() <= rule, place, "is too long");
    }
    if (keyword == "pattern") {
      return require(!value.is_string() ||
                         std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>())),
                     place, "has not its form");
    }
    if (keyword == "format" && rule == "date-time") {
      return require(!value.is_string() || is_date_time(value), place, "is no time");
    }
    faults_.push_back(place + ": keyword " + keyword + " is not known here");
  }

  void check_members(const JsonValue& members, const JsonValue& value, const std::string& place) {
    if (!value.is_object()) return;
    for (const auto& [name, schema] : members.items()) {
      if (value.contains(name)) check(schema, value[name], place + "/" + name);
    }
  }
  void require(bool holds, const std::string& place, const std::string& what) {
    if (!holds) faults_.push_back(place + " " + what);
  }

  const JsonValue& document_;
  std::vector<std::string>& faults_;
};

}  // namespace

std::vector<std::string> schema_faults(const JsonValue& document, const JsonValue& schema,
                                       const JsonValue& value, const std::string& place) {
  std::vector<std::string> faults;
  Checker(document, faults).check(schema, value, place);
  return faults;
}

}  // namespace tutti::api
