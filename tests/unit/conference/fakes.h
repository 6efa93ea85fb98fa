// Two of the focus's neighbours, scripted: the user agent, and a core behind a real mailbox.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/mailbox/mailbox.h"
#include "signaling/conference/media_plane.h"
#include "signaling/sip/dialog_control.h"
#include "signaling/sip/sip_counters.h"

namespace tutti::conference {

// Keeps the contract of DialogControl, and fails the test where the focus does not keep its own.
class FakeDialogs final : public sip::DialogControl {
 public:
  // kCalling: ours, not answered yet.
  enum class State { kInvited, kCalling, kAccepted, kEstablished, kRejected, kHungUp, kEnded };
  struct Dialog {
    State state = State::kInvited;
    sip::Rejection rejection;
    std::string sdp;     // of the last 200
    std::string reason;  // of hang_up
    int accepted_reinvites = 0;
    std::vector<sip::Rejection> rejected_reinvites;
    std::vector<std::string> reinvites;  // ours
    bool busy = false;                   // none of ours can go out
    sip::OutgoingInvite invite;          // ours
    bool alive() const { return state <= State::kEstablished; }
  };

  sip::DialogId begin();
  Dialog& operator[](sip::DialogId dialog) { return dialogs_.at(dialog); }
  // The far end's doing; the observer is told by the test.
  void establish(sip::DialogId dialog);
  void end(sip::DialogId dialog);
  const sip::SipCounters& counters() const { return counters_; }
  std::size_t alive() const { return static_cast<std::size_t>(counters_.dialogs.value()); }

  void ring(sip::DialogId) override {}
  void accept(sip::DialogId dialog, base::SharedText sdp) override;
  void reject(sip::DialogId dialog, const sip::Rejection& rejection) override;
  void accept_reinvite(sip::DialogId dialog, base::SharedText sdp) override;
  void reject_reinvite(sip::DialogId dialog, const sip::Rejection& rejection) override;
  bool reinvite(sip::DialogId dialog, base::SharedText offer) override;
  void hang_up(sip::DialogId dialog, const std::string& reason) override;
  base::Result<sip::DialogId, sip::SipError> invite(const sip::OutgoingInvite& invite) override;

  std::optional<sip::SipError> refuse_invites;
  sip::DialogId last_called{};

 private:
  void die(Dialog& dialog, State state);

  std::map<sip::DialogId, Dialog> dialogs_;
  sip::SipCounters counters_;
};

// The far side of one mailbox. Runs only when told to; holds every command against the slots.
class ScriptedCore {
 public:
  ScriptedCore(std::size_t mailbox_capacity, mailbox::CoreCapacity capacity)
      : mailbox_(mailbox_capacity), capacity_(capacity), reports_(capacity.participants) {}

  struct Attached {
    mailbox::AttachParticipant command;
    mailbox::MediaParameters media;
    mailbox::MixControls mix;
    int updates = 0;
  };

  CoreDoor door() { return {&mailbox_, &counters_, capacity_, &reports_}; }
  // What it says of its participants.
  mailbox::ParticipantReports& reports() { return reports_; }
  // What it says to have used of its time.
  void set_used(std::int64_t permille) { counters_.used_p99_permille.set(permille); }
  // Takes up to `commands`, and emits what they and before_run left to tell, as far as the mailbox takes it.
  void run(std::size_t commands = 1'000);
  void emit(const mailbox::CoreEvent& event) { events_.push_back(event); }
  // Ends a participant of its own accord.
  void drop(mailbox::ParticipantHandle handle);

  std::uint32_t max_talkers = 0;         // of the conference opened last
  int refuse_attaches = 0;               // so many of the next ones
  std::set<std::uint32_t> ready;         // slots that have memory: nobody is attached in another
  std::vector<mailbox::PlayTone> tones;  // all that were to be played
  std::vector<mailbox::StopTone> stopped_tones;
  std::vector<mailbox::Listening> listening;                   // every change of it
  std::map<std::uint32_t, mailbox::ParticipantHandle> voices;  // coaches, by the slot of the voice
  std::set<std::pair<std::uint32_t, std::uint32_t>> ears;      // participant's slot, voice's slot
  const std::map<std::uint32_t, Attached>& attached() const { return attached_; }
  // A share of a conference, with those of the others that it hears, by number.
  struct Peer {
    std::uint32_t core = 0;
    mailbox::ConferenceHandle share;
  };
  struct Share {
    std::uint32_t generation = 0;
    std::uint32_t number = 0;
    bool mixing = true;
    std::map<std::uint32_t, Peer> peers;
  };
  std::size_t conferences() const { return open_.size(); }
  // By slot.
  const std::map<std::uint32_t, Share>& shares() const { return open_; }
  bool idle() const { return events_.empty(); }

 private:
  void take(const mailbox::CoreCommand& command);
  bool holds(const mailbox::ParticipantHandle& handle) const;

  mailbox::Mailbox mailbox_;
  mailbox::CoreCounters counters_;
  mailbox::CoreCapacity capacity_;
  mailbox::ParticipantReports reports_;
  std::map<std::uint32_t, Attached> attached_;
  std::map<std::uint32_t, Share> open_;  // by conference slot
  std::deque<mailbox::CoreEvent> events_;
};

}  // namespace tutti::conference
