#include "tools/caller/rtp_listener.h"

#include <gtest/gtest.h>

#include "tools/caller/rtp_talker.h"

namespace tutti::caller {
namespace {

using Packet = std::vector<std::byte>;

// Frames of constant value: the n-th is 1 000 n.
std::vector<Packet> packets(std::size_t count, const RtpTalkerConfig& config) {
  std::int16_t value = 0;
  RtpTalker talker(config, [&value](std::span<std::int16_t> frame) {
    value = static_cast<std::int16_t>(value + 1'000);
    std::fill(frame.begin(), frame.end(), value);
  });
  std::vector<Packet> made;
  for (std::size_t i = 0; i < count; ++i) {
    const auto packet = talker.next_packet();
    made.emplace_back(packet.begin(), packet.end());
  }
  return made;
}

RtpTalkerConfig near_the_wraps() {
  RtpTalkerConfig config;
  config.first_sequence = 65'534;
  config.first_timestamp = 4'294'967'100U;
  return config;
}

// The frames of the recording in thousands; 0 is silence.
std::vector<int> frames(const RtpListener& listener) {
  std::vector<int> values;
  for (std::size_t at = 0; at + 160 <= listener.audio().size(); at += 160) {
    values.push_back((listener.audio()[at + 80] + 500) / 1'000);
  }
  return values;
}

TEST(RtpTalker, CountsOnThroughSkips) {
  RtpTalker talker(near_the_wraps(), silence_source());
  const auto first = analyser::parse_rtp_strictly(talker.next_packet());
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->marker);
  EXPECT_EQ(first->payload.size(), 160U);
  const auto first_timestamp = first->timestamp;
  talker.skip();
  const auto second = analyser::parse_rtp_strictly(talker.next_packet());
  EXPECT_TRUE(second->marker);  // a new talkspurt
  EXPECT_EQ(second->sequence, 65'535);
  EXPECT_EQ(second->timestamp, first_timestamp + 320);
  const auto third = analyser::parse_rtp_strictly(talker.next_packet());
  EXPECT_FALSE(third->marker);
  EXPECT_EQ(third->sequence, 0);
}

TEST(RtpListener, PlacesPacketsByTimestamp) {
  const auto sent = packets(6, near_the_wraps());
  RtpListener listener({});
  for (const std::size_t i : {0U, 2U, 1U, 2U, 5U}) listener.receive(sent[i], base::Instant());
  EXPECT_EQ(frames(listener), (std::vector<int>{1, 2, 3, 0, 0, 6}));
  EXPECT_EQ(listener.packets(), 5U);
  EXPECT_EQ(listener.log().size(), 5U);
}

TEST(RtpListener, ASecondSourceIsAppended) {
  RtpListener listener({});
  for (const Packet& packet : packets(2, near_the_wraps())) listener.receive(packet, base::Instant());
  RtpTalkerConfig other;
  other.ssrc = 99;
  other.first_timestamp = 123'456'789;
  for (const Packet& packet : packets(2, other)) listener.receive(packet, base::Instant());
  EXPECT_EQ(frames(listener), (std::vector<int>{1, 2, 1, 2}));
}

TEST(RtpListener, ATimestampThatJumpsFarIsAppended) {
  RtpListener listener({});
  RtpTalkerConfig config;
  listener.receive(packets(1, config)[0], base::Instant());
  config.first_timestamp = 0x8000'0000U;
  listener.receive(packets(1, config)[0], base::Instant());
  EXPECT_EQ(listener.audio().size(), 320U);
}

TEST(RtpListener, DoesNotRecordWhatIsNotItsAudio) {
  RtpListener listener({});
  listener.receive(Packet(5), base::Instant());
  RtpTalkerConfig config;
  config.payload_type = 101;
  listener.receive(packets(1, config)[0], base::Instant());
  EXPECT_EQ(listener.malformed(), 1U);
  EXPECT_EQ(listener.other_payloads(), 1U);
  EXPECT_EQ(listener.audio().size(), 0U);
}

TEST(RtpListener, StopsAtItsLimit) {
  RtpListenerConfig config;
  config.samples_max = 400;
  RtpListener listener(config);
  for (const Packet& packet : packets(9, near_the_wraps())) listener.receive(packet, base::Instant());
  EXPECT_EQ(listener.audio().size(), 320U);
  EXPECT_EQ(listener.log().size(), 5U);
}

TEST(RtpListener, TrackStartsWhenTheFirstPacketCame) {
  RtpListener listener({});
  listener.receive(packets(1, near_the_wraps())[0], base::Instant(std::chrono::milliseconds(150)));
  EXPECT_EQ(listener.track(base::Instant(std::chrono::milliseconds(100))).start, 400);
}

}  // namespace
}  // namespace tutti::caller
