// SettingKeys: the keys of a conference's settings, for [rooms], where they are every room's, and for
// [[room]].
#pragma once

#include <utility>
#include <vector>

#include "signaling/conference/settings.h"
#include "signaling/server/configuration_keys.h"

namespace tutti::server {

const std::vector<Key<conference::ConferenceSettings>>& setting_keys();

// The same, of a target that has settings: `settings_of` finds them in it.
template <typename Target, typename SettingsOf>
std::vector<Key<Target>> setting_keys_of(std::string_view section, SettingsOf settings_of) {
  std::vector<Key<Target>> keys;
  for (const auto& key : setting_keys()) {
    Key<Target> lifted;
    lifted.section = section;
    lifted.name = key.name;
    lifted.meaning = key.meaning;
    lifted.form = key.form;
    lifted.set = [&key, settings_of](Target& target, const KeyValue& value) {
      return key.set(settings_of(target), value);
    };
    lifted.get = [&key, settings_of](const Target& target) { return key.get(settings_of(target)); };
    keys.push_back(std::move(lifted));
  }
  return keys;
}

}  // namespace tutti::server
