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

#include "dataplane/base/clock.h"
#include "signaling/conference/control.h"
#include "signaling/conference/event_sink.h"
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

  // Owns neither media nor the sink; both outlive the focus. `config` has no fault (find_fault). `events`
  // null: nobody is told; rooms of the configuration are made, and told of, here.
  Focus(MediaPlane& media, FocusConfig config, EventSink* events = nullptr);
  ~Focus() override;

  // Names the user agent that reports here. Once, before the loop runs.
  void connect(sip::DialogControl& dialogs, const sip::SipCounters& counters);

  // Takes what the cores tell, does what is due, gives the cores what they had no room for.
  void poll(base::Instant now);

  // Ends every conference and its calls, and from now on answers each INVITE with 503. Calls `done` from a
  // poll(), once, with what is still held: nothing, or what was left at the deadline. The user agent's
  // refuse_new_calls() and the loop's end are the caller's.
  void drain(base::Instant deadline, std::function<void(const Ledger&)> done);
  // Tells the end of everyone who is still here, and of every conference, waiting for no core: what follows
  // events is then complete. After it there is nothing to do but to destroy the focus.
  void conclude();

  // Takes another configuration while calls go on: see reconfiguration.h. `config` has no fault.
  void reconfigure(FocusConfig config);

  Ledger ledger() const;
  // Conferences that exist.
  std::size_t conferences() const;

  // Every operation, for as long as the focus lives.
  Control& control();

  // Calls that were refused since the start because no core had room and headroom.
  std::uint64_t refused_for_load() const;

  // sip::UserAgentObserver
  std::optional<std::chrono::seconds> overloaded(bool call) override;
  std::optional<sip::Rejection> refuses(const sip::IncomingInvite& invite) override;
  void on_invite(const sip::IncomingInvite& invite) override;
  void on_reinvite(sip::DialogId dialog, const std::string& offer) override;
  void on_answer(sip::DialogId dialog, const std::string& sdp) override;
  void on_established(sip::DialogId dialog) override;
  void on_ended(sip::DialogId dialog, const sip::DialogEnd& end) override;
  void on_reinvite_rejected(sip::DialogId dialog, int status,
                            std::optional<std::chrono::seconds> retry_after) override;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::conference
