// The greatest peak that is due soon, as it is remembered, against a look at all that waits, in every tick:
// over streams that lose, reorder, double, come late, jump and begin anew, however their frames are taken.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/stream/jitter_buffer.h"

namespace tutti::stream {
namespace {

struct Wild {
  int lost_percent = 0;
  int held_percent = 0;  // come with a later one, perhaps before it
  int jumps_percent = 0;
  int target_ms = 60;
};

class Caller {
 public:
  Caller(const Wild& wild, std::uint32_t seed) : wild_(wild), random_(seed) {
    buffer_.reset(8 * wild.target_ms);
    sequence_ = static_cast<std::uint16_t>(random_());
    timestamp_ = static_cast<std::uint32_t>(random_());
  }
  ~Caller() {
    buffer_.restart(pool_);
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  void run(int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
      send();
      // Some ticks do not ask; for long enough that half the circle of the timestamps' lower half passes.
      if (asked_not_ > 0) {
        --asked_not_;
      } else {
        if (draw(200) == 0) asked_not_ = static_cast<int>(draw(700));
        const base::RealtimeSection realtime;
        ASSERT_EQ(buffer_.peak_soon(), buffer_.peak_ahead(JitterBuffer::kSoon)) << "tick " << tick;
      }
      take();
    }
  }

 private:
  static constexpr int kFrame = static_cast<int>(base::kFrameSamples);

  struct Packet {
    std::uint16_t sequence;
    std::uint32_t timestamp;
    std::uint32_t length;
    std::uint8_t codeword;
  };

  std::uint32_t draw(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }
  bool happens(int percent) { return static_cast<int>(draw(100)) < percent; }

  void send() {
    if (happens(wild_.jumps_percent)) {
      switch (draw(5)) {
        case 0:
          timestamp_ += draw(4'000);
          break;
        case 1:
          timestamp_ -= draw(4'000);
          break;
        case 2:
          sequence_ = static_cast<std::uint16_t>(sequence_ + draw(3'000));
          break;
        case 3:
          buffer_.restart(pool_);
          break;
        case 4:
          silent_ = static_cast<int>(draw(20));
          break;
      }
      length_ = draw(2) == 0 ? 80 * (1 + draw(6)) : base::kFrameSamples;
    }
    timestamp_ += length_;
    if (silent_ > 0) {
      --silent_;
      return;
    }
    // As loud as the one before as a rule, or louder, or softer, or digital silence.
    if (draw(4) == 0) codeword_ = static_cast<std::uint8_t>(draw(8) == 0 ? 0xFF : draw(256));
    const Packet packet{sequence_++, timestamp_, length_, codeword_};
    if (happens(wild_.lost_percent)) return;
    held_.push_back(packet);
    if (happens(wild_.held_percent)) return;
    if (draw(2) == 0) std::reverse(held_.begin(), held_.end());
    for (const Packet& one : held_) insert(one);
    if (happens(wild_.held_percent)) insert(packet);
    held_.clear();
  }

  void insert(const Packet& one) {
    std::array<std::byte, PayloadPool::kLongBytes> bytes;
    bytes.fill(std::byte{one.codeword});
    rtp::RtpPacket packet;
    packet.header.sequence_number = rtp::SequenceNumber(one.sequence);
    packet.header.timestamp = rtp::RtpTimestamp(one.timestamp);
    packet.payload = std::span(bytes).first(one.length);
    const base::RealtimeSection realtime;
    static_cast<void>(buffer_.insert(packet, codec::CodecId::kPcmu, pool_));
  }

  // As an inbound stream does, heard or not: with splices, frames left out and ticks without one.
  void take() {
    const base::RealtimeSection realtime;
    if (draw(60) == 0) return buffer_.end_tick();
    if (const auto frame = buffer_.try_take_frame()) return pool_.release(frame.block());
    const int odd = draw(30) == 0 ? static_cast<int>(draw(200)) : 0;
    for (int left = kFrame + odd; left > 0;) left -= static_cast<int>(buffer_.take(left, pool_).samples);
    if (buffer_.wanted() == DelayChange::kLengthen) buffer_.lengthened();
    if (buffer_.to_shorten() >= kFrame) buffer_.shortened(kFrame);
    buffer_.end_tick();
  }

  const Wild wild_;
  std::mt19937 random_;
  PayloadPool pool_{64, 64};
  JitterBuffer buffer_;
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0;
  std::uint32_t length_ = base::kFrameSamples;
  std::uint8_t codeword_ = 0xFB;
  int silent_ = 0;
  int asked_not_ = 0;
  std::vector<Packet> held_;
};

TEST(PeakSoon, IsThatOfALook) {
  for (const int target_ms : {0, 20, 60, 120}) {
    for (const Wild& wild :
         {Wild{0, 0, 0}, Wild{10, 10, 0}, Wild{2, 40, 0}, Wild{5, 20, 3}, Wild{20, 30, 15}}) {
      for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(target_ms) + " ms, lost " +
                     std::to_string(wild.lost_percent) + ", jumps " + std::to_string(wild.jumps_percent));
        Caller({wild.lost_percent, wild.held_percent, wild.jumps_percent, target_ms}, seed).run(1'000);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace tutti::stream
