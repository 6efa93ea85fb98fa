#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "signaling/api/conference_routes.h"
#include "signaling/api/operation_route.h"
#include "signaling/api/page.h"
#include "signaling/api/query.h"
#include "signaling/api/request_bodies.h"

namespace tutti::api {
namespace {

using conference::Control;
using conference::Outcome;
using conference::ParticipantId;

const std::string& room_of(const Request& request) {
  return request.parameters.front();
}

// What was told, as JSON.
template <typename T>
Outcome<Json> as_json(const Outcome<T>& outcome) {
  if (!outcome) return base::unexpected(outcome.error());
  return json_of(*outcome);
}

Response create(Control& control, const Request& request, const NewRoom& room,
                const conference::ConferenceSettings& defaults) {
  const auto settings = patch_settings(defaults, room.settings, defaults);
  if (!settings) return problem(settings.error(), request.path);
  const auto info = control.create(room.name, *settings);
  if (!info) return problem(info.error(), request.path);
  return made(201, "/rooms/" + info->name, json_of(*info));  // a name needs no escapes in a path
}

Outcome<Json> update(Control& control, const std::string& room, const Json& patch,
                     const conference::ConferenceSettings& defaults) {
  const auto now = control.settings(room);
  if (!now) return base::unexpected(now.error());
  const auto wanted = patch_settings(*now, patch, defaults);
  if (!wanted) return base::unexpected(wanted.error());
  if (auto done = control.update_settings(room, *wanted); !done) return base::unexpected(done.error());
  return as_json(control.settings(room));
}

Outcome<Json> mute_all(Control& control, const std::string& room, bool muted, const MuteAll& which) {
  const auto changed = control.set_all_muted(room, muted, which.but_moderators);
  if (!changed) return base::unexpected(changed.error());
  return Json{{"changed", *changed}};
}

constexpr std::size_t kIdsMax = 100;

// "4,7"
Outcome<std::vector<ParticipantId>> read_ids(std::string_view text) {
  std::vector<ParticipantId> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::uint64_t id = 0;
    const auto read = std::from_chars(at, end, id);
    if (read.ec != std::errc{} || id == 0 || ids.size() == kIdsMax) break;
    ids.push_back(ParticipantId{id});
    if (read.ptr == end) return ids;
    if (*read.ptr != ',') break;
    at = read.ptr + 1;
  }
  return fail(conference::ConferenceError::kInvalidArgument,
              "\"ids\" takes 1 to 100 ids of participants, with commas between.");
}

// Those of `ids` who are in the room, without a look at the thousands who may be beside them.
Outcome<std::vector<conference::ParticipantInfo>> find_some(const Control& control, const std::string& room,
                                                            const std::vector<ParticipantId>& ids) {
  const auto conference = control.find_conference(room);
  if (!conference) return base::unexpected(conference.error());
  std::vector<conference::ParticipantInfo> found;
  for (const ParticipantId id : ids) {
    auto info = control.find_participant(id);
    if (info && info->conference == conference->name) found.push_back(std::move(*info));
  }
  return found;
}

Outcome<Json> some_participants(const Control& control, const std::string& room, std::string_view text) {
  const auto ids = read_ids(text);
  if (!ids) return base::unexpected(ids.error());
  const auto found = find_some(control, room, *ids);
  if (!found) return base::unexpected(found.error());
  Json participants = Json::array();
  for (const auto& info : *found) participants.push_back(json_of(info));
  return Json{{"participants", std::move(participants)}};
}

Outcome<Json> page_of_participants(const Control& control, const std::string& room, const Page& page) {
  ParticipantId after{};
  if (!page.after.empty()) {
    const auto last = read_ids(page.after);
    if (!last || last->size() != 1) {
      return fail(conference::ConferenceError::kInvalidArgument, "\"after\" takes a participant's id.");
    }
    after = last->front();
  }
  const auto list = control.list_participants(room, after, page.one_more());
  if (!list) return base::unexpected(list.error());
  return page_json("participants", *list, page, "/rooms/" + room + "/participants",
                   [](const auto& info) { return std::to_string(static_cast<std::uint64_t>(info.id)); });
}

Outcome<Json> participants_of(const Control& control, const Request& request) {
  if (const auto ids = find_value(request.query, "ids")) {
    return some_participants(control, room_of(request), *ids);
  }
  const auto page = read_page(request.query);
  if (!page) return base::unexpected(page.error());
  return page_of_participants(control, room_of(request), *page);
}

Outcome<Json> rooms_of(const Control& control, const Request& request) {
  const auto page = read_page(request.query);
  if (!page) return base::unexpected(page.error());
  return page_json("rooms", control.list_conferences(page->after, page->one_more()), *page, "/rooms",
                   [](const auto& info) { return info.name; });
}

void add_questions_of_room(Router& router, Control& control) {
  add_question(router, "/rooms", [&control](const Request& q) { return rooms_of(control, q); });
  add_question(router, "/rooms/{room}",
               [&control](const Request& q) { return as_json(control.find_conference(room_of(q))); });
  add_question(router, "/rooms/{room}/settings",
               [&control](const Request& q) { return as_json(control.settings(room_of(q))); });
  add_question(router, "/rooms/{room}/statistics",
               [&control](const Request& q) { return as_json(control.statistics(room_of(q))); });
  add_question(router, "/rooms/{room}/matrix",
               [&control](const Request& q) { return as_json(control.who_hears_whom(room_of(q))); });
  add_question(router, "/rooms/{room}/participants",
               [&control](const Request& q) { return participants_of(control, q); });
}

void add_conference_operations(Router& router, Control& control, const DefaultSettings& defaults) {
  add_operation(router, "POST", "/rooms", read_new_room,
                [&control, defaults](const Request& q, const NewRoom& room) {
                  return create(control, q, room, defaults());
                });
  const auto whole = [](const Json& body) -> Outcome<Json> { return body; };
  add_operation(router, "PATCH", "/rooms/{room}/settings", whole,
                [&control, defaults](const Request& q, const Json& patch) {
                  return update(control, room_of(q), patch, defaults());
                });
  add_operation(router, "POST", "/rooms/{room}/lock", read_nothing,
                [&control](const Request& q, const Nothing&) { return control.lock(room_of(q)); });
  add_operation(router, "POST", "/rooms/{room}/unlock", read_nothing,
                [&control](const Request& q, const Nothing&) { return control.unlock(room_of(q)); });
  add_operation(router, "POST", "/rooms/{room}/terminate", read_reason,
                [&control](const Request& q, const Reason& reason) {
                  return control.terminate(room_of(q), reason.text);
                });
}

void add_operations_on_all(Router& router, Control& control) {
  add_operation(router, "POST", "/rooms/{room}/invite", read_invitation,
                [&control](const Request& q, const conference::Invitation& invitation) {
                  const auto who = control.invite(room_of(q), invitation);
                  if (!who) return problem(who.error(), q.path);
                  const auto id = static_cast<std::uint64_t>(who->id);
                  return made(202, "/participants/" + std::to_string(id), json_of(*who));
                });
  add_operation(router, "POST", "/rooms/{room}/kick", read_reason,
                [&control](const Request& q, const Reason& reason) {
                  return control.kick_all(room_of(q), reason.text);
                });
  add_operation(router, "POST", "/rooms/{room}/mute", read_mute_all,
                [&control](const Request& q, const MuteAll& which) {
                  return mute_all(control, room_of(q), true, which);
                });
  add_operation(router, "POST", "/rooms/{room}/unmute", read_mute_all,
                [&control](const Request& q, const MuteAll& which) {
                  return mute_all(control, room_of(q), false, which);
                });
}

void add_sounds_of_room(Router& router, Control& control) {
  add_operation(router, "POST", "/rooms/{room}/play-tone", read_tone,
                [&control](const Request& q, const conference::Tone& tone) {
                  return control.play_tone(room_of(q), tone);
                });
  add_operation(
      router, "POST", "/rooms/{room}/play-file", read_file,
      [&control](const Request& q, const File& file) { return control.play_file(room_of(q), file.name); });
  add_operation(router, "POST", "/rooms/{room}/stop-play", read_nothing,
                [&control](const Request& q, const Nothing&) { return control.stop_play(room_of(q)); });
  add_operation(router, "POST", "/rooms/{room}/start-recording", read_file,
                [&control](const Request& q, const File& file) {
                  return control.start_recording(room_of(q), file.name);
                });
  add_operation(router, "POST", "/rooms/{room}/pause-recording", read_nothing,
                [&control](const Request& q, const Nothing&) { return control.pause_recording(room_of(q)); });
  add_operation(router, "POST", "/rooms/{room}/stop-recording", read_nothing,
                [&control](const Request& q, const Nothing&) { return control.stop_recording(room_of(q)); });
}

}  // namespace

void add_room_routes(Router& router, Control& control, DefaultSettings defaults) {
  add_questions_of_room(router, control);
  add_conference_operations(router, control, defaults);
  add_operations_on_all(router, control);
  add_sounds_of_room(router, control);
}

}  // namespace tutti::api
