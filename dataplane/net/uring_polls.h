// UringPolls: whose socket is read next, where nothing tells of its packets: each once in the turn of its
// phase, and again where more may wait.
//
// A phone sends as many packets as there are ticks, so a read that finds nothing is rare, and to look for a
// second packet each time would be most of the cost. It is looked for after a turn without one (a burst may
// follow a gap), where the last look found one, in each 16th turn, and in turns that come late.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/realtime.h"
#include "dataplane/net/packet_port.h"
#include "dataplane/net/uring_flow.h"

namespace tutti::net {

// Thread: the core's.
class UringPolls {
 public:
  static constexpr std::uint32_t kPhases = PacketPort::kPhases;
  static constexpr std::uint8_t kSinglePolls = 15;
  // Of one flow in a turn, so that a flood keeps nobody from being read; more is left for its next turn.
  static constexpr std::uint16_t kTakenMax = 32;

  explicit UringPolls(std::span<UringFlow> flows);

  // A flow's phase is UringFlow::phase, and does not change while it is in here.
  void add(std::uint32_t flow) TUTTI_REALTIME;
  void remove(std::uint32_t flow) TUTTI_REALTIME;

  // As PacketPort::begin_turn.
  void begin_turn(std::uint32_t phases) TUTTI_REALTIME;
  // A receive() begins: until begin_turn() is called first, that is a turn of all.
  void begin_receive() TUTTI_REALTIME {
    if (!told_ && due_ == 0 && again_.empty()) due_ = kAll;
  }
  std::optional<std::uint32_t> next() TUTTI_REALTIME;
  // What reading the flow's socket brought.
  void answer(std::uint32_t flow, bool packet) TUTTI_REALTIME;

 private:
  static constexpr std::uint32_t kAll = (1u << kPhases) - 1;

  void look_again(std::uint32_t flow) TUTTI_REALTIME {
    if (again_.size() < again_.capacity()) again_.push_back(flow);
  }

  const std::span<UringFlow> flows_;
  // None of these grows beyond its first capacity.
  std::array<std::vector<std::uint32_t>, kPhases> lists_;
  std::vector<std::uint32_t> again_;
  std::uint32_t due_ = 0;   // phases whose lists are not yet through
  std::size_t cursor_ = 0;  // in the list of the lowest of them
  bool told_ = false;
  bool thorough_ = true;  // this turn looks for a second packet everywhere
};

}  // namespace tutti::net
