// Focus: the SIP side of every conference: lets callers in, agrees their media, gives them to a core, and
// takes them out again, whichever way they leave.
//
// Source: RFC 4353 (focus, conference, participant), RFC 3264 (offer and answer).
// Thread: all of it the event loop's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "signaling/conference/conference_error.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/focus_config.h"
#include "signaling/conference/ledger.h"
#include "signaling/conference/media_plane.h"
#include "signaling/sip/dialog_control.h"
#include "signaling/sip/sip_counters.h"

namespace tutti::conference {

class Focus final : public sip::UserAgentObserver {
 public:
  // How often to call poll(): a quarter of a tick, so that a join waits for the core, not for us.
  static constexpr std::chrono::milliseconds kPollPeriod{5};
  // Core events taken in one poll() from one core.
  static constexpr std::size_t kEventsPerPoll = 1'024;

  // Owns no media; it outlives the focus. `config` has no fault (find_fault).
  Focus(MediaPlane& media, FocusConfig config);
  ~Focus() override;

  // Names the user agent that reports here. Once, before the loop runs.
  void connect(sip::DialogControl& dialogs, const sip::SipCounters& counters);

  // Takes what the cores tell, gives them what they had no room for, looks at the drain's deadline.
  void poll(base::Instant now);

  // Ends every call, and from now on answers each INVITE with 503. Calls `done` from a poll(), once, with
  // what is still held: nothing, or what was left at the deadline. The user agent's refuse_new_calls() and
  // the loop's end are the caller's.
  void drain(base::Instant deadline, std::function<void(const Ledger&)> done);

  Ledger ledger() const;

  // Operations. Errors: NotFound; InvalidState where the state machines have no such step.
  std::vector<ConferenceInfo> list_conferences() const;
  base::Result<ConferenceInfo, ConferenceError> find_conference(std::string_view name) const;
  base::Result<std::vector<ParticipantInfo>, ConferenceError> list_participants(std::string_view name) const;
  // A locked conference answers 403; those who are in stay.
  base::Result<void, ConferenceError> lock(std::string_view name);
  base::Result<void, ConferenceError> unlock(std::string_view name);
  // Hangs up on everyone; callers get 480 until the last one is out. A permanent one then starts afresh.
  base::Result<void, ConferenceError> terminate(std::string_view name);
  base::Result<void, ConferenceError> kick(ParticipantId participant, const std::string& reason);
  base::Result<void, ConferenceError> set_muted(ParticipantId participant, bool muted);
  // How loudly a voice enters the mix and how loudly its owner hears the others.
  // Units: whole dB, mailbox::kGainDbMin to kGainDbMax; 0 changes nothing. Errors: InvalidArgument beyond.
  base::Result<void, ConferenceError> set_gain(ParticipantId participant, int in_db, int out_db);

  // Calls that were refused since the start because no core had room and headroom.
  std::uint64_t refused_for_load() const;

  // sip::UserAgentObserver
  std::optional<std::chrono::seconds> overloaded() override;
  void on_invite(const sip::IncomingInvite& invite) override;
  void on_reinvite(sip::DialogId dialog, const std::string& offer) override;
  void on_answer(sip::DialogId dialog, const std::string& sdp) override;
  void on_established(sip::DialogId dialog) override;
  void on_ended(sip::DialogId dialog, const sip::DialogEnd& end) override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::conference
