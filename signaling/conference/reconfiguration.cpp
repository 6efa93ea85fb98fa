#include "signaling/conference/reconfiguration.h"

#include <memory>
#include <utility>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

// One that is ending takes no other settings; only whether it is made again is still open, and then it is by
// its rule as it is now.
void make_again(Conference& ending, bool permanent) {
  ConferenceSettings settings = ending.settings();
  settings.permanent = permanent;
  ending.set_settings(std::move(settings));
}

void impose(Control& control, Conference& conference, const RoomRule& rule, bool change_lock) {
  if (conference.ending()) return make_again(conference, true);
  ConferenceSettings settings = rule.settings;
  settings.permanent = true;
  CHECK(control.update_settings(rule.name, settings));
  if (!change_lock) return;
  static_cast<void>((rule.locked ? control.lock(rule.name) : control.unlock(rule.name)).has_value());
}

void release(Control& control, Conference& conference) {
  if (conference.ending()) return make_again(conference, false);
  ConferenceSettings settings = conference.settings();
  settings.permanent = false;
  CHECK(control.update_settings(conference.name(), settings));
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
    if (host.find_rule(rule.name) != nullptr) continue;
    if (Conference* conference = host.roster.find(rule.name)) release(control, *conference);
  }
  for (const RoomRule& rule : host.config.rooms.rooms) {
    const RoomRule* old = nullptr;
    for (const RoomRule& one : before.rooms.rooms) old = one.name == rule.name ? &one : old;
    if (old != nullptr && *old == rule) continue;
    if (Conference* conference = host.roster.find(rule.name)) {
      impose(control, *conference, rule, old == nullptr ? rule.locked : old->locked != rule.locked);
    } else {
      host.create_by_rule(rule);
    }
  }
}

}  // namespace tutti::conference
