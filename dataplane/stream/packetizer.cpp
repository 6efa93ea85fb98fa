#include "dataplane/stream/packetizer.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace tutti::stream {

namespace {

constexpr int kHalfTicks = 2;  // in a tick

}  // namespace

void Packetizer::set_units(int units) TUTTI_REALTIME {
  CHECK(units >= 1 && units <= kUnitsMax);
  grid_.next_units = static_cast<std::int8_t>(units);
  if (grid_.next_units != grid_.units && grid_.waiting == grid_.handed_out) begin_grid();
}

int Packetizer::restart() TUTTI_REALTIME {
  const int forgotten = samples_waiting();
  grid_.waiting = grid_.handed_out = 0;
  begin_grid();
  return forgotten;
}

// The earliest grid on which every packet has its samples. Nothing waits, and the next tick is 2 half
// ticks on. By the half tick h after it, 2 units have come if h is even, or 1 unit more than h / 2 ticks
// tell if it is odd: h + 2 and h + 1. Packet n of p units wants (n + 1) p of them at h = s + n p.
void Packetizer::begin_grid() TUTTI_REALTIME {
  grid_.units = grid_.next_units;
  // Even p is always at a tick: s + 2 >= p. Odd p is at half ticks, too: s + 1 >= p.
  const int start = grid_.units % 2 == 0 ? grid_.units - 2 : grid_.units - 1;
  grid_.due_in = static_cast<std::int8_t>(kHalfTicks + start);
}

void Packetizer::drop_handed_out() TUTTI_REALTIME {
  if (grid_.handed_out == 0) return;
  auto& bytes = room_->bytes;
  std::copy(bytes.begin() + grid_.handed_out, bytes.begin() + grid_.waiting, bytes.begin());
  grid_.waiting = static_cast<std::int16_t>(grid_.waiting - grid_.handed_out);
  grid_.handed_out = 0;
}

PacketPayload Packetizer::tick(std::span<const std::byte, kFrameBytes> frame) TUTTI_REALTIME {
  CHECK(!half_tick_due());
  drop_handed_out();
  grid_.due_in = static_cast<std::int8_t>(grid_.due_in - kHalfTicks);
  PacketPayload packet;
  const std::span<const std::byte> fresh = frame;
  if (grid_.due_in == 0) packet = hand_out(fresh);
  const auto rest = fresh.subspan(packet.fresh.size());
  DCHECK(grid_.waiting + rest.size() <= room_->bytes.size());
  if (!rest.empty()) std::copy(rest.begin(), rest.end(), room_->bytes.begin() + grid_.waiting);
  grid_.waiting = static_cast<std::int16_t>(grid_.waiting + rest.size());
  if (grid_.due_in == 0) schedule();
  return packet;
}

PacketPayload Packetizer::half_tick() TUTTI_REALTIME {
  if (!half_tick_due()) return {};
  drop_handed_out();
  const PacketPayload packet = hand_out({});
  schedule();
  return packet;
}

PacketPayload Packetizer::hand_out(std::span<const std::byte> fresh) TUTTI_REALTIME {
  const int wanted = grid_.units * kUnitBytes;
  const int old = std::min<int>(wanted, grid_.waiting);
  DCHECK(old + static_cast<int>(fresh.size()) >= wanted);
  grid_.handed_out = static_cast<std::int16_t>(old);
  return {std::span(room_->bytes).first(old), fresh.first(wanted - old)};
}

// After a packet: when the next one is due.
void Packetizer::schedule() TUTTI_REALTIME {
  if (grid_.next_units != grid_.units && grid_.waiting == grid_.handed_out) {
    begin_grid();
  } else {
    grid_.due_in = static_cast<std::int8_t>(grid_.due_in + grid_.units);
  }
}

}  // namespace tutti::stream
