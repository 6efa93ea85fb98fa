// A key's value as TOML spells it.
#include "signaling/server/configuration_keys.h"

namespace tutti::server {
namespace {

std::string quoted(const std::string& value) {
  return '"' + value + '"';
}

}  // namespace

std::string to_string(const KeyValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* string = std::get_if<std::string>(&value)) return quoted(*string);
  std::string list;
  for (const auto& item : std::get<std::vector<std::string>>(value)) {
    list += (list.empty() ? "" : ", ") + quoted(item);
  }
  return '[' + list + ']';
}

}  // namespace tutti::server
