#include "dataplane/stream/outbound_stream.h"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "mixer/codec/codec.h"
#include "tests/unit/stream/timeline.h"

namespace tutti::stream {
namespace {

using std::chrono::milliseconds;

constexpr SourceIdentity kIdentity{rtp::Ssrc{0xABCD}, rtp::SequenceNumber(65'530),
                                   rtp::RtpTimestamp(0xFFFF'FE00)};

SendFormat format(int ptime_ms, bool may_send = true) {
  return {{kPcmu, codec::CodecId::kPcmu}, static_cast<std::uint8_t>(ptime_ms), may_send};
}

// Sample `n` of the sound that is sent: no two neighbouring stretches are alike.
std::int16_t sound(std::int64_t n) {
  return static_cast<std::int16_t>((n * n % 509 - 254) * 100);
}

using FrameBytes = std::array<std::byte, Packetizer::kFrameBytes>;

FrameBytes frame_of(std::int64_t tick, codec::CodecId codec = codec::CodecId::kPcmu) {
  std::array<std::int16_t, base::kFrameSamples> samples;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = sound(tick * 160 + static_cast<std::int64_t>(i));
  }
  FrameBytes frame;
  codec::encode(codec, samples, frame);
  return frame;
}

struct Packet {
  std::int64_t at_ms;
  rtp::RtpHeader header;
  std::vector<std::byte> payload;
  // How far its first sample is from the stream's first one.
  std::int64_t position() const { return header.timestamp - kIdentity.first_timestamp; }
};

class Sender {
 public:
  explicit Sender(const SendFormat& send) { stream.attach(kIdentity, send); }

  void run(int ticks, bool buffers = true) {
    for (int i = 0; i < ticks; ++i) {
      const FrameBytes frame = frame_of(tick_, stream.codec());
      encoded_.push_back(stream.codec());
      const std::int64_t at_ms = tick_ * 20;
      offer(at_ms, stream.tick_due(), [&](std::span<std::byte> out) {
        return stream.tick(frame, base::Instant(milliseconds(at_ms)), buffers ? out : std::span<std::byte>());
      });
      offer(at_ms + 10, stream.half_tick_due(), [&](std::span<std::byte> out) {
        return stream.half_tick(buffers ? out : std::span<std::byte>());
      });
      ++tick_;
    }
  }

  template <typename Call>
  void offer(std::int64_t at_ms, bool due, Call call) {
    std::array<std::byte, OutboundStream::kPacketBytesMax> out;
    std::size_t bytes = 0;
    {
      const base::RealtimeSection realtime;
      bytes = call(due ? std::span<std::byte>(out) : std::span<std::byte>());
    }
    if (bytes == 0) return;
    ASSERT_TRUE(due);
    const auto parsed = rtp::parse_rtp(std::span(out).first(bytes));
    ASSERT_TRUE(parsed);
    packets.push_back({at_ms, parsed->header, {parsed->payload.begin(), parsed->payload.end()}});
  }

  // Every packet holds the sound that its timestamp says; what was encoded before the codec changed went
  // through both.
  void expect_sound() const {
    for (const Packet& packet : packets) {
      const auto codec = packet.header.payload_type == kPcma ? codec::CodecId::kPcma : codec::CodecId::kPcmu;
      std::vector<std::byte> expected(packet.payload.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::int64_t position = packet.position() + static_cast<std::int64_t>(i);
        std::int16_t sample = sound(position);
        const std::span one(&expected[i], 1);
        codec::encode(encoded_.at(static_cast<std::size_t>(position / 160)), std::span(&sample, 1), one);
        if (encoded_[static_cast<std::size_t>(position / 160)] == codec) continue;
        codec::decode(encoded_[static_cast<std::size_t>(position / 160)], one, std::span(&sample, 1));
        codec::encode(codec, std::span(&sample, 1), one);
      }
      ASSERT_EQ(packet.payload, expected) << "packet at " << packet.at_ms << " ms";
    }
  }

  void expect_numbers_in_sequence() const {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      ASSERT_EQ(packets[i].header.sequence_number, kIdentity.first_sequence_number + static_cast<int>(i));
      ASSERT_EQ(packets[i].header.ssrc, kIdentity.ssrc);
    }
  }

  // No sample is missing from `first` on, and none is said twice.
  void expect_continuous(std::size_t first = 0) const {
    for (std::size_t i = first + 1; i < packets.size(); ++i) {
      ASSERT_EQ(packets[i].position(),
                packets[i - 1].position() + static_cast<std::int64_t>(packets[i - 1].payload.size()))
          << "packet at " << packets[i].at_ms << " ms";
    }
  }

  Packetizer::Room room;

  OutboundStream stream{room};
  std::vector<Packet> packets;

 private:
  std::int64_t tick_ = 0;
  std::vector<codec::CodecId> encoded_;  // by tick
};

TEST(OutboundStream, SendsEveryPtimeExactlyWhenDue) {
  for (const int ptime_ms : {10, 20, 30, 40, 50, 60}) {
    SCOPED_TRACE(ptime_ms);
    Sender sender(format(ptime_ms));
    sender.run(3'000);
    ASSERT_GE(sender.packets.size(), static_cast<std::size_t>(60'000 / ptime_ms - 2));
    EXPECT_EQ(sender.packets[0].position(), 0);
    // As soon as every later packet can have its samples in time.
    EXPECT_LE(sender.packets[0].at_ms, ptime_ms - 10);
    for (std::size_t i = 0; i < sender.packets.size(); ++i) {
      const Packet& packet = sender.packets[i];
      ASSERT_EQ(packet.payload.size(), static_cast<std::size_t>(ptime_ms * 8));
      ASSERT_EQ(packet.at_ms, sender.packets[0].at_ms + static_cast<std::int64_t>(i) * ptime_ms);
      ASSERT_EQ(packet.header.marker, i == 0);
      ASSERT_EQ(packet.header.payload_type, kPcmu);
    }
    sender.expect_numbers_in_sequence();
    sender.expect_continuous();
    sender.expect_sound();
    EXPECT_EQ(sender.stream.packets_sent(), sender.packets.size());
  }
}

TEST(OutboundStream, TimestampsGoOnWhileNothingMayBeSent) {
  for (const int ptime_ms : {10, 20, 30, 60}) {
    SCOPED_TRACE(ptime_ms);
    Sender sender(format(ptime_ms));
    sender.run(100);
    const std::size_t before = sender.packets.size();
    sender.stream.configure(format(ptime_ms, false));
    sender.run(51);
    EXPECT_EQ(sender.packets.size(), before);
    sender.stream.configure(format(ptime_ms, true));
    sender.run(100);
    ASSERT_GT(sender.packets.size(), before);
    EXPECT_TRUE(sender.packets[before].header.marker);
    EXPECT_EQ(sender.packets[before].position(), 151 * 160);
    for (std::size_t i = 1; i < sender.packets.size(); ++i) {
      EXPECT_EQ(sender.packets[i].header.marker, i == before);
    }
    sender.expect_numbers_in_sequence();
    sender.expect_continuous(before);
    sender.expect_sound();
  }
}

TEST(OutboundStream, OnHoldFromTheStartBeginsWhereTimeIs) {
  Sender sender(format(20, false));
  sender.run(10);
  EXPECT_TRUE(sender.packets.empty());
  sender.stream.configure(format(20));
  sender.run(1);
  ASSERT_EQ(sender.packets.size(), 1U);
  EXPECT_EQ(sender.packets[0].position(), 1'600);
  EXPECT_TRUE(sender.packets[0].header.marker);
}

TEST(OutboundStream, ANewPtimeLosesNoSample) {
  for (const int from : {10, 20, 30, 40, 50, 60}) {
    for (const int to : {10, 20, 30, 40, 50, 60}) {
      for (int ticks = 1; ticks <= 16; ++ticks) {
        SCOPED_TRACE(testing::Message() << from << " to " << to << " after " << ticks << " ticks");
        Sender sender(format(from));
        sender.run(ticks);
        const std::int64_t changed_at = ticks * 20;
        sender.stream.configure(format(to));
        sender.run(60);
        sender.expect_numbers_in_sequence();
        sender.expect_continuous();
        sender.expect_sound();
        std::int64_t settled = -1;
        for (const Packet& packet : sender.packets) {
          if (packet.payload.size() != static_cast<std::size_t>(from * 8)) {
            ASSERT_EQ(packet.payload.size(), static_cast<std::size_t>(to * 8));
            if (settled < 0) settled = packet.at_ms;
          }
        }
        if (from != to) {
          EXPECT_LE(settled - changed_at, 2 * from + to);
        }
        ASSERT_GT(sender.packets.size(), 2U);
        EXPECT_EQ(sender.packets.back().at_ms - sender.packets[sender.packets.size() - 2].at_ms, to);
      }
    }
  }
}

TEST(OutboundStream, ANewCodecBeginsWithTheNextPacket) {
  for (const int ptime_ms : {10, 20, 30, 60}) {
    SCOPED_TRACE(ptime_ms);
    Sender sender(format(ptime_ms));
    sender.run(11);
    const std::size_t before = sender.packets.size();
    SendFormat alaw = format(ptime_ms);
    alaw.audio = {kPcma, codec::CodecId::kPcma};
    sender.stream.configure(alaw);
    sender.run(11);
    for (std::size_t i = 0; i < sender.packets.size(); ++i) {
      EXPECT_EQ(sender.packets[i].header.payload_type, i < before ? kPcmu : kPcma);
    }
    sender.expect_numbers_in_sequence();
    sender.expect_continuous();
    sender.expect_sound();
  }
}

TEST(OutboundStream, WithoutABufferAPacketIsLostAndNothingElse) {
  for (const int ptime_ms : {10, 20, 50}) {
    SCOPED_TRACE(ptime_ms);
    Sender sender(format(ptime_ms));
    sender.run(20);
    const std::size_t before = sender.packets.size();
    sender.run(10, false);
    EXPECT_EQ(sender.packets.size(), before);
    sender.run(20);
    const int lost = 200 / ptime_ms;
    EXPECT_EQ(sender.packets[before].header.sequence_number,
              sender.packets[before - 1].header.sequence_number + (lost + 1));
    EXPECT_EQ(sender.packets[before].at_ms - sender.packets[before - 1].at_ms, 200 + ptime_ms);
    EXPECT_EQ(sender.stream.packets_sent(), sender.packets.size());
    sender.expect_sound();
  }
}

TEST(OutboundStream, AHalfTickLeftOutLosesItsPacketAndNothingElse) {
  Packetizer::Room room;
  OutboundStream stream{room};
  stream.attach(kIdentity, format(10));
  std::array<std::byte, 512> out;
  ASSERT_GT(stream.tick(frame_of(0), base::Instant(), out), 0U);
  ASSERT_TRUE(stream.half_tick_due());
  ASSERT_TRUE(stream.tick_due() || stream.half_tick_due());
  ASSERT_GT(stream.tick(frame_of(1), base::Instant(milliseconds(20)), out), 0U);
  const auto packet = rtp::parse_rtp(std::span(out).first(92));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header.sequence_number, kIdentity.first_sequence_number + 2);
  EXPECT_EQ(packet->header.timestamp, kIdentity.first_timestamp + 160);
  EXPECT_EQ(stream.packets_sent(), 2U);
}

TEST(OutboundStream, AHalfTickThatIsNotDueSendsNothing) {
  Packetizer::Room room;
  OutboundStream stream{room};
  stream.attach(kIdentity, format(20));
  std::array<std::byte, 512> out;
  EXPECT_EQ(stream.half_tick(out), 0U);
  EXPECT_EQ(stream.tick(frame_of(0), base::Instant(), out), 172U);
  EXPECT_EQ(stream.half_tick(out), 0U);
  EXPECT_EQ(stream.tick(frame_of(1), base::Instant(), out), 172U);
}

TEST(OutboundStream, TellsTheTimeOfItsTimestamps) {
  for (const int ptime_ms : {10, 20, 60}) {
    SCOPED_TRACE(ptime_ms);
    Sender sender(format(ptime_ms));
    sender.run(51);  // the last frame belongs to 1 000 ms
    const auto info = sender.stream.sender_info(base::Instant(milliseconds(1'005)), 0x0102'0304'0506'0708);
    EXPECT_EQ(info.ntp, 0x0102'0304'0506'0708U);
    EXPECT_EQ(info.timestamp, kIdentity.first_timestamp + 8'000 + 40);
    EXPECT_EQ(info.packets, sender.packets.size());
    EXPECT_EQ(info.octets, sender.packets.size() * static_cast<std::size_t>(ptime_ms) * 8);
  }
}

TEST(OutboundStream, AFramePassedIsSentUnlessItIsTakenBack) {
  Packetizer::Room room;
  OutboundStream stream{room};
  stream.attach(kIdentity, format(20));
  std::array<std::byte, rtp::kRtpHeaderBytes> head;
  std::uint32_t sent = 0;
  bool marker = true;
  for (int tick = 0; tick < 12; ++tick) {  // past where numbers and timestamps wrap
    ASSERT_TRUE(stream.whole_frame_due());
    const bool lost = tick < 3 || tick == 7;
    {
      const base::RealtimeSection realtime;
      stream.pass_frame(base::Instant(milliseconds(20 * tick)), head);
      if (lost) stream.take_back(head);
    }
    const auto packet = rtp::parse_rtp(head);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->header, (rtp::RtpHeader{.payload_type = kPcmu,
                                              .marker = marker,
                                              .sequence_number = kIdentity.first_sequence_number + tick,
                                              .timestamp = kIdentity.first_timestamp + 160 * tick,
                                              .ssrc = kIdentity.ssrc}))
        << tick;
    if (!lost) {
      marker = false;
      ++sent;
    }
    const auto info = stream.sender_info(base::Instant(milliseconds(20 * tick)), 0);
    EXPECT_EQ(info.timestamp, kIdentity.first_timestamp + 160 * tick);
    EXPECT_EQ(info.packets, sent);
    EXPECT_EQ(info.octets, 160 * sent);
  }
}

TEST(OutboundStream, AttachedAgainBeginsAnew) {
  Sender sender(format(50));
  sender.run(7);
  sender.stream.attach(kIdentity, format(20));
  EXPECT_EQ(sender.stream.packets_sent(), 0U);
  std::array<std::byte, 512> out;
  ASSERT_EQ(sender.stream.tick(frame_of(0), base::Instant(), out), 172U);
  const auto packet = rtp::parse_rtp(std::span(out).first(172));
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->header.marker);
  EXPECT_EQ(packet->header.sequence_number, kIdentity.first_sequence_number);
  EXPECT_EQ(packet->header.timestamp, kIdentity.first_timestamp);
}

}  // namespace
}  // namespace tutti::stream
