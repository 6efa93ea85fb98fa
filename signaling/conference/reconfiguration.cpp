#include "signaling/conference/reconfiguration.h"

#include <memory>
#include <utility>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

// One that is ending meanwhile takes nothing, and is made afresh by its rule, the new one.
void impose(Control& control, const RoomRule& rule, bool change_lock) {
  ConferenceSettings settings = rule.settings;
  settings.permanent = true;
  static_cast<void>(control.update_settings(rule.name, settings).has_value());
  if (!change_lock) return;
  static_cast<void>((rule.locked ? control.lock(rule.name) : control.unlock(rule.name)).has_value());
}

void release(Control& control, const RoomRule& rule) {
  auto settings = control.settings(rule.name);
  if (!settings) return;
  settings->permanent = false;
  static_cast<void>(control.update_settings(rule.name, *settings).has_value());
}

}  // namespace

void reconfigure(Host& host, Control& control, FocusConfig config) {
  CHECK(!find_fault(config));
  config.share_participants = host.config.share_participants;
  const FocusConfig before = std::exchange(host.config, std::move(config));
  host.media_rules = std::make_shared<const MediaRules>(host.config.media);
  if (host.config.media.listening != before.media.listening) {
    for (const auto& core : host.cores) core->post(mailbox::UpdateListening{host.config.media.listening});
  }
  for (const RoomRule& rule : before.rooms.rooms) {
    if (host.find_rule(rule.name) == nullptr) release(control, rule);
  }
  for (const RoomRule& rule : host.config.rooms.rooms) {
    const RoomRule* old = nullptr;
    for (const RoomRule& one : before.rooms.rooms) old = one.name == rule.name ? &one : old;
    if (old != nullptr && *old == rule) continue;
    if (host.roster.find(rule.name) == nullptr) {
      host.create_by_rule(rule);
    } else {
      impose(control, rule, old == nullptr ? rule.locked : old->locked != rule.locked);
    }
  }
}

}  // namespace tutti::conference
