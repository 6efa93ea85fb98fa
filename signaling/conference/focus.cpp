#include "signaling/conference/focus.h"

#include <array>
#include <span>
#include <utility>
#include <variant>

#include "dataplane/base/check.h"
#include "signaling/conference/host.h"
#include "signaling/conference/joining.h"
#include "signaling/conference/leaving.h"
#include "signaling/conference/renegotiation.h"

namespace tutti::conference {

// Brings what happens (calls, core events, operations) to the part that deals with it.
class Focus::Impl {
 public:
  Impl(MediaPlane& media, FocusConfig config)
      : host(media, std::move(config)), joining(host), leaving(host), renegotiation(host, leaving) {}

  void take_events(CoreLink& core);
  void handle(CoreLink& core, const mailbox::CoreEvent& event);
  void finish_drain();

  // The conference of that name, and the participant that is still present.
  base::Result<Conference*, ConferenceError> find(std::string_view name) const;
  base::Result<Participant*, ConferenceError> find(ParticipantId participant) const;
  // Tells the core, where it is something new.
  void control(Participant& who, const mailbox::MixControls& controls);

  Host host;
  Joining joining;
  Leaving leaving;
  Renegotiation renegotiation;

  base::Instant drain_deadline;
  std::function<void(const Ledger&)> drained;

 private:
  Participant* find(CoreLink& core, const mailbox::ParticipantHandle& handle) const;
};

Participant* Focus::Impl::find(CoreLink& core, const mailbox::ParticipantHandle& handle) const {
  const ParticipantId* id = core.participants.find(handle);
  return id == nullptr ? nullptr : host.roster.find(*id);
}

base::Result<Conference*, ConferenceError> Focus::Impl::find(std::string_view name) const {
  Conference* conference = host.roster.find(name);
  if (conference == nullptr) return base::unexpected(ConferenceError::kNotFound);
  return conference;
}

base::Result<Participant*, ConferenceError> Focus::Impl::find(ParticipantId id) const {
  Participant* participant = host.roster.find(id);
  if (participant == nullptr) return base::unexpected(ConferenceError::kNotFound);
  if (!participant->present()) return base::unexpected(ConferenceError::kInvalidState);
  return participant;
}

void Focus::Impl::control(Participant& who, const mailbox::MixControls& controls) {
  if (who.controls() == controls) return;
  who.set_controls(controls);
  host.core_of(who).post(mailbox::UpdateMix{who.identity().handle, controls});
}

void Focus::Impl::take_events(CoreLink& core) {
  std::array<mailbox::CoreEvent, 64> events;
  for (std::size_t taken = 0; taken < kEventsPerPoll;) {
    const std::size_t count = core.drain(events);
    for (const mailbox::CoreEvent& event : std::span(events).first(count)) handle(core, event);
    if (count < events.size()) break;
    taken += count;
  }
}

void Focus::Impl::handle(CoreLink& core, const mailbox::CoreEvent& event) {
  if (const auto* closed = std::get_if<mailbox::ConferenceClosed>(&event)) {
    core.conferences.release(closed->conference);
  } else if (const auto* attached = std::get_if<mailbox::ParticipantAttached>(&event)) {
    if (Participant* who = find(core, attached->participant)) joining.on_attached(*who);
  } else if (const auto* detached = std::get_if<mailbox::ParticipantDetached>(&event)) {
    if (Participant* who = find(core, detached->participant)) leaving.on_detached(*who, *detached);
  } else if (const auto* latched = std::get_if<mailbox::SourceLatched>(&event)) {
    if (Participant* who = find(core, latched->participant)) who->latched_source = latched->source;
  } else if (const auto* silent = std::get_if<mailbox::MediaTimedOut>(&event)) {
    if (Participant* who = find(core, silent->participant)) leaving.dismiss(*who, "No media");
  }
  // RemoteBye ends a source, not a call: SIP does that. Digits have no use yet.
}

void Focus::Impl::finish_drain() {
  if (!drained) return;
  const Ledger left = host.ledger();
  if (!left.zero() && host.now < drain_deadline) return;
  const auto done = std::exchange(drained, nullptr);
  done(left);
}

Focus::Focus(MediaPlane& media, FocusConfig config)
    : impl_(std::make_unique<Impl>(media, std::move(config))) {}
Focus::~Focus() = default;

void Focus::connect(sip::DialogControl& dialogs, const sip::SipCounters& counters) {
  impl_->host.connect(dialogs, counters);
}

void Focus::poll(base::Instant now) {
  impl_->host.now = now;
  for (const auto& core : impl_->host.cores) {
    impl_->take_events(*core);
    core->flush();
  }
  impl_->finish_drain();
}

void Focus::drain(base::Instant deadline, std::function<void(const Ledger&)> done) {
  impl_->host.draining = true;
  impl_->drain_deadline = deadline;
  impl_->drained = std::move(done);
  for (const auto& [id, participant] : impl_->host.roster.participants()) {
    impl_->leaving.dismiss(*participant, "Server is shutting down");
  }
}

Ledger Focus::ledger() const {
  return impl_->host.ledger();
}

std::vector<ConferenceInfo> Focus::list_conferences() const {
  std::vector<ConferenceInfo> list;
  for (const auto& [name, conference] : impl_->host.roster.conferences()) list.push_back(conference->info());
  return list;
}

base::Result<ConferenceInfo, ConferenceError> Focus::find_conference(std::string_view name) const {
  return impl_->find(name).map([](const Conference* conference) { return conference->info(); });
}

base::Result<std::vector<ParticipantInfo>, ConferenceError> Focus::list_participants(
    std::string_view name) const {
  const auto conference = impl_->find(name);
  if (!conference) return base::unexpected(conference.error());
  std::vector<ParticipantInfo> list;
  for (const ParticipantId id : (*conference)->participants()) {
    list.push_back(impl_->host.roster.find(id)->info());
  }
  return list;
}

base::Result<void, ConferenceError> Focus::lock(std::string_view name) {
  const auto conference = impl_->find(name);
  if (!conference) return base::unexpected(conference.error());
  if (!(*conference)->try_enter(ConferenceState::kLocked)) {
    return base::unexpected(ConferenceError::kInvalidState);
  }
  return {};
}

base::Result<void, ConferenceError> Focus::unlock(std::string_view name) {
  const auto conference = impl_->find(name);
  if (!conference) return base::unexpected(conference.error());
  if ((*conference)->state() != ConferenceState::kLocked) {
    return base::unexpected(ConferenceError::kInvalidState);
  }
  CHECK((*conference)->try_enter(ConferenceState::kActive));
  return {};
}

base::Result<void, ConferenceError> Focus::terminate(std::string_view name) {
  const auto conference = impl_->find(name);
  if (!conference) return base::unexpected(conference.error());
  if (!impl_->leaving.terminate(**conference, "Conference ended")) {
    return base::unexpected(ConferenceError::kInvalidState);
  }
  return {};
}

base::Result<void, ConferenceError> Focus::kick(ParticipantId id, const std::string& reason) {
  const auto participant = impl_->find(id);
  if (!participant) return base::unexpected(participant.error());
  impl_->leaving.dismiss(**participant, reason);
  return {};
}

base::Result<void, ConferenceError> Focus::set_muted(ParticipantId id, bool muted) {
  const auto participant = impl_->find(id);
  if (!participant) return base::unexpected(participant.error());
  mailbox::MixControls controls = (*participant)->controls();
  controls.muted = muted;
  impl_->control(**participant, controls);
  return {};
}

base::Result<void, ConferenceError> Focus::set_gain(ParticipantId id, int in_db, int out_db) {
  const auto participant = impl_->find(id);
  if (!participant) return base::unexpected(participant.error());
  const auto possible = [](int db) { return db >= mailbox::kGainDbMin && db <= mailbox::kGainDbMax; };
  if (!possible(in_db) || !possible(out_db)) return base::unexpected(ConferenceError::kInvalidArgument);
  mailbox::MixControls controls = (*participant)->controls();
  controls.gain_in_db = static_cast<std::int8_t>(in_db);
  controls.gain_out_db = static_cast<std::int8_t>(out_db);
  impl_->control(**participant, controls);
  return {};
}

std::uint64_t Focus::refused_for_load() const {
  return impl_->host.refused_for_load;
}

std::optional<std::chrono::seconds> Focus::overloaded() {
  if (!impl_->host.overloaded()) return std::nullopt;
  ++impl_->host.refused_for_load;
  return impl_->host.draw_retry_after();
}

void Focus::on_invite(const sip::IncomingInvite& invite) {
  impl_->joining.on_invite(invite);
}
void Focus::on_reinvite(sip::DialogId dialog, const std::string& offer) {
  impl_->renegotiation.on_reinvite(dialog, offer);
}
void Focus::on_answer(sip::DialogId dialog, const std::string& sdp) {
  impl_->renegotiation.on_answer(dialog, sdp);
}
void Focus::on_established(sip::DialogId dialog) {
  impl_->renegotiation.on_established(dialog);
}
void Focus::on_ended(sip::DialogId dialog, const sip::DialogEnd& /*end*/) {
  if (Participant* participant = impl_->host.roster.find(dialog)) impl_->leaving.leave(*participant);
}

}  // namespace tutti::conference
