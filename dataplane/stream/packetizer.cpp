#include "dataplane/stream/packetizer.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace tutti::stream {

namespace {

constexpr int kHalfTicks = 2;  // in a tick

}  // namespace

void Packetizer::set_units(int units) TUTTI_REALTIME {
  CHECK(units >= 1 && units <= kUnitsMax);
  next_units_ = static_cast<std::int8_t>(units);
  if (next_units_ != units_ && waiting_ == handed_out_) begin_grid();
}

int Packetizer::restart() TUTTI_REALTIME {
  const int forgotten = (waiting_ - handed_out_) / kUnitBytes * kUnitSamples;
  waiting_ = handed_out_ = 0;
  begin_grid();
  return forgotten;
}

// The earliest grid on which every packet has its samples. Nothing waits, and the next tick is 2 half
// ticks on. By the half tick h after it, 2 units have come if h is even, or 1 unit more than h / 2 ticks
// tell if it is odd: h + 2 and h + 1. Packet n of p units wants (n + 1) p of them at h = s + n p.
void Packetizer::begin_grid() TUTTI_REALTIME {
  units_ = next_units_;
  // Even p is always at a tick: s + 2 >= p. Odd p is at half ticks, too: s + 1 >= p.
  const int start = units_ % 2 == 0 ? units_ - 2 : units_ - 1;
  due_in_ = static_cast<std::int8_t>(kHalfTicks + start);
}

void Packetizer::drop_handed_out() TUTTI_REALTIME {
  if (handed_out_ == 0) return;
  auto& bytes = room_->bytes;
  std::copy(bytes.begin() + handed_out_, bytes.begin() + waiting_, bytes.begin());
  waiting_ = static_cast<std::int16_t>(waiting_ - handed_out_);
  handed_out_ = 0;
}

PacketPayload Packetizer::tick(std::span<const std::byte, kFrameBytes> frame) TUTTI_REALTIME {
  CHECK(!half_tick_due());
  drop_handed_out();
  due_in_ = static_cast<std::int8_t>(due_in_ - kHalfTicks);
  PacketPayload packet;
  const std::span<const std::byte> fresh = frame;
  if (due_in_ == 0) packet = hand_out(fresh);
  const auto rest = fresh.subspan(packet.fresh.size());
  DCHECK(waiting_ + rest.size() <= room_->bytes.size());
  if (!rest.empty()) std::copy(rest.begin(), rest.end(), room_->bytes.begin() + waiting_);
  waiting_ = static_cast<std::int16_t>(waiting_ + rest.size());
  if (due_in_ == 0) schedule();
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
  const int wanted = units_ * kUnitBytes;
  const int old = std::min<int>(wanted, waiting_);
  DCHECK(old + static_cast<int>(fresh.size()) >= wanted);
  handed_out_ = static_cast<std::int16_t>(old);
  return {std::span(room_->bytes).first(old), fresh.first(wanted - old)};
}

// After a packet: when the next one is due.
void Packetizer::schedule() TUTTI_REALTIME {
  if (next_units_ != units_ && waiting_ == handed_out_) {
    begin_grid();
  } else {
    due_in_ = static_cast<std::int8_t>(due_in_ + units_);
  }
}

}  // namespace tutti::stream
