// LoadedHost: a focus and its cores over the simulated network, where every packet costs a core time: the
// cores' clocks are moved by what they did. Callers dial, talk, listen and hang up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dataplane/core/media_core.h"
#include "dataplane/net/endpoint_allocator.h"
#include "dataplane/net/sim_host.h"
#include "dataplane/net/sim_network.h"
#include "signaling/conference/focus.h"
#include "tests/unit/conference/fakes.h"

namespace tutti::sim {

struct LoadedHostConfig {
  std::size_t cores = 1;
  std::uint32_t participants_per_core = 4'096;
  base::Duration packet_cost = std::chrono::microseconds(5);  // received or sent
  conference::AdmissionRules admission;
  std::size_t share_participants = conference::FocusConfig().share_participants;
};

// Thread: one, and one such host at a time.
class LoadedHost final : public conference::MediaPlane {
 public:
  explicit LoadedHost(const LoadedHostConfig& config);

  // Dials; the number of the caller, or none and counted where it was refused.
  void dial(const std::string& room);
  void hang_up(std::size_t caller);
  // Moves virtual time, packets, cores, focus and callers on.
  void run_for(base::Duration duration);

  // Of those who were let in, by the order of their coming.
  struct Caller {
    sip::DialogId dialog{};
    std::uint16_t port = 0;  // of the caller's host
    base::SocketAddress server;
    bool talking = false;  // the 200 has come
    bool gone = false;
    std::uint16_t sent = 0;
    std::uint64_t received = 0;
    std::uint16_t last_sequence = 0;
    base::Instant last_arrival;
    std::uint64_t breaks = 0;  // in the sequence numbers
    base::Duration longest_gap = base::Duration::zero();
  };
  const std::vector<Caller>& callers() const { return callers_; }
  std::size_t present() const;
  std::size_t refused() const { return refused_; }
  // Refusals that were not 503 with a Retry-After.
  std::size_t refused_wrongly() const { return refused_wrongly_; }

  const mailbox::CoreCounters& counters(std::size_t core) const { return cores_[core].core->counters(); }
  std::uint64_t late_ticks() const;

 private:
  struct Core {
    Core() : mailbox(8'192) {}
    std::int64_t packets() const;
    mailbox::Mailbox mailbox;
    std::unique_ptr<net::PacketPort> port;
    std::unique_ptr<core::MediaCore> core;
    base::Instant due;
    base::Instant turn_begin;
    std::int64_t packets_before = 0;  // this turn
  };
  // What the clock functions speak of.
  inline static Core* turning = nullptr;
  inline static base::Duration packet_cost{};

  base::Result<conference::MediaEndpoint, conference::MediaError> open_endpoint(
      std::size_t core, bool with_rtcp, conference::PortRange within,
      const base::SocketAddress& remote) override;
  void close_endpoint(const conference::MediaEndpoint& endpoint) override;
  void make_ready(std::size_t core, const mailbox::ParticipantHandle& slot) override {
    cores_[core].core->make_ready(slot.slot);
  }
  std::span<const conference::CoreDoor> cores() const override { return doors_; }

  void run_cores();
  void answer_callers();
  void talk_and_listen();

  net::SimNetwork network_;
  net::EndpointAllocator endpoints_;
  std::deque<Core> cores_;
  std::vector<conference::CoreDoor> doors_;
  conference::FakeDialogs dialogs_;
  std::unique_ptr<conference::Focus> focus_;
  std::unique_ptr<net::SimHost> host_;
  base::Instant poll_at_;
  std::vector<Caller> callers_;
  std::size_t refused_ = 0;
  std::size_t refused_wrongly_ = 0;
};

}  // namespace tutti::sim
