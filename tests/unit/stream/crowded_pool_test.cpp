// A jitter buffer whose pool holds more than a cache does.
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/stream/jitter_buffer.h"
#include "mixer/codec/codec.h"
#include "tests/unit/stream/timeline.h"

namespace tutti::stream {
namespace {

// Where more waits than a cache holds payloads are written past it; nobody hears that.
TEST(JitterBuffer, PlaysWhatItIsGivenWhereThePoolIsCrowded) {
  PayloadPool pool(65'700, 8);
  while (!pool.crowded()) ASSERT_NE(pool.try_acquire(160), PayloadPool::kNone);
  const std::uint32_t others = pool.in_use();
  Timeline timeline(65'530, 0xFFFF'FF00);
  JitterBuffer buffer;
  buffer.reset(0);
  std::int64_t position = 0;
  int n = 0;
  for (const std::size_t samples : {160, 80, 240, 160, 192, 193, 100, 37, 160}) {
    const auto packet = timeline.packet(n++, position, samples);
    ASSERT_EQ(buffer.insert(packet, codec::CodecId::kPcmu, pool), std::nullopt) << samples;
    EXPECT_EQ(buffer.peak_of_waiting(packet.header.sequence_number),
              codec::peak(codec::CodecId::kPcmu, packet.payload));
    const Chunk first = buffer.take(static_cast<int>(samples), pool);
    ASSERT_EQ(first.samples, samples);
    EXPECT_EQ(Timeline::find(first.payload, -1'000, 4'000), position);
    position += static_cast<std::int64_t>(samples);
  }
  // And silence is everyone's.
  rtp::RtpPacket silence = timeline.packet(n, position, 160);
  const std::vector<std::byte> zeros(160, std::byte{0xFF});
  silence.payload = zeros;
  ASSERT_EQ(buffer.insert(silence, codec::CodecId::kPcmu, pool), std::nullopt);
  EXPECT_EQ(pool.in_use(), others);
  buffer.restart(pool);
}

}  // namespace
}  // namespace tutti::stream
