// ToneCallers: the tone oracle's callers on hosts of the simulated network, and the loop of virtual time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/simulated_host.h"
#include "tests/support/tone_oracle.h"

namespace tutti::sim {

// Thread: one. Owns the callers' hosts, not the simulated server.
class ToneCallers {
 public:
  ToneCallers(SimulatedHost& server, const test_support::ToneOracleConfig& config);

  // Puts a caller into a conference; `change` may alter what was agreed.
  void join(std::size_t caller, const ConferenceKey& conference,
            const std::function<void(mailbox::MediaParameters&)>& change = {});
  void leave(std::size_t caller);

  // Everyone joins, in a random order, and leaves, in another; each time those who are in hear one another,
  // judged for `judge` after `settle`. `conference` says where the next one joins.
  testing::AssertionResult come_and_go(std::mt19937_64& random,
                                       const std::function<ConferenceKey()>& conference,
                                       base::Duration settle, base::Duration judge);

  void set_links(const net::LinkConditions& up, const net::LinkConditions& down);
  // Moves virtual time, packets, callers and cores on.
  void run_for(base::Duration duration);

  test_support::ToneOracle& oracle() { return oracle_; }
  net::SimHost& host(std::size_t caller) { return *hosts_[caller]; }
  base::SocketAddress address(std::size_t caller) const { return addresses_[caller]; }
  const ParticipantKey& participant(std::size_t caller) const { return *participants_[caller]; }
  base::Instant now() const { return server_.network().now(); }
  // RTP that callers got while they were not in a call.
  std::uint64_t packets_after_leaving() const { return packets_after_leaving_; }

 private:
  SimulatedHost& server_;
  test_support::ToneOracle oracle_;
  std::vector<std::unique_ptr<net::SimHost>> hosts_;
  std::vector<base::SocketAddress> addresses_;
  std::vector<std::optional<ParticipantKey>> participants_;
  std::uint64_t packets_after_leaving_ = 0;
};

}  // namespace tutti::sim
