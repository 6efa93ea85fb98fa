// Whole calls over seeded bad networks: every sample that was accepted comes out once, in order, in place.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/stream/jitter_buffer.h"
#include "tests/unit/stream/timeline.h"

namespace tutti::stream {
namespace {

using base::DropReason;

struct Network {
  const char* name;
  int target_ms;
  int jitter_ms;  // each packet is up to so late
  int loss_percent;
  int twice_percent;
  bool silences;  // the sender suppresses some
};

// The delay covers the jitter and the 50 ms by which a 60 ms packet leaves later than a 10 ms one.
constexpr Network kNetworks[] = {
    {"clean", 60, 0, 0, 0, false},
    {"loss", 60, 0, 10, 0, false},
    {"jitter within the delay", 120, 59, 0, 0, false},
    {"reorders, repeats and loses", 120, 59, 5, 10, false},
    {"suppresses silence", 100, 19, 0, 5, true},
};
// More jitter than the delay: the order and the content hold, the place moves with the delay.
constexpr Network kRoughNetworks[] = {
    {"no delay", 0, 30, 0, 0, false},
    {"much jitter", 20, 120, 2, 5, false},
    {"everything", 40, 180, 20, 20, true},
};

struct SentPacket {
  std::int64_t at_ms;
  int number;
  std::int64_t position;
  std::size_t samples;
};

std::vector<SentPacket> send(const Network& network, std::mt19937& random) {
  const auto percent = [&] { return static_cast<int>(random() % 100); };
  std::vector<SentPacket> packets;
  std::int64_t position = 0;
  std::size_t samples = 80 * (1 + random() % 6);
  for (int number = 0; number < 600; ++number) {
    if (percent() < 2) samples = 80 * (1 + random() % 6);
    if (network.silences && percent() < 3) position += 80 * static_cast<std::int64_t>(random() % 200);
    // A packet leaves when its last sample was spoken.
    const std::int64_t at_ms = (position + static_cast<std::int64_t>(samples)) / 8;
    const auto late = [&] {
      return network.jitter_ms == 0 ? 0 : static_cast<int>(random() % network.jitter_ms);
    };
    if (number == 0 || percent() >= network.loss_percent) {
      // The first one is prompt, so that the delay is what was asked for.
      packets.push_back({at_ms + (number == 0 ? 0 : late()), number, position, samples});
      if (percent() < network.twice_percent) packets.push_back({at_ms + late(), number, position, samples});
    }
    position += static_cast<std::int64_t>(samples);
  }
  std::stable_sort(packets.begin(), packets.end(),
                   [](const SentPacket& a, const SentPacket& b) { return a.at_ms < b.at_ms; });
  return packets;
}

class RandomCall {
 public:
  RandomCall(const Network& network, unsigned seed)
      : network_(network), random_(seed), packets_(send(network, random_)) {
    buffer_.reset(network.target_ms * 8);
  }

  void run(bool in_place) {
    Timeline timeline(static_cast<std::uint16_t>(random_()), static_cast<std::uint32_t>(random_()));
    auto next = packets_.begin();
    for (std::int64_t now_ms = 20; next != packets_.end() || !buffer_.empty(); now_ms += 20) {
      for (; next != packets_.end() && next->at_ms <= now_ms; ++next) {
        const auto packet = timeline.packet(next->number, next->position, next->samples);
        const auto refused = insert(packet);
        if (refused) {
          ++refused_[*refused];
        } else {
          accepted_ += static_cast<std::int64_t>(next->samples);
        }
      }
      tick(in_place);
      if (testing::Test::HasFatalFailure()) return;
    }
    EXPECT_EQ(pool_.in_use(), 0U);
  }

  std::int64_t accepted() const { return accepted_; }
  std::int64_t delivered() const { return delivered_; }
  int refused(DropReason reason) const {
    const auto found = refused_.find(reason);
    return found == refused_.end() ? 0 : found->second;
  }

 private:
  std::optional<DropReason> insert(const rtp::RtpPacket& packet) {
    const base::RealtimeSection realtime;
    return buffer_.insert(packet, codec::CodecId::kPcmu, pool_);
  }

  void tick(bool in_place) {
    for (int left = base::kFrameSamples; left > 0;) {
      Chunk chunk;
      {
        const base::RealtimeSection realtime;
        chunk = buffer_.take(left, pool_);
      }
      left -= static_cast<int>(chunk.samples);
      if (chunk.kind != Chunk::Kind::kAudio) {
        hole_ += static_cast<std::int64_t>(chunk.samples);
        continue;
      }
      // Looked for only behind what was heard: nothing twice, nothing out of order.
      const auto position = Timeline::find(chunk.payload, end_, end_ + 40'000);
      ASSERT_TRUE(position) << "after " << end_;
      if (in_place && delivered_ > 0 && hole_ < JitterBuffer::kRestartAfter) {
        ASSERT_EQ(*position, end_ + hole_) << "a hole is as long as what is missing in it";
      }
      hole_ = 0;
      end_ = *position + static_cast<std::int64_t>(chunk.samples);
      delivered_ += static_cast<std::int64_t>(chunk.samples);
    }
    buffer_.end_tick();
  }

  const Network network_;
  std::mt19937 random_;
  const std::vector<SentPacket> packets_;
  PayloadPool pool_{24, 8};
  JitterBuffer buffer_;
  std::map<DropReason, int> refused_;
  std::int64_t accepted_ = 0;
  std::int64_t delivered_ = 0;
  std::int64_t end_ = 0;
  std::int64_t hole_ = 0;
};

TEST(JitterBufferRandom, WithinTheDelayEverySampleIsInItsPlace) {
  for (const Network& network : kNetworks) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
      SCOPED_TRACE(std::string(network.name) + ", seed " + std::to_string(seed));
      RandomCall call(network, seed);
      call.run(!network.silences);  // a talkspurt may begin with a little more or less delay
      if (testing::Test::HasFatalFailure()) return;
      EXPECT_EQ(call.delivered(), call.accepted());
      EXPECT_EQ(call.refused(DropReason::kTooFarAhead), 0);
      EXPECT_EQ(call.refused(DropReason::kBufferFull), 0);
      if (!network.silences) {
        EXPECT_EQ(call.refused(DropReason::kLate), 0);
      }
    }
  }
}

TEST(JitterBufferRandom, BeyondTheDelayNoSampleIsTwiceOrOutOfOrder) {
  for (const Network& network : kRoughNetworks) {
    for (unsigned seed = 1; seed <= 60; ++seed) {
      SCOPED_TRACE(std::string(network.name) + ", seed " + std::to_string(seed));
      RandomCall call(network, seed);
      call.run(false);
      if (testing::Test::HasFatalFailure()) return;
      // What is thrown away where a flood leaves no room is little.
      EXPECT_GE(call.delivered(), call.accepted() * 9 / 10);
      EXPECT_LE(call.delivered(), call.accepted());
    }
  }
}

}  // namespace
}  // namespace tutti::stream
