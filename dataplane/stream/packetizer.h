// Packetizer: when a participant's packets leave, and which bytes they hold: encoded frames of 20 ms in,
// packets of 10 to 60 ms out, each exactly one ptime after the one before.
//
// Time is counted in half ticks of 10 ms: a frame comes with every even one. Frames come encoded, so that all
// who hear the same share one encoding, wherever each one's packets are cut.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"

namespace tutti::stream {

// The payload of one packet, older bytes first; either part may be empty.
struct PacketPayload {
  std::span<const std::byte> waiting;  // valid until the next call
  std::span<const std::byte> fresh;    // of the frame that was just handed in
  std::size_t size() const TUTTI_REALTIME { return waiting.size() + fresh.size(); }
};

// Thread: one. Units: 10 ms; 80 bytes hold the 80 samples of one (G.711).
class Packetizer {
 public:
  static constexpr int kUnitSamples = base::kFrameSamples / 2;
  static constexpr int kUnitBytes = kUnitSamples;
  static constexpr int kFrameBytes = 2 * kUnitBytes;
  static constexpr int kUnitsMax = 6;

  // Where bytes wait; untouched at 20 ms.
  struct alignas(64) Room {
    std::array<std::byte, kUnitsMax * kUnitBytes> bytes;
  };

  // The room outlives it.
  explicit Packetizer(Room& room) TUTTI_REALTIME : room_(&room) {}

  // Takes effect when the packets of the old ptime have carried all that waits, at most 2 packets on.
  // Shapes: 1 to kUnitsMax.
  void set_units(int units) TUTTI_REALTIME;
  // Forgets what waits; returns how many samples that held.
  int restart() TUTTI_REALTIME;

  // Whether the call would give a packet now.
  bool tick_due() const TUTTI_REALTIME { return grid_.due_in == 2; }
  bool half_tick_due() const TUTTI_REALTIME { return grid_.due_in == 1; }

  // The frame of an even half tick, and the packet that leaves with it, if one is due.
  // At most one of them: 20 ms packets take no copy, longer and shorter ones wait here.
  PacketPayload tick(std::span<const std::byte, kFrameBytes> frame) TUTTI_REALTIME;
  // Whether tick() would give a packet of this frame and nothing else, and nothing has to be put away first.
  // Then it need not be called: the caller has the frame's packet made otherwise, and nothing changes here.
  bool whole_frame_due() const TUTTI_REALTIME {
    return std::bit_cast<std::uint64_t>(grid_) == std::bit_cast<std::uint64_t>(Grid{});
  }

  // The packet of an odd half tick. May be left out when none is due, and only then.
  PacketPayload half_tick() TUTTI_REALTIME;

  // What waits for a packet, to be written anew in another codec.
  std::span<std::byte> waiting() TUTTI_REALTIME {
    return std::span(room_->bytes).subspan(grid_.handed_out, grid_.waiting - grid_.handed_out);
  }
  int samples_waiting() const TUTTI_REALTIME {
    return (grid_.waiting - grid_.handed_out) / kUnitBytes * kUnitSamples;
  }

 private:
  void begin_grid() TUTTI_REALTIME;
  void schedule() TUTTI_REALTIME;
  PacketPayload hand_out(std::span<const std::byte> fresh) TUTTI_REALTIME;
  void drop_handed_out() TUTTI_REALTIME;

  // One word, as it begins and stays where each packet is a frame: asked for at once.
  struct Grid {
    std::int16_t units = 2;
    std::int8_t next_units = 2;
    std::int8_t due_in = 2;       // half ticks from the last tick to the next packet
    std::int16_t waiting = 0;     // bytes in the room
    std::int16_t handed_out = 0;  // of them: gone with the next call
  };

  Room* room_;
  Grid grid_;
};

}  // namespace tutti::stream
