#include "signaling/api/conference_routes.h"
#include "signaling/api/operation_route.h"
#include "signaling/api/request_bodies.h"

namespace tutti::api {
namespace {

using conference::Control;
using conference::Outcome;
using conference::ParticipantId;

// GET /participants/{participant}<path>: `tell(id)`.
template <typename Tell>
void ask(Router& router, const std::string& path, Tell tell) {
  add_question(router, "/participants/{participant}" + path,
               [tell = std::move(tell)](const Request& request) -> Outcome<Json> {
                 const auto id = participant_of(request);
                 if (!id) return base::unexpected(id.error());
                 const auto told = tell(*id);
                 if (!told) return base::unexpected(told.error());
                 return json_of(*told);
               });
}

// POST /participants/{participant}/<path>: `act(id, body)`.
template <typename Read, typename Act>
void post(Router& router, const std::string& path, Read read, Act act) {
  add_operation(router, "POST", "/participants/{participant}" + path, read,
                [act = std::move(act)](const Request& request, const auto& body) -> Outcome<> {
                  const auto id = participant_of(request);
                  if (!id) return base::unexpected(id.error());
                  return act(*id, body);
                });
}

Outcome<> set_gain(Control& control, ParticipantId id, const Gain& gain) {
  const auto now = control.find_participant(id);
  if (!now) return base::unexpected(now.error());
  return control.set_gain(id, gain.in_db.value_or(now->gain_in_db), gain.out_db.value_or(now->gain_out_db));
}

void add_questions_of_participant(Router& router, Control& control) {
  ask(router, "", [&control](ParticipantId id) { return control.find_participant(id); });
  ask(router, "/why-silent", [&control](ParticipantId id) { return control.why_silent(id); });
  router.add("GET", "/participants/{participant}/sdp", [&control](const Request& request) {
    const auto id = participant_of(request);
    if (!id) return problem(id.error(), request.path);
    const auto sdp = control.session_description(*id);
    if (!sdp) return problem(sdp.error(), request.path);
    return Response{200, "application/sdp", *sdp, {}};
  });
}

void add_switches(Router& router, Control& control) {
  post(router, "/mute", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.set_muted(id, true); });
  post(router, "/unmute", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.set_muted(id, false); });
  post(router, "/deaf", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.set_deaf(id, true); });
  post(router, "/undeaf", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.set_deaf(id, false); });
  post(router, "/hold", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.set_hold(id, true); });
  post(router, "/unhold", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.set_hold(id, false); });
  post(router, "/gain", read_gain,
       [&control](ParticipantId id, const Gain& gain) { return set_gain(control, id, gain); });
}

void add_standing(Router& router, Control& control) {
  post(router, "/kick", read_reason,
       [&control](ParticipantId id, const Reason& reason) { return control.kick(id, reason.text); });
  post(router, "/role", read_role,
       [&control](ParticipantId id, conference::ParticipantRole role) { return control.set_role(id, role); });
  post(router, "/status", read_status, [&control](ParticipantId id, conference::ParticipantStatus status) {
    return control.set_status(id, status);
  });
  post(router, "/move", read_move,
       [&control](ParticipantId id, const Move& where) { return control.move(id, where.room); });
  post(router, "/coach", read_coach,
       [&control](ParticipantId id, const Coach& whom) { return control.coach(id, whom.coachee); });
  post(router, "/stop-coaching", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.stop_coaching(id); });
}

void add_sounds_of_participant(Router& router, Control& control) {
  post(router, "/play-tone", read_tone,
       [&control](ParticipantId id, const conference::Tone& tone) { return control.play_tone(id, tone); });
  post(router, "/play-file", read_file,
       [&control](ParticipantId id, const File& file) { return control.play_file(id, file.name); });
  post(router, "/stop-play", read_nothing,
       [&control](ParticipantId id, const Nothing&) { return control.stop_play(id); });
}

}  // namespace

void add_participant_routes(Router& router, Control& control) {
  add_questions_of_participant(router, control);
  add_switches(router, control);
  add_standing(router, control);
  add_sounds_of_participant(router, control);
}

}  // namespace tutti::api
