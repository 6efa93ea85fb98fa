// RoomCallers: everyone of a RoomPlan at the far end of a cable: they send as they are ordered to, and tell
// whether those who are listened to heard what they must, bit for bit.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "bench/orders.h"
#include "bench/room_plan.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "tests/support/cable_callers.h"
#include "tests/support/voices.h"

namespace tutti::bench {

enum class Pace : std::uint8_t {
  kSteps,  // as many as are wanted, at once
  kClock,  // when each is due
};

enum class Answer : std::uint8_t {
  kMix,   // of the others in one's room
  kEcho,  // one's own packet
};

// Packets that are due by then, of all callers together.
std::uint64_t packets_due(base::Duration since, std::uint32_t participants);

// Thread: the one that runs it; made and ended by any.
class RoomCallers {
 public:
  struct Options {
    std::string port;  // of DPDK's
    RoomPlan plan;
    std::span<const base::SocketAddress> servers;  // of each caller; read in the constructor
    std::uint32_t buffers = 0;
    Pace pace = Pace::kSteps;
    Answer answer = Answer::kMix;
  };
  explicit RoomCallers(const Options& options);

  // From kOpen until kRest.
  void run(Orders& orders);

 private:
  void enter(Phase phase, Orders& orders);
  void step(Orders& orders);
  void follow_clock(Orders& orders);
  CallersReport report() const;
  void listen(CallersReport& report) const;

  const RoomPlan plan_;
  const Pace pace_;
  const Answer answer_;
  const test_support::Voices voices_{1};
  dpdk::CableCallers callers_;
  Phase phase_ = Phase::kWait;
  Patience patience_;
  base::Instant now_{};
  base::Instant begun_{};
  base::Instant measured_from_{};
  base::Duration lag_max_{0};
  base::Duration stall_max_{0};
  base::Duration busy_{0};
};

}  // namespace tutti::bench
