// Any order of packets and ticks, through a jitter buffer alone and through a whole inbound stream: nothing
// leaks, nothing is played that did not come, and no tick is left without its samples.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/stream/inbound_stream.h"
#include "dataplane/stream/jitter_buffer.h"

namespace {

using namespace tutti;

constexpr rtp::PayloadType kAudio{0};
constexpr rtp::PayloadType kEvent{101};

// A packet takes four bytes: what it is, then the steps of its number and its timestamp, then its size.
class Script {
 public:
  explicit Script(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool ended() const { return bytes_.size() < 4; }

  bool next_is_tick() {
    const bool tick = (bytes_[0] & 1) != 0;
    if (tick) bytes_ = bytes_.subspan(1);
    return tick;
  }

  rtp::RtpPacket packet() {
    const std::uint8_t what = bytes_[0];
    const auto number_step = static_cast<std::int8_t>(bytes_[1]);
    const auto time_step = static_cast<std::int8_t>(bytes_[2]);
    // Small steps are what a network does; large ones, what a broken or hostile sender does.
    number_ = number_ + ((what & 2) != 0 ? number_step * 300 : number_step);
    timestamp_ = timestamp_ + ((what & 4) != 0 ? time_step * 16'000'000 : time_step * 40);
    rtp::RtpPacket packet;
    packet.header.payload_type = (what & 8) != 0 ? kEvent : kAudio;
    packet.header.ssrc = rtp::Ssrc{(what & 16) != 0 ? 2U : 1U};
    packet.header.sequence_number = number_;
    packet.header.timestamp = timestamp_;
    packet.payload = std::span(payload_).first(bytes_[3] * std::size_t{3});  // up to 765: too much, too
    bytes_ = bytes_.subspan(4);
    return packet;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  rtp::SequenceNumber number_{65'500};
  rtp::RtpTimestamp timestamp_{0xFFFF'F000};
  std::array<std::byte, 765> payload_{};
};

void play_buffer(std::span<const std::uint8_t> bytes, int target) {
  Script script(bytes);
  stream::PayloadPool pool(14, 6);  // fewer than slots, so that it runs out
  stream::JitterBuffer buffer;
  buffer.reset(target);
  std::size_t accepted = 0;
  std::size_t played = 0;
  while (!script.ended()) {
    if (!script.next_is_tick()) {
      const rtp::RtpPacket packet = script.packet();
      if (!buffer.insert(packet, codec::CodecId::kPcmu, pool)) accepted += packet.payload.size();
      continue;
    }
    for (int left = 160; left > 0;) {
      const stream::Chunk chunk = buffer.take(left, pool);
      CHECK(chunk.samples >= 1 && chunk.samples <= static_cast<std::size_t>(left));
      if (chunk.kind == stream::Chunk::Kind::kAudio) {
        CHECK(chunk.payload.size() == chunk.samples);
        played += chunk.samples;
      }
      left -= static_cast<int>(chunk.samples);
    }
    CHECK(played <= accepted);
    CHECK(buffer.empty() == (pool.in_use() == 0));
    buffer.end_tick();
  }
  for (int i = 0; i < 2 * stream::JitterBuffer::kReach / 160; ++i) {
    for (int left = 160; left > 0;) left -= static_cast<int>(buffer.take(left, pool).samples);
  }
  CHECK(buffer.empty() && pool.in_use() == 0);
}

void play_stream(std::span<const std::uint8_t> bytes, int target) {
  Script script(bytes);
  stream::PayloadPool pool(30, 10);
  stream::Concealer::State concealer;
  stream::InboundStream inbound(concealer);
  stream::ReceiveFormats formats;
  formats.audio[0].payload_type = kAudio;
  formats.telephone_event = kEvent;
  inbound.attach(formats, std::chrono::milliseconds(target / 8));
  base::Instant now;
  base::Frame frame;
  std::uint32_t ticks = 0;
  while (!script.ended()) {
    if (script.next_is_tick()) {
      // Now and then of a core that is late, or was.
      ++ticks;
      if (ticks % 16 == 0) inbound.pass_over(ticks / 16 % 4, pool);
      ticks % 4 == 3 ? inbound.pop_in_haste(frame, pool) : inbound.pop(frame, pool);
      now += base::kTick;
    } else {
      inbound.receive(script.packet(), now, pool);
    }
    CHECK(pool.in_use() <= stream::JitterBuffer::kSlots + 2);  // two are kept for concealment
  }
  inbound.report(now);
  inbound.detach(pool);
  CHECK(pool.in_use() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto script = std::span(data, size).subspan(1);
  const int target = data[0] * 8;
  play_buffer(script, target);
  play_stream(script, target);
  return 0;
}
