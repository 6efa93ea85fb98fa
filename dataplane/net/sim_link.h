// SimLink: one direction of a simulated host's access to the network, with what goes wrong on it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"

namespace tutti::net {

// Everything zero: a perfect link. Probabilities are 0 .. 1, for each packet alone.
struct LinkConditions {
  double loss = 0;
  double duplication = 0;
  base::Duration delay{0};
  base::Duration jitter{0};    // uniform 0 .. jitter on top of delay, for each packet alone: so they overtake
  std::uint64_t rate_bps = 0;  // of payload bits; 0 = unlimited
  base::Duration queue =
      std::chrono::milliseconds(200);  // a packet that would wait longer for the rate is lost
};

// The same numbers on every machine and library. Source: Vigna, splitmix64 (public domain).
class SimRandom {
 public:
  explicit SimRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() TUTTI_REALTIME;
  // Uniform in 0 .. 1, 1 excluded.
  double fraction() TUTTI_REALTIME { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

// Thread: the simulation's.
class SimLink {
 public:
  explicit SimLink(std::uint64_t seed) : random_(seed) {}

  void set(const LinkConditions& conditions) { conditions_ = conditions; }

  // When a packet that enters at `now` comes out: nowhere (lost), once, or twice (duplicated).
  struct Passage {
    std::array<base::Instant, 2> out{};
    std::size_t copies = 0;
  };
  Passage pass(base::Instant now, std::size_t bytes) TUTTI_REALTIME;

 private:
  base::Duration transit() TUTTI_REALTIME;

  LinkConditions conditions_;
  SimRandom random_;
  base::Instant free_at_{};  // when the packet before has left, at rate_bps
};

}  // namespace tutti::net
