#include "signaling/conference/focus.h"

#include <array>
#include <span>
#include <utility>
#include <variant>

#include "signaling/conference/activity.h"
#include "signaling/conference/control_impl.h"
#include "signaling/conference/parts.h"
#include "signaling/conference/reconfiguration.h"

namespace tutti::conference {
namespace {

constexpr const char* kShuttingDown = "Server is shutting down";

}  // namespace

// Brings what happens (calls, core events) to the part that deals with it.
class Focus::Impl {
 public:
  Impl(MediaPlane& media, FocusConfig config, EventSink* events)
      : parts(media, std::move(config), events), control(parts) {}

  void take_events(CoreLink& core);
  void finish_drain();
  void on_digit(Participant& who, char digit);
  void on_attached(Participant& who);

  Parts parts;
  ControlImpl control;

  base::Instant drain_deadline;
  std::function<void(const Ledger&)> drained;

 private:
  void handle(CoreLink& core, const mailbox::CoreEvent& event);
  Participant* find(CoreLink& core, const mailbox::ParticipantHandle& handle) const;
};

Participant* Focus::Impl::find(CoreLink& core, const mailbox::ParticipantHandle& handle) const {
  const ParticipantId* id = core.participants.find(handle);
  return id == nullptr ? nullptr : parts.host.roster.find(*id);
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
    if (Participant* who = find(core, attached->participant)) on_attached(*who);
  } else if (const auto* detached = std::get_if<mailbox::ParticipantDetached>(&event)) {
    if (Participant* who = find(core, detached->participant)) parts.leaving.on_detached(*who, *detached);
  } else if (const auto* latched = std::get_if<mailbox::SourceLatched>(&event)) {
    if (Participant* who = find(core, latched->participant)) begin_media(parts.host, *who, latched->source);
  } else if (const auto* silent = std::get_if<mailbox::MediaTimedOut>(&event)) {
    if (Participant* who = find(core, silent->participant)) parts.leaving.lose_media(*who);
  } else if (const auto* talks = std::get_if<mailbox::TalkingChanged>(&event)) {
    Participant* who = find(core, talks->participant);
    if (who != nullptr && who->present()) set_talking(parts.host, *who, talks->talking);
  } else if (const auto* moved = std::get_if<mailbox::ParticipantMoved>(&event)) {
    if (Participant* who = find(core, moved->participant)) parts.moving.on_moved(*who);
  } else if (const auto* digit = std::get_if<mailbox::DigitReceived>(&event)) {
    if (Participant* who = find(core, digit->participant)) on_digit(*who, digit->digit);
  }
  // RemoteBye ends a source, not a call: SIP does that.
}

void Focus::Impl::on_attached(Participant& who) {
  if (who.identity().dialled_out) {
    parts.dial_out.on_attached(who);
  } else {
    parts.joining.on_attached(who);
  }
}

void Focus::Impl::on_digit(Participant& who, char digit) {
  if (!who.present()) return;
  parts.host.announcer.tell(who, DtmfReceived{who.entering_pin ? '?' : digit});
  if (who.entering_pin) parts.pins.on_digit(who, digit);
}

void Focus::Impl::finish_drain() {
  if (!drained) return;
  const Ledger left = parts.host.ledger();
  if (!left.zero() && parts.host.now < drain_deadline) return;
  const auto done = std::exchange(drained, nullptr);
  done(left);
}

Focus::Focus(MediaPlane& media, FocusConfig config, EventSink* events)
    : impl_(std::make_unique<Impl>(media, std::move(config), events)) {}
Focus::~Focus() = default;

void Focus::connect(sip::DialogControl& dialogs, const sip::SipCounters& counters) {
  impl_->parts.host.connect(dialogs, counters);
}

void Focus::poll(base::Instant now) {
  Host& host = impl_->parts.host;
  host.now = now;
  impl_->parts.leaving.end_next_dialogs();
  for (const auto& core : host.cores) impl_->take_events(*core);
  impl_->parts.limits.poll();
  for (const auto& core : host.cores) core->flush();
  impl_->finish_drain();
}

void Focus::drain(base::Instant deadline, std::function<void(const Ledger&)> done) {
  impl_->parts.host.draining = true;
  impl_->drain_deadline = deadline;
  impl_->drained = std::move(done);
  impl_->parts.leaving.terminate_all(kShuttingDown);
}

void Focus::conclude() {
  Parts& parts = impl_->parts;
  parts.host.draining = true;
  parts.leaving.terminate_all(kShuttingDown);
  parts.leaving.end_all_dialogs();
  const auto& left = parts.host.roster.participants();
  while (!left.empty()) parts.leaving.abandon(*left.begin()->second, kShuttingDown);
}

Ledger Focus::ledger() const {
  return impl_->parts.host.ledger();
}

void Focus::reconfigure(FocusConfig config) {
  conference::reconfigure(impl_->parts.host, impl_->control, std::move(config));
}

std::size_t Focus::conferences() const {
  return impl_->parts.host.roster.conferences().size();
}

Control& Focus::control() {
  return impl_->control;
}

std::uint64_t Focus::refused_for_load() const {
  return impl_->parts.host.refused_for_load;
}

std::optional<std::chrono::seconds> Focus::overloaded(bool call) {
  if (!impl_->parts.host.overloaded()) return std::nullopt;
  if (call) ++impl_->parts.host.refused_for_load;
  return impl_->parts.host.draw_retry_after();
}

std::optional<sip::Rejection> Focus::refuses(const sip::IncomingInvite& invite) {
  return impl_->parts.joining.refuses(invite);
}

void Focus::on_invite(const sip::IncomingInvite& invite) {
  impl_->parts.joining.on_invite(invite);
}

void Focus::on_reinvite(sip::DialogId dialog, const std::string& offer) {
  impl_->parts.renegotiation.on_reinvite(dialog, offer);
}

void Focus::on_answer(sip::DialogId dialog, const std::string& sdp) {
  Participant* participant = impl_->parts.host.roster.find(dialog);
  if (participant == nullptr) return;
  if (DialOut::calls(*participant)) return impl_->parts.dial_out.on_answer(*participant, sdp);
  impl_->parts.renegotiation.on_answer(*participant, sdp);
}

void Focus::on_established(sip::DialogId dialog) {
  Participant* participant = impl_->parts.host.roster.find(dialog);
  if (participant == nullptr) return;
  if (DialOut::calls(*participant)) return impl_->parts.dial_out.on_established(*participant);
  impl_->parts.renegotiation.on_established(*participant);
}

void Focus::on_ended(sip::DialogId dialog, const sip::DialogEnd& end) {
  Participant* participant = impl_->parts.host.roster.find(dialog);
  if (participant == nullptr) return impl_->parts.leaving.forget(dialog);
  if (DialOut::calls(*participant)) return impl_->parts.dial_out.on_ended(*participant, end);
  impl_->parts.leaving.on_ended(*participant, end);
}

void Focus::on_reinvite_rejected(sip::DialogId dialog, int status,
                                 std::optional<std::chrono::seconds> retry_after) {
  Participant* participant = impl_->parts.host.roster.find(dialog);
  if (participant != nullptr) impl_->parts.renegotiation.on_rejected(*participant, status, retry_after);
}

}  // namespace tutti::conference
