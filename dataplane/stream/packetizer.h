// Packetizer: when a participant's packets leave, and which samples they hold: frames of 20 ms in, packets
// of 10 to 60 ms out, each exactly one ptime after the one before.
//
// Time is counted in half ticks of 10 ms: a frame comes with every even one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"

namespace tutti::stream {

// The samples of one packet, older ones first; the second part may be empty.
struct PacketSamples {
  std::span<const std::int16_t> waiting;  // valid until the next call
  std::span<const std::int16_t> fresh;    // of the frame that was just handed in
  std::size_t size() const TUTTI_REALTIME { return waiting.size() + fresh.size(); }
};

// Thread: one. Units: samples at 8 000 Hz.
class Packetizer {
 public:
  static constexpr int kUnitSamples = base::kFrameSamples / 2;  // 10 ms
  static constexpr int kUnitsMax = 6;

  // Where samples wait; untouched at 20 ms.
  struct alignas(64) Room {
    std::array<std::int16_t, kUnitsMax * kUnitSamples> samples;
  };

  // The room outlives it.
  explicit Packetizer(Room& room) TUTTI_REALTIME : room_(&room) {}

  // Takes effect when the packets of the old ptime have carried all that waits, at most 2 packets on.
  // Shapes: 1 to kUnitsMax.
  void set_units(int units) TUTTI_REALTIME;
  // Forgets what waits; returns how many samples that were.
  int restart() TUTTI_REALTIME;

  // Whether the call would give a packet now.
  bool tick_due() const TUTTI_REALTIME { return due_in_ == 2; }
  bool half_tick_due() const TUTTI_REALTIME { return due_in_ == 1; }

  // The frame of an even half tick, and the packet that leaves with it, if one is due.
  // At most one of them: 20 ms packets take no copy, longer and shorter ones wait here.
  PacketSamples tick(const base::Frame& frame) TUTTI_REALTIME;
  // Whether tick() would give a packet of this frame and nothing else: 20 ms, and nothing waits.
  bool whole_frame_due() const TUTTI_REALTIME {
    return units_ == 2 && next_units_ == 2 && waiting_ == handed_out_ && tick_due();
  }
  // Instead of tick(), where whole_frame_due(): the caller has the frame's packet made otherwise.
  void pass_whole_frame() TUTTI_REALTIME { waiting_ = handed_out_ = 0; }

  // The packet of an odd half tick. May be left out when none is due, and only then.
  PacketSamples half_tick() TUTTI_REALTIME;

 private:
  void begin_grid() TUTTI_REALTIME;
  void schedule() TUTTI_REALTIME;
  PacketSamples hand_out(std::span<const std::int16_t> fresh) TUTTI_REALTIME;
  void drop_handed_out() TUTTI_REALTIME;

  Room* room_;
  std::int8_t units_ = 2;
  std::int8_t next_units_ = 2;
  std::int8_t due_in_ = 2;       // half ticks from the last tick to the next packet
  std::int16_t waiting_ = 0;     // samples in the room
  std::int16_t handed_out_ = 0;  // of them: gone with the next call
};

}  // namespace tutti::stream
