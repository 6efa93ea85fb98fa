#include "signaling/conference/host.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "signaling/conference/clocks.h"
#include "signaling/conference/coaching.h"
#include "signaling/conference/placement.h"
#include "signaling/conference/seating.h"

namespace tutti::conference {
namespace {

std::size_t to_count(const base::Gauge& gauge) {
  const std::int64_t value = gauge.value();
  return value > 0 ? static_cast<std::size_t>(value) : 0;
}

}  // namespace

Host::Host(MediaPlane& media, FocusConfig host_config, EventSink* sink)
    : config(std::move(host_config)),
      media_rules(std::make_shared<const MediaRules>(config.media)),
      announcer(sink),
      media_(media) {
  CHECK(!media.cores().empty() && !find_fault(config));
  for (const CoreDoor& door : media.cores()) cores.push_back(std::make_unique<CoreLink>(door));
  for (const RoomRule& rule : config.rooms.rooms) create_by_rule(rule);
}

void Host::connect(sip::DialogControl& dialogs, const sip::SipCounters& counters) {
  dialogs_ = &dialogs;
  sip_counters_ = &counters;
}

sip::DialogControl& Host::dialogs() const {
  CHECK(dialogs_ != nullptr);
  return *dialogs_;
}

CoreLoad Host::look_at(CoreLink& core) {
  const std::size_t attached = to_count(core.counters().participants);
  CoreLoad load;
  load.participants = core.participants.in_use();
  load.full = core.participants.full();
  load.used_permille = core.counters().used_p99_permille.value();
  load.measured = attached;
  load.recent = std::max(core.recent.count(now), load.participants - std::min(attached, load.participants));
  load.closed = core.closed;
  load.closed = core.closed = is_closed(load, config.admission);
  return load;
}

std::optional<std::size_t> Host::choose_core(const Conference* conference) {
  std::vector<CoreLoad> loads;
  for (std::size_t i = 0; i < cores.size(); ++i) {
    CoreLoad& load = loads.emplace_back(look_at(*cores[i]));
    load.seated = conference != nullptr && conference->sits_on(i);
    load.full = load.full || !has_seat(*this, conference, i);
  }
  return conference::choose_core(loads, config.admission);
}

bool Host::overloaded() {
  return std::all_of(cores.begin(), cores.end(), [this](const auto& core) {
    const CoreLoad load = look_at(*core);
    return load.full || (config.admission.by_headroom && load.closed);
  });
}

std::chrono::seconds Host::draw_retry_after() {
  std::uniform_int_distribution<std::chrono::seconds::rep> more(0, config.retry_after.count());
  return config.retry_after + std::chrono::seconds(more(random_));
}

void Host::forget_stay(const Participant& participant) {
  const ParticipantId id = participant.identity().id;
  end_coachings(*this, participant);
  deadlines.cancel(DeadlineKind::kStay, id);
  deadlines.cancel(DeadlineKind::kPin, id);
  pin_attempts.erase(id);
}

void Host::forget(const Participant& participant) {
  forget_stay(participant);
  deadlines.cancel(participant.identity().id);
  pending_offers.erase(participant.identity().id);
}

base::Result<MediaEndpoint, MediaError> Host::open_endpoint(std::size_t core, bool with_rtcp,
                                                            PortRange within,
                                                            const base::SocketAddress& remote) {
  auto endpoint = media_.open_endpoint(core, with_rtcp, within, remote);
  if (endpoint) ++open_endpoints_;
  return endpoint;
}

void Host::close_endpoint(const MediaEndpoint& endpoint) {
  CHECK(open_endpoints_ > 0);
  --open_endpoints_;
  media_.close_endpoint(endpoint);
}

const RoomRule* Host::find_rule(std::string_view name) const {
  for (const RoomRule& rule : config.rooms.rooms) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

Conference& Host::create_conference(const std::string& name, const ConferenceSettings& settings,
                                    bool locked) {
  Conference& conference =
      roster.add(std::make_unique<Conference>(roster.next_conference_id(), name, settings, now, announcer));
  announcer.tell(conference, ConferenceCreated{conference.public_id()});
  CHECK(conference.try_enter(ConferenceState::kActive));
  if (locked) CHECK(conference.try_enter(ConferenceState::kLocked));
  start_clocks(*this, conference);
  return conference;
}

void Host::create_by_rule(const RoomRule& rule) {
  if (draining || roster.find(rule.name) != nullptr) return;
  ConferenceSettings settings = rule.settings;
  settings.permanent = true;
  create_conference(rule.name, settings, rule.locked);
}

Host::Pattern Host::pattern_of(std::string_view name) const {
  const RoomRule* rule = find_rule(name);
  if (rule != nullptr) return {rule->settings, rule->locked};
  return {config.rooms.settings};
}

bool Host::too_many_rooms() const {
  const std::size_t bound = config.rooms.rooms.size() + config.rooms.max_rooms;
  return config.rooms.max_rooms != 0 && roster.conferences().size() >= bound;
}

void Host::complain(Conference& conference, ConferenceError error, std::string detail) const {
  if (now < conference.complain_after) return;
  conference.complain_after = now + std::chrono::seconds(1);
  announcer.tell(conference, ConferenceFailed{error, std::move(detail)});
}

Ledger Host::ledger() const {
  Ledger ledger;
  if (sip_counters_ != nullptr) ledger.dialogs = to_count(sip_counters_->dialogs);
  ledger.participants = roster.participants().size();
  ledger.ports = open_endpoints_;
  for (const auto& core : cores) {
    ledger.streams += to_count(core->counters().participants);
    ledger.rooms += core->conferences.in_use();
  }
  return ledger;
}

}  // namespace tutti::conference
