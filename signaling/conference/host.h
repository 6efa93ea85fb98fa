// Host: what the focus's parts work on together: the roster, the cores, the ports, the user agent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/clock.h"
#include "signaling/conference/announcer.h"
#include "signaling/conference/core_link.h"
#include "signaling/conference/deadlines.h"
#include "signaling/conference/focus_config.h"
#include "signaling/conference/ledger.h"
#include "signaling/conference/lockouts.h"
#include "signaling/conference/media_plane.h"
#include "signaling/conference/pin_attempt.h"
#include "signaling/conference/roster.h"
#include "signaling/sip/dialog_control.h"
#include "signaling/sip/sip_counters.h"

namespace tutti::conference {

// A re-INVITE of ours that has no answer yet, and what to go back to where it is refused.
struct PendingOffer {
  base::SharedText before;                          // Participant::local_description
  sdp::Direction told = sdp::Direction::kSendRecv;  // Participant::told
};

// A voice that only some hear.
struct Coached {
  mailbox::ConferenceHandle voice;  // a slot of the coach's core
  std::set<ParticipantId> ears;
};

// Thread: the event loop's.
class Host {
 public:
  Host(MediaPlane& media, FocusConfig host_config, EventSink* sink);

  FocusConfig config;                             // changed by reconfigure() alone
  std::shared_ptr<const MediaRules> media_rules;  // config.media, for who comes to keep
  const Announcer announcer;
  Deadlines deadlines;
  Lockouts lockouts;
  PinAttempts pin_attempts;
  std::map<ParticipantId, PendingOffer> pending_offers;
  std::map<ParticipantId, Coached> coachings;  // by the coach
  std::map<ParticipantId, Place> moves;        // under way: where each came from
  Roster roster;
  std::vector<std::unique_ptr<CoreLink>> cores;
  base::Instant now = base::monotonic_now();  // as of the last poll()
  bool draining = false;                      // nobody is let in any more
  std::uint64_t refused_for_load = 0;         // calls that found no core with room and headroom

  void connect(sip::DialogControl& dialogs, const sip::SipCounters& counters);
  sip::DialogControl& dialogs() const;

  // The core for one more participant of a conference, null for one that does not exist yet; empty when none
  // has room and headroom.
  std::optional<std::size_t> choose_core(const Conference* conference);
  // None has, whatever the conference.
  bool overloaded();
  // When to ask again: some time from config.retry_after to twice that, so that not all do at once.
  std::chrono::seconds draw_retry_after();
  int draw_below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
  CoreLink& core_of(const Participant& participant) { return *cores[participant.identity().core]; }

  // What is kept of it beside the roster for the conference that it leaves: whom it coaches, its PIN, the end
  // of its stay. What is under way with its far end goes on.
  void forget_stay(const Participant& participant);
  // All that is kept of it beside the roster.
  void forget(const Participant& participant);

  base::Result<MediaEndpoint, MediaError> open_endpoint(std::size_t core, bool with_rtcp, PortRange within,
                                                        const base::SocketAddress& remote);
  void close_endpoint(const MediaEndpoint& endpoint);
  void make_ready(std::size_t core, const mailbox::ParticipantHandle& slot) { media_.make_ready(core, slot); }

  // Active, or Locked. A name that nobody has, or none: then it is the id.
  Conference& create_conference(const std::string& name, const ConferenceSettings& settings,
                                bool locked = false);
  // What a room of that name is made like: by its rule where it has one, else as dialled ones are.
  struct Pattern {
    const ConferenceSettings& settings;
    bool locked = false;
  };
  Pattern pattern_of(std::string_view name) const;
  // Makes the room of that rule where there is none of the name, and rooms may be made.
  void create_by_rule(const RoomRule& rule);
  const RoomRule* find_rule(std::string_view name) const;
  // Beside those that rules made there are as many as there may be.
  bool too_many_rooms() const;
  // Something failed that is no participant's fault alone: ConferenceFailed, once a second at most.
  void complain(Conference& conference, ConferenceError error, std::string detail) const;

  Ledger ledger() const;

 private:
  CoreLoad look_at(CoreLink& core);

  MediaPlane& media_;
  sip::DialogControl* dialogs_ = nullptr;
  const sip::SipCounters* sip_counters_ = nullptr;
  std::size_t open_endpoints_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace tutti::conference
