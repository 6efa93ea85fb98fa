#include "signaling/server/reload.h"

#include <algorithm>

#include "signaling/api/webhook_url.h"
#include "signaling/server/configuration_keys.h"

namespace tutti::server {
namespace {

using Room = Configuration::Room;
using Webhook = Configuration::Webhook;

const Room* find(const std::vector<Room>& rooms, const std::string& name) {
  const auto found = std::find_if(rooms.begin(), rooms.end(), [&](const Room& r) { return r.name == name; });
  return found == rooms.end() ? nullptr : &*found;
}

// What is in the one and not in the other, each as often as it is.
std::vector<Webhook> without(const std::vector<Webhook>& all, std::vector<Webhook> others) {
  std::vector<Webhook> rest;
  for (const Webhook& one : all) {
    const auto same = std::find(others.begin(), others.end(), one);
    same == others.end() ? rest.push_back(one) : static_cast<void>(others.erase(same));
  }
  return rest;
}

void name_webhooks(const std::vector<Webhook>& hooks, std::vector<std::string>& names) {
  for (const Webhook& hook : hooks) {
    const auto url = api::parse_webhook_url(hook.url);
    std::string name = "webhook " + (url ? url->origin() : std::string());
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
}

}  // namespace

ConfigurationChange compare(const Configuration& running, const Configuration& wanted) {
  ConfigurationChange change;
  for (const auto& key : configuration_keys()) {
    if (key.get(running) == key.get(wanted)) continue;
    (key.live ? change.live : change.restart)
        .push_back(std::string(key.section) + '.' + std::string(key.name));
  }
  name_webhooks(without(running.webhook, wanted.webhook), change.live);
  name_webhooks(without(wanted.webhook, running.webhook), change.live);
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
  merged.webhook = wanted.webhook;
  return merged;
}

}  // namespace tutti::server
