// The greatest peak of what waits, against a list of it: in every slot, with few and many waiting.
#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/stream/jitter_buffer.h"
#include "mixer/codec/codec.h"

namespace tutti::stream {
namespace {

struct Waiting {
  int begin;  // in samples of the sender's time
  int end;
  std::uint16_t peak;
};

struct Sent {
  int arrives_at;
  int number;
};

class PeakCall {
 public:
  PeakCall(int samples, int target_ms, unsigned seed)
      : samples_(samples), playout_(-target_ms * 8), random_(seed) {
    buffer_.reset(target_ms * 8);
    number_ = static_cast<std::uint16_t>(random_());
    timestamp_ = static_cast<std::uint32_t>(random_());
    constexpr int kPackets = 400;
    bool lost = true;
    for (int number = 0; number < kPackets; ++number) {
      lost = !lost && random_() % 10 == 0;  // never so many that the buffer begins anew
      const int late = number == 0 ? 0 : static_cast<int>(random_() % static_cast<unsigned>(target_ms * 2));
      if (!lost) sent_.push_back({(number + 1) * samples + late, number});
    }
    std::stable_sort(sent_.begin(), sent_.end(),
                     [](const Sent& a, const Sent& b) { return a.arrives_at < b.arrives_at; });
  }

  void run() {
    auto next = sent_.begin();
    for (int tick = 0; next != sent_.end() || !buffer_.empty(); ++tick) {
      for (; next != sent_.end() && next->arrives_at <= samples_ + tick * kFrame; ++next)
        insert(next->number);
      for (const int ahead : {1, kFrame, 3 * kFrame, int{INT16_MAX}}) {
        ASSERT_EQ(peak_ahead(ahead), expected(ahead)) << "tick " << tick << ", " << ahead << " samples";
      }
      take(tick);
    }
    EXPECT_EQ(pool_.in_use(), 0U);
    EXPECT_EQ(peak_ahead(INT16_MAX), 0);
  }

 private:
  static constexpr int kFrame = static_cast<int>(base::kFrameSamples);

  void insert(int number) {
    std::array<std::byte, PayloadPool::kLongBytes> bytes;
    bytes.fill(static_cast<std::byte>(random_()));
    rtp::RtpPacket packet;
    packet.header.sequence_number = rtp::SequenceNumber(static_cast<std::uint16_t>(number_ + number));
    packet.header.timestamp = rtp::RtpTimestamp(timestamp_ + static_cast<std::uint32_t>(number * samples_));
    packet.payload = std::span(bytes).first(static_cast<std::size_t>(samples_));
    const auto codec = random_() % 2 == 0 ? codec::CodecId::kPcmu : codec::CodecId::kPcma;
    ASSERT_EQ(buffer_.insert(packet, codec, pool_), std::nullopt) << number;
    waiting_.push_back({number * samples_, (number + 1) * samples_, codec::peak(codec, packet.payload)});
  }

  // As an inbound stream does; once in a while some samples more, as a splice does.
  void take(int tick) {
    const base::RealtimeSection realtime;
    if (const auto frame = buffer_.try_take_frame()) {
      pool_.release(frame.block());
      playout_ += kFrame;
    } else {
      const int odd = tick == 60 || tick == 120 ? 24 : 0;
      for (int left = kFrame + odd; left > 0;) {
        const int samples = static_cast<int>(buffer_.take(left, pool_).samples);
        left -= samples;
        playout_ += samples;
      }
      buffer_.end_tick();
    }
    std::erase_if(waiting_, [this](const Waiting& packet) { return packet.end <= playout_; });
  }

  std::uint16_t peak_ahead(int samples) {
    const base::RealtimeSection realtime;
    return samples == JitterBuffer::kSoon ? buffer_.peak_soon() : buffer_.peak_ahead(samples);
  }
  std::uint16_t expected(int samples) const {
    std::uint16_t peak = 0;
    for (const Waiting& packet : waiting_) {
      if (packet.begin - playout_ < samples) peak = std::max(peak, packet.peak);
    }
    return peak;
  }

  const int samples_;
  int playout_;
  std::mt19937 random_;
  std::uint16_t number_ = 0;
  std::uint32_t timestamp_ = 0;
  std::vector<Sent> sent_;
  std::vector<Waiting> waiting_;
  PayloadPool pool_{64, 64};
  JitterBuffer buffer_;
};

TEST(JitterBufferPeak, IsThatOfWhatIsDueInTime) {
  for (const int samples : {80, 160, 240, 480}) {
    for (const int target_ms : {40, 60, 120}) {
      for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(std::to_string(samples) + " samples, " + std::to_string(target_ms) + " ms, seed " +
                     std::to_string(seed));
        PeakCall(samples, target_ms, seed).run();
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace tutti::stream
