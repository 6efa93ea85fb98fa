// ConfigurationKeys: the table of every key, from which files are read, errors are worded and the
// example is written. A key is described here and nowhere else.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/server/configuration.h"

namespace tutti::server {

using KeyValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

template <typename Target>
struct Key {
  std::string_view section;  // empty in a [[room]]
  std::string_view name;
  std::string_view meaning;                           // a sentence
  std::string form;                                   // completes "expected ..."
  std::function<bool(Target&, const KeyValue&)> set;  // false: not of that form
  std::function<KeyValue(const Target&)> get;
  bool live = false;  // a reload puts another value in force; else it waits for a restart
};

const std::vector<Key<Configuration>>& configuration_keys();
const std::vector<Key<Configuration::Room>>& room_keys();

// As TOML spells it.
std::string to_string(const KeyValue& value);

}  // namespace tutti::server
