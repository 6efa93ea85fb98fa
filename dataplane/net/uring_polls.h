// UringPolls: whose socket is read next, where nothing tells of its packets: each once when its endpoint is
// looked for, and again where more may wait.
//
// A phone sends as many packets as there are ticks, so a read that finds nothing is rare, and to look for a
// second packet each time would be most of the cost. It is looked for after a turn without one (a burst may
// follow a gap), where the last look found one, in each 16th turn, and where the core asks to be thorough. Of
// the 16th turns each flow has its own, whatever all had in common before: else a tick in 16 would cost more.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/realtime.h"
#include "dataplane/net/uring_flow.h"

namespace tutti::net {

// Thread: the core's.
class UringPolls {
 public:
  static constexpr std::uint8_t kTwiceEach = 16;
  // Of one flow in a turn, so that a flood keeps nobody from being read; more is left for its next turn.
  static constexpr std::uint16_t kTakenMax = 32;
  // An error counts for as many packets, so a socket that does nothing but err is read 4 times.
  static constexpr std::uint16_t kErrorTakes = 8;

  explicit UringPolls(std::span<UringFlow> flows);

  // From now on the flow is read this way.
  void add(std::uint32_t flow) TUTTI_REALTIME {
    flows_[flow].armed = UringFlow::Receive::kPolled;
    flows_[flow].polls = static_cast<std::uint8_t>(flow / 2 % kTwiceEach);  // RTP's are even
    flows_[flow].twice = true;
    any_ = true;
  }
  // As PacketPort::look; nothing where the flow is not read this way.
  void look(std::uint32_t flow, bool thorough) TUTTI_REALTIME;
  // Until look() is called first, each of these looks for all.
  void begin_receive() TUTTI_REALTIME;
  std::optional<std::uint32_t> next() TUTTI_REALTIME;
  enum class Brought : std::uint8_t {
    kPacket,
    kError,  // ICMP's, of whatever kind: the socket tells it instead of the packet that waits
    kNothing,
  };
  // What reading the flow's socket brought. What is behind an error is looked for in the same turn.
  void answer(std::uint32_t flow, Brought brought) TUTTI_REALTIME;

 private:
  void list(std::uint32_t flow, bool thorough) TUTTI_REALTIME;
  void look_again(std::uint32_t flow) TUTTI_REALTIME {
    if (again_.size() < again_.capacity()) again_.push_back(flow);
  }

  const std::span<UringFlow> flows_;
  // Neither grows beyond its first capacity. Who is no longer read this way may still stand in them.
  std::vector<std::uint32_t> asked_;  // each flow once
  std::vector<std::uint32_t> again_;
  std::size_t cursor_ = 0;  // in asked_
  bool any_ = false;        // there has been one
  bool told_ = false;
};

}  // namespace tutti::net
