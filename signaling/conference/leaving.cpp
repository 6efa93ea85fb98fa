#include "signaling/conference/leaving.h"

#include <utility>
#include <vector>

#include "dataplane/base/check.h"
#include "signaling/conference/activity.h"
#include "signaling/conference/clocks.h"
#include "signaling/conference/refusal.h"
#include "signaling/conference/seating.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {

void Leaving::leave(Participant& participant, const std::string& reason) {
  if (!participant.present()) return;
  begin_leave(participant, reason);
  host_.core_of(participant).post(mailbox::DetachParticipant{participant.identity().handle});
}

void Leaving::begin_leave(Participant& participant, const std::string& reason) {
  const ParticipantId id = participant.identity().id;
  set_talking(host_, participant, false);
  participant.leave_reason = reason;
  participant.begin_leave();
  host_.roster.forget_dialog(participant);
  host_.forget(participant);
  participant.conference().begin_leave(id);
  moderation_.exit(participant);
}

void Leaving::dismiss(Participant& participant, const std::string& reason) {
  if (!participant.present()) return;
  const sip::DialogId dialog = participant.identity().dialog;
  leave(participant, reason);
  host_.dialogs().hang_up(dialog, reason);
}

void Leaving::dismiss_in_turn(Participant& participant, const std::string& reason) {
  if (!participant.present()) return;
  to_end_.emplace(participant.identity().dialog, reason);
  leave(participant, reason);
  end_dialogs(share_);
}

void Leaving::dismiss_all(Conference& conference, const std::string& reason) {
  for (const ParticipantId id : conference.participants()) {
    dismiss_in_turn(*host_.roster.find(id), reason);
  }
}

void Leaving::end_next_dialogs() {
  share_ = kDialogsPerTurn;
  end_dialogs(share_);
}

void Leaving::end_all_dialogs() {
  std::size_t all = to_end_.size();
  end_dialogs(all);
}

void Leaving::end_dialogs(std::size_t& share) {
  for (; share > 0 && !to_end_.empty(); --share) {
    const auto next = to_end_.extract(to_end_.begin());
    host_.dialogs().hang_up(next.key(), next.mapped());
  }
}

void Leaving::on_ended(Participant& participant, const sip::DialogEnd& end) {
  if (!participant.present()) return;
  if (end.reason == sip::EndReason::kRemoteBye) return leave(participant, "Hung up");
  if (end.reason == sip::EndReason::kCancelled) return leave(participant, "Gave up");
  const std::string detail = end.phrase.empty() ? sip::to_string(end.reason) : end.phrase;
  host_.announcer.tell(participant, ParticipantFailed{ConferenceError::kTimeout, detail});
  leave(participant, detail);
}

void Leaving::lose_media(Participant& participant) {
  if (!participant.present()) return;
  host_.announcer.tell(participant, ParticipantFailed{ConferenceError::kMediaFailed, "No media"});
  end_media(host_, participant, "No media");
  dismiss_in_turn(participant, "No media");  // of all, where a network fails
}

void Leaving::on_detached(Participant& participant, const mailbox::ParticipantDetached& event) {
  const ParticipantIdentity& identity = participant.identity();
  if (participant.present()) {
    // The core's own doing: the network refused the endpoint.
    const bool owes_answer = !participant.in_call() && !identity.dialled_out && event.refused;
    host_.announcer.tell(participant, ParticipantFailed{ConferenceError::kMediaFailed,
                                                        "Its core could not take its media endpoint"});
    begin_leave(participant, "Media failed");
    if (owes_answer) {
      host_.dialogs().reject(identity.dialog, refuse_full(host_.draw_retry_after()));
    } else {
      host_.dialogs().hang_up(identity.dialog, "Media failed");
    }
  }
  end_media(host_, participant, participant.leave_reason);
  participant.end();
  ParticipantInfo info = info_of(host_, participant);
  set_packets(info, participant, event.totals);
  CHECK(host_.core_of(participant).participants.release(identity.handle));
  host_.close_endpoint(identity.endpoint);
  go(participant, std::move(info));
}

void Leaving::abandon(Participant& participant, const std::string& reason) {
  if (participant.present()) begin_leave(participant, reason);
  end_media(host_, participant, participant.leave_reason);
  participant.end();
  go(participant, info_of(host_, participant));
}

// It is out: says so, frees its seat, and forgets it.
void Leaving::go(Participant& participant, ParticipantInfo info) {
  Conference& conference = participant.conference();
  conference.keep_packets(info);
  host_.announcer.tell(participant, ParticipantLeft{participant.leave_reason, std::move(info)});
  give_up_origin(participant);
  leave_seat(host_, conference, participant.seat());
  conference.remove(participant.identity().id);
  host_.roster.erase(participant);
  look_after(conference);
}

void Leaving::give_up_origin(Participant& participant) {
  const auto move = host_.moves.find(participant.identity().id);
  if (move == host_.moves.end()) return;
  const Place origin = move->second;
  host_.moves.erase(move);
  leave_seat(host_, *origin.conference, origin.seat);
  look_after(*origin.conference);
}

bool Leaving::terminate(Conference& conference, const std::string& reason) {
  if (!conference.try_enter(ConferenceState::kTerminating)) return false;
  conference.end_reason = reason;  // which it may be already
  host_.deadlines.cancel(conference.id());
  dismiss_all(conference, conference.end_reason);
  look_after(conference);
  return true;
}

void Leaving::terminate_all(const std::string& reason) {
  std::vector<Conference*> all;
  for (const auto& [name, conference] : host_.roster.conferences()) all.push_back(conference.get());
  for (Conference* conference : all) terminate(*conference, reason);  // ends none but itself
}

void Leaving::look_after(Conference& conference) {
  if (!conference.participants().empty() || !conference.seats.empty()) return;
  if (conference.ending()) return close(conference);
  stop_occupied_clocks(host_, conference);
  if (conference.stays_empty() || conference.settings().linger.count() > 0) return;
  terminate(conference, conference.end_reason);
}

void Leaving::close(Conference& conference) {
  CHECK(conference.seats.empty());
  CHECK(conference.try_enter(ConferenceState::kTerminated));
  host_.announcer.tell(conference,
                       ConferenceTerminated{conference.end_reason, statistics_of(host_, conference)});
  host_.deadlines.cancel(conference.id());
  const RoomRule* rule = host_.find_rule(conference.name());
  const bool again = conference.settings().permanent && !host_.draining;
  const std::string name = conference.name();
  const ConferenceSettings settings = conference.settings();
  const bool locked = conference.locked();
  host_.roster.erase(conference);
  if (again && rule != nullptr) {
    host_.create_by_rule(*rule);
  } else if (again) {
    host_.create_conference(name, settings, locked);  // no rule says what it is like
  }
}

}  // namespace tutti::conference
