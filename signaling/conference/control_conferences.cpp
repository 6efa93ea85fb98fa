// The operations on conferences.
#include <utility>

#include "dataplane/base/check.h"
#include "signaling/conference/clocks.h"
#include "signaling/conference/conference_name.h"
#include "signaling/conference/control_impl.h"
#include "signaling/conference/hearing_query.h"
#include "signaling/conference/seating.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {
namespace {

std::string state_sentence(const Conference& conference) {
  return "the conference is " + std::string(to_string(conference.state()));
}

Outcome<> no_files() {
  return fail(ConferenceError::kNotSupported, "there are no files to play or record yet");
}

}  // namespace

Outcome<Conference*> ControlImpl::find(std::string_view name) const {
  Conference* conference = host_.roster.find(name);
  if (conference != nullptr) return conference;
  return fail(ConferenceError::kNotFound, "there is no conference of this name or id");
}

Outcome<Conference*> ControlImpl::find_open(std::string_view name) const {
  auto conference = find(name);
  if (conference && (*conference)->ending()) {
    return fail(ConferenceError::kInvalidState, state_sentence(**conference));
  }
  return conference;
}

Outcome<ConferenceInfo> ControlImpl::create(std::string_view name, const ConferenceSettings& settings) {
  if (!name.empty() && !is_conference_name(name)) {
    return fail(ConferenceError::kInvalidArgument,
                "a name takes 1 to 64 letters, digits or -_.+!~*', with no dot in front");
  }
  if (auto fault = find_fault(settings)) return base::unexpected(std::move(*fault));
  if (host_.draining) return fail(ConferenceError::kInvalidState, "the server is shutting down");
  if (exists(name)) return fail(ConferenceError::kAlreadyExists, "there is a conference of this name");
  if (host_.too_many_rooms()) {
    return fail(ConferenceError::kCapacityExceeded, "there are rooms.max_rooms conferences");
  }
  Conference& conference = host_.create_conference(std::string(name), settings);
  conference.reserved = true;
  return conference.info();
}

bool ControlImpl::exists(std::string_view name) const {
  return host_.roster.find(name) != nullptr;
}

std::vector<ConferenceInfo> ControlImpl::list_conferences(std::string_view after, std::size_t limit) const {
  const Roster::Conferences& all = host_.roster.conferences();
  std::vector<ConferenceInfo> list;
  for (auto at = all.upper_bound(after); at != all.end() && list.size() < limit; ++at) {
    list.push_back(at->second->info());
  }
  return list;
}

Outcome<ConferenceInfo> ControlImpl::find_conference(std::string_view name) const {
  return find(name).map([](const Conference* conference) { return conference->info(); });
}

Outcome<ConferenceSettings> ControlImpl::settings(std::string_view name) const {
  return find(name).map([](const Conference* conference) { return conference->settings(); });
}

Outcome<> ControlImpl::update_settings(std::string_view name, const ConferenceSettings& settings) {
  const auto found = find_open(name);
  if (!found) return base::unexpected(found.error());
  Conference& conference = **found;
  if (auto fault = find_fault(settings)) return base::unexpected(std::move(*fault));
  const ConferenceSettings before = conference.settings();
  auto keys = changed_keys(before, settings);
  if (keys.empty()) return {};
  conference.set_settings(settings);
  host_.announcer.tell(conference, ConfigurationChanged{std::move(keys)});
  update_shares(host_, conference);
  restart_clocks(host_, conference, before);
  parts_.moderation.apply_all(conference);
  parts_.pins.on_settings(conference);
  if (settings.hold_music == before.hold_music) return {};
  for (const ParticipantId id : conference.participants()) {
    parts_.renegotiation.offer_again(*host_.roster.find(id));  // of who is held
  }
  return {};
}

Outcome<ConferenceStatistics> ControlImpl::statistics(std::string_view name) const {
  return find(name).map([this](const Conference* conference) { return statistics_of(host_, *conference); });
}

Outcome<> ControlImpl::terminate(std::string_view name, const std::string& reason) {
  const auto conference = find(name);
  if (!conference) return base::unexpected(conference.error());
  if (parts_.leaving.terminate(**conference, reason.empty() ? "Conference ended" : reason)) return {};
  return fail(ConferenceError::kInvalidState, state_sentence(**conference));
}

Outcome<> ControlImpl::lock(std::string_view name) {
  const auto conference = find(name);
  if (!conference) return base::unexpected(conference.error());
  if ((*conference)->try_enter(ConferenceState::kLocked)) return {};
  return fail(ConferenceError::kInvalidState, state_sentence(**conference));
}

Outcome<> ControlImpl::unlock(std::string_view name) {
  const auto conference = find(name);
  if (!conference) return base::unexpected(conference.error());
  const bool locked = (*conference)->state() == ConferenceState::kLocked;
  if (locked && (*conference)->try_enter(ConferenceState::kActive)) return {};
  return fail(ConferenceError::kInvalidState, state_sentence(**conference));
}

Outcome<std::vector<ParticipantInfo>> ControlImpl::list_participants(std::string_view name,
                                                                     ParticipantId after,
                                                                     std::size_t limit) const {
  const auto conference = find(name);
  if (!conference) return base::unexpected(conference.error());
  const auto& all = (*conference)->participants();
  std::vector<ParticipantInfo> list;
  list.reserve(std::min(limit, all.size()));
  for (auto at = all.upper_bound(after); at != all.end() && list.size() < limit; ++at) {
    list.push_back(info_of(host_, *host_.roster.find(*at)));
  }
  return list;
}

Outcome<ParticipantInfo> ControlImpl::invite(std::string_view name, const Invitation& invitation) {
  const auto conference = find(name);
  if (!conference) return base::unexpected(conference.error());
  return parts_.dial_out.invite(**conference, invitation).map([this](const Participant* participant) {
    return info_of(host_, *participant);
  });
}

Outcome<> ControlImpl::kick_all(std::string_view name, const std::string& reason) {
  const auto conference = find_open(name);
  if (!conference) return base::unexpected(conference.error());
  parts_.leaving.dismiss_all(**conference, reason);
  return {};
}

Outcome<std::size_t> ControlImpl::set_all_muted(std::string_view name, bool muted, bool but_moderators) {
  const auto conference = find_open(name);
  if (!conference) return base::unexpected(conference.error());
  std::size_t changed = 0;
  for (const ParticipantId id : (*conference)->participants()) {
    const Participant& participant = *host_.roster.find(id);
    if (!participant.present() || (but_moderators && participant.moderates())) continue;
    if (participant.switches().muted == muted) continue;
    CHECK(set_muted(id, muted));
    ++changed;
  }
  return changed;
}

Outcome<> ControlImpl::play_file(std::string_view name, const std::string& /*file*/) {
  const auto conference = find_open(name);
  return conference ? no_files() : base::unexpected(conference.error());
}

Outcome<> ControlImpl::play_file(ParticipantId id, const std::string& /*file*/) {
  const auto participant = find_present(id);
  return participant ? no_files() : base::unexpected(participant.error());
}

Outcome<> ControlImpl::start_recording(std::string_view name, const std::string& file) {
  return play_file(name, file);
}

Outcome<> ControlImpl::pause_recording(std::string_view name) {
  return play_file(name, {});
}

Outcome<> ControlImpl::stop_recording(std::string_view name) {
  return play_file(name, {});
}

Outcome<HearingMatrix> ControlImpl::who_hears_whom(std::string_view name) const {
  return find(name).map([this](const Conference* conference) { return hearing_in(host_, *conference); });
}

}  // namespace tutti::conference
