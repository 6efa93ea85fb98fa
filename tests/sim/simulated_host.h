// SimulatedHost: media cores over the simulated network, in virtual time, with the part of signaling that
// tests need played by hand: opens endpoints, posts commands, collects events.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/core/media_core.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/net/endpoint_allocator.h"
#include "dataplane/net/sim_host.h"
#include "dataplane/net/sim_network.h"

namespace tutti::sim {

struct SimulatedHostConfig {
  std::uint64_t seed = 1;
  std::uint32_t cores = 1;
  mailbox::CoreCapacity capacity{128, 64};
  base::Duration jitter_delay = std::chrono::milliseconds(40);
  std::size_t mailbox_capacity = 1'024;
  bool follow_talkers = true;
  std::uint8_t owed_ticks_max = core::CoreOptions().owed_ticks_max;
};

// Where a conference or a participant lives.
struct ConferenceKey {
  std::uint32_t core = 0;
  mailbox::ConferenceHandle handle;
  std::uint32_t number = 0;  // of the share
};
struct ParticipantKey {
  std::uint32_t core = 0;
  mailbox::ParticipantHandle handle;
  net::Endpoint endpoint;
};

// Thread: one.
class SimulatedHost {
 public:
  explicit SimulatedHost(const SimulatedHostConfig& config);

  ConferenceKey open_conference(std::uint32_t core = 0, std::uint32_t max_talkers = 0,
                                std::uint32_t number = 0);
  void close_conference(const ConferenceKey& conference);
  // Two shares of one conference: each hears the other from now on, or no longer.
  void link(const ConferenceKey& a, const ConferenceKey& b);
  void unlink(const ConferenceKey& a, const ConferenceKey& b);
  // One conference of so many shares, on so many cores by turns, all linked.
  std::vector<ConferenceKey> open_shares(std::uint32_t shares, std::uint32_t cores,
                                         std::uint32_t max_talkers = 0);
  std::vector<ConferenceKey> open_on_cores(std::uint32_t cores, std::uint32_t max_talkers = 0) {
    return open_shares(cores, cores, max_talkers);
  }

  // Opens an endpoint and attaches a participant that speaks PCMU (0), PCMA (8) and telephone-event (101).
  ParticipantKey join(const ConferenceKey& conference, mailbox::MediaParameters media,
                      mailbox::MixControls mix = {});
  void update(const ParticipantKey& participant, const mailbox::MediaParameters& media);
  void update(const ParticipantKey& participant, mailbox::MixControls mix);
  void leave(const ParticipantKey& participant);
  // What there is no shorter way for. A voice of its own, for coaching, is a conference that is never opened.
  void post(std::uint32_t core, const mailbox::CoreCommand& command);
  ConferenceKey take_conference(std::uint32_t core);

  // What a participant sends to is where its endpoint is; PCMU first, 20 ms, both directions.
  static mailbox::MediaParameters media_for(const base::SocketAddress& remote_rtp);

  // Lets every core take the turns that are due at the network's present time, and takes their events;
  // closes the endpoints of those that have left.
  void run_cores();

  // While stopped a core takes no turn, as under a stopped virtual machine; the others go on.
  void stop_core(std::uint32_t core, bool stopped) { cores_[core].stopped = stopped; }

  net::SimNetwork& network() { return network_; }
  core::RingDirectory& rings() { return rings_; }
  core::MediaCore& core(std::uint32_t index) { return *cores_[index].core; }
  mailbox::Mailbox& mailbox(std::uint32_t index) { return cores_[index].mailbox; }
  const std::vector<mailbox::CoreEvent>& events() const { return events_; }
  template <typename Event>
  std::vector<Event> events_of() const;

  // Nothing is held: endpoints, participants, conferences, packets on their way. Close all first.
  std::size_t endpoints_open() const { return endpoints_.in_use(); }
  std::int64_t streams() const;

 private:
  struct Core {
    explicit Core(std::size_t mailbox_capacity) : mailbox(mailbox_capacity) {}
    mailbox::Mailbox mailbox;
    std::unique_ptr<net::PacketPort> port;
    std::unique_ptr<core::MediaCore> core;
    base::Instant due;
    bool stopped = false;
    std::vector<std::uint32_t> free_participants;
    std::vector<std::uint32_t> free_conferences;
    std::vector<std::optional<net::Endpoint>> endpoints;  // by participant slot
  };

  void take(Core& core, const mailbox::CoreEvent& event);

  net::SimNetwork network_;
  net::EndpointAllocator endpoints_;
  core::RingDirectory rings_;
  std::deque<Core> cores_;
  std::vector<mailbox::CoreEvent> events_;
  std::uint32_t generation_ = 0;
};

template <typename Event>
std::vector<Event> SimulatedHost::events_of() const {
  std::vector<Event> found;
  for (const auto& event : events_) {
    if (const auto* match = std::get_if<Event>(&event)) found.push_back(*match);
  }
  return found;
}

}  // namespace tutti::sim
