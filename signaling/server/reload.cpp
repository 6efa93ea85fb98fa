#include "signaling/server/reload.h"

#include <algorithm>

#include "signaling/server/configuration_keys.h"

namespace tutti::server {
namespace {

using Room = Configuration::Room;

const Room* find(const std::vector<Room>& rooms, const std::string& name) {
  const auto found = std::find_if(rooms.begin(), rooms.end(), [&](const Room& r) { return r.name == name; });
  return found == rooms.end() ? nullptr : &*found;
}

}  // namespace

ConfigurationChange compare(const Configuration& running, const Configuration& wanted) {
  ConfigurationChange change;
  for (const auto& key : configuration_keys()) {
    if (key.get(running) == key.get(wanted)) continue;
    (key.live ? change.live : change.restart)
        .push_back(std::string(key.section) + '.' + std::string(key.name));
  }
  if (!(running.webhook == wanted.webhook)) change.restart.emplace_back("webhook");
  for (const Room& room : running.room) {
    const Room* const now = find(wanted.room, room.name);
    if (now == nullptr || !(*now == room)) change.live.push_back("room " + room.name);
  }
  for (const Room& room : wanted.room) {
    if (find(running.room, room.name) == nullptr) change.live.push_back("room " + room.name);
  }
  return change;
}

Configuration take_live(const Configuration& running, const Configuration& wanted) {
  Configuration merged = running;
  for (const auto& key : configuration_keys()) {
    if (key.live) static_cast<void>(key.set(merged, key.get(wanted)));  // it was taken once already
  }
  merged.room = wanted.room;
  return merged;
}

}  // namespace tutti::server
