// Host: what the focus's parts work on together: the roster, the cores, the ports, the user agent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "dataplane/base/clock.h"
#include "signaling/conference/core_link.h"
#include "signaling/conference/focus_config.h"
#include "signaling/conference/ledger.h"
#include "signaling/conference/media_plane.h"
#include "signaling/conference/roster.h"
#include "signaling/sip/dialog_control.h"
#include "signaling/sip/sip_counters.h"

namespace tutti::conference {

// Thread: the event loop's.
class Host {
 public:
  Host(MediaPlane& media, FocusConfig host_config);

  const FocusConfig config;
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
  CoreLink& core_of(const Participant& participant) { return *cores[participant.identity().core]; }

  base::Result<MediaEndpoint, MediaError> open_endpoint(bool with_rtcp);
  void close_endpoint(const MediaEndpoint& endpoint);

  // Makes it by its rule where it has one, else by those for dialled ones.
  Conference& create_conference(const std::string& name);
  const RoomRule* find_rule(std::string_view name) const;

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
