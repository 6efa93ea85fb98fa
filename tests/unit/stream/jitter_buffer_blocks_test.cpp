// Which blocks of the pool a jitter buffer's packets wait in.
#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/stream/jitter_buffer.h"
#include "tests/unit/stream/timeline.h"

namespace tutti::stream {
namespace {

using base::DropReason;

TEST(JitterBuffer, WithoutABlockThePacketIsRefused) {
  PayloadPool pool(1, 0);
  JitterBuffer buffer;
  buffer.reset(0);
  Timeline timeline(0, 0);
  EXPECT_FALSE(buffer.insert(timeline.packet(0, 0, 160), codec::CodecId::kPcmu, pool));
  EXPECT_EQ(buffer.insert(timeline.packet(1, 160, 160), codec::CodecId::kPcmu, pool),
            DropReason::kBufferFull);
  EXPECT_EQ(buffer.take(160, pool).samples, 160U);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_FALSE(buffer.insert(timeline.packet(1, 160, 160), codec::CodecId::kPcmu, pool));
  buffer.restart(pool);
  EXPECT_EQ(pool.in_use(), 0U);
}

// Digital silence is everyone's: it takes no block, and none is refused for want of one. Before it is known
// of a packet one is needed, but not of those that follow.
TEST(JitterBuffer, SilenceTakesNoBlock) {
  PayloadPool pool(1, 0);
  JitterBuffer buffer;
  buffer.reset(0);
  Timeline timeline(0, 0);
  const std::vector<std::byte> zeros(160, std::byte{0xFF});
  int n = 0;
  const auto insert = [&](bool silent) {
    rtp::RtpPacket packet = timeline.packet(n, 160 * n, 160);
    if (silent) packet.payload = zeros;
    ++n;
    return buffer.insert(packet, codec::CodecId::kPcmu, pool);
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(insert(true), std::nullopt);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(buffer.packets_waiting(), 3);
  EXPECT_EQ(insert(false), std::nullopt);
  EXPECT_EQ(pool.in_use(), 1U);
  EXPECT_EQ(insert(true), DropReason::kBufferFull) << "after a sound one is taken first";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buffer.take(160, pool).payload[0], std::byte{0xFF});
  const Chunk sound = buffer.take(160, pool);
  EXPECT_EQ(Timeline::find(sound.payload, -1'000, 4'000), 480);
  EXPECT_EQ(pool.in_use(), 0U);
  buffer.restart(pool);
}

TEST(JitterBuffer, AnOwnersPayloadsWaitOnItsShelf) {
  std::array<PayloadPool::Shelf, 2> shelves;
  std::array<std::uint8_t, 2> taken{};
  PayloadPool pool(0, 0, {.count = 2, .first = shelves[0].bytes.data(), .taken = taken.data()});
  JitterBuffer buffer;
  buffer.reset(0);
  Timeline timeline(0, 0);
  const auto insert = [&](int n, PayloadPool::Owner owner) {
    return buffer.insert(timeline.packet(n, 160 * n, 160), codec::CodecId::kPcmu, pool, owner);
  };
  EXPECT_EQ(insert(0, PayloadPool::kNobody), DropReason::kBufferFull);
  for (int n = 1; n <= static_cast<int>(PayloadPool::kShelf); ++n) EXPECT_EQ(insert(n, 1), std::nullopt) << n;
  EXPECT_EQ(insert(7, 1), DropReason::kBufferFull);
  EXPECT_EQ(insert(7, 0), std::nullopt);
  buffer.restart(pool);
  EXPECT_EQ(pool.in_use(), 0U);
}

}  // namespace
}  // namespace tutti::stream
