#include "dataplane/stream/inbound_stream.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "mixer/codec/codec.h"
#include "tests/unit/stream/timeline.h"

namespace tutti::stream {
namespace {

using base::DropReason;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kOk = DropReason::kCount;
constexpr rtp::Ssrc kAlice{0xA11CE};
constexpr rtp::Ssrc kBob{0xB0B};

ReceiveFormats formats() {
  ReceiveFormats formats;
  formats.audio[0] = {kPcmu, codec::CodecId::kPcmu};
  formats.audio[1] = {kPcma, codec::CodecId::kPcma};
  formats.telephone_event = kEvents;
  return formats;
}

// 1 000 Hz would repeat itself with every frame; this does not.
std::int16_t tone(std::int64_t n, int amplitude) {
  const double phase = 2 * std::numbers::pi * 437.0 * static_cast<double>(n) / 8'000;
  return static_cast<std::int16_t>(std::lround(amplitude * std::sin(phase)));
}

std::vector<std::int16_t> tone(std::int64_t from, std::size_t samples, int amplitude, codec::CodecId codec,
                               std::vector<std::byte>* encoded = nullptr) {
  std::vector<std::int16_t> out(samples);
  for (std::size_t i = 0; i < samples; ++i) out[i] = tone(from + static_cast<std::int64_t>(i), amplitude);
  std::vector<std::byte> payload(samples);
  codec::encode(codec, out, payload);
  codec::decode(codec, payload, out);
  if (encoded != nullptr) *encoded = payload;
  return out;
}

class Line {
 public:
  explicit Line(int delay_ms = 0) { stream.attach(formats(), milliseconds(delay_ms)); }
  ~Line() {
    stream.detach(pool);
    EXPECT_EQ(pool.in_use(), 0U);
  }

  DropReason receive(rtp::RtpPacket packet) {
    const base::RealtimeSection realtime;
    const auto receipt = stream.receive(packet, now, pool);
    last = receipt ? *receipt : Receipt{};
    return receipt ? kOk : receipt.error();
  }

  // A packet with the tone that belongs to its timestamp.
  DropReason audio(int number, std::int64_t position, std::size_t samples = 160, rtp::Ssrc ssrc = kAlice,
                   rtp::PayloadType type = kPcmu) {
    std::vector<std::byte> payload;
    tone(position, samples, amplitude, type == kPcma ? codec::CodecId::kPcma : codec::CodecId::kPcmu,
         &payload);
    rtp::RtpPacket packet;
    packet.header = header(number, position, ssrc, type);
    packet.payload = payload;
    return receive(packet);
  }

  char key(int number, std::int64_t position, std::uint8_t event, std::uint16_t duration, bool end = false) {
    const std::array payload = {std::byte{event}, std::byte(end ? 0x8A : 0x0A), std::byte(duration >> 8),
                                std::byte(duration & 0xFF)};
    rtp::RtpPacket packet;
    packet.header = header(number, position, kAlice, kEvents);
    packet.payload = payload;
    return receive(packet) == kOk ? last.digit : '!';
  }

  static rtp::RtpHeader header(int number, std::int64_t position, rtp::Ssrc ssrc, rtp::PayloadType type) {
    return {type, false, rtp::SequenceNumber(static_cast<std::uint16_t>(65'500 + number)),
            rtp::RtpTimestamp(static_cast<std::uint32_t>(0xFFFF'F000 + position)), ssrc};
  }

  FrameKind pop() {
    now += base::kTick;
    for (auto& sample : frame.samples) sample = 12'345;  // every sample must be written
    const base::RealtimeSection realtime;
    return stream.pop(frame, pool);
  }

  // Whether the frame is the tone from `position` on, bit for bit but for what was blended at its start.
  bool hears(std::int64_t position, std::size_t blended = 0,
             codec::CodecId codec = codec::CodecId::kPcmu) const {
    const auto expected = tone(position, base::kFrameSamples, amplitude, codec);
    return std::equal(expected.begin() + static_cast<std::ptrdiff_t>(blended), expected.end(),
                      frame.samples.begin() + static_cast<std::ptrdiff_t>(blended));
  }

  int peak() const {
    int largest = 0;
    for (const std::int16_t sample : frame.samples) largest = std::max(largest, std::abs(int{sample}));
    return largest;
  }

  InboundStream stream;
  PayloadPool pool{64};
  base::Frame frame;
  Receipt last;
  base::Instant now{seconds(1)};
  int amplitude = 8'000;
};

TEST(InboundStream, IsSilentBeforeAnythingCame) {
  Line line(40);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(line.pop(), FrameKind::kSilence);
    EXPECT_EQ(line.peak(), 0);
  }
  EXPECT_FALSE(line.stream.source());
  EXPECT_FALSE(line.stream.report(line.now));
}

TEST(InboundStream, EveryPtimeComesOutUnbrokenAndExact) {
  for (const std::size_t ptime_ms : {10, 20, 30, 40, 50, 60}) {
    SCOPED_TRACE(ptime_ms);
    Line line(20);
    const auto samples = static_cast<std::int64_t>(ptime_ms) * 8;
    int number = 0;
    bool began = false;
    std::int64_t heard = 0;
    for (std::int64_t now = 160; now < 160 * 500; now += 160) {
      for (; (number + 1) * samples <= now; ++number) {
        ASSERT_EQ(line.audio(number, number * samples, static_cast<std::size_t>(samples)), kOk);
      }
      const FrameKind kind = line.pop();
      if (!began && kind == FrameKind::kSilence) continue;
      began = true;
      ASSERT_EQ(kind, FrameKind::kAudio);
      ASSERT_TRUE(line.hears(heard)) << "at sample " << heard;
      heard += 160;
    }
    EXPECT_GT(heard, 160 * 490);
    EXPECT_EQ(line.stream.totals().frames_concealed, 0U);
  }
}

TEST(InboundStream, MixesBothLawsInOneStream) {
  Line line;
  for (int n = 0; n < 20; ++n) {
    ASSERT_EQ(line.audio(n, n * 160, 160, kAlice, n % 2 == 0 ? kPcmu : kPcma), kOk);
    ASSERT_EQ(line.pop(), FrameKind::kAudio);
    EXPECT_TRUE(line.hears(n * 160, 0, n % 2 == 0 ? codec::CodecId::kPcmu : codec::CodecId::kPcma));
  }
}

TEST(InboundStream, ALostFrameIsMadeUpAndTheNextOneBlendsIn) {
  Line line;
  int largest_step = 0;
  std::int16_t before = 0;
  for (int n = 0; n < 30; ++n) {
    const bool lost = n == 10 || n == 15 || n == 16 || n == 17;
    if (!lost) line.audio(n, n * 160);
    EXPECT_EQ(line.pop(), lost ? FrameKind::kConcealed : FrameKind::kAudio) << n;
    if (!lost) {
      EXPECT_TRUE(line.hears(n * 160, n == 11 || n == 18 ? Concealer::kBlendSamplesMax : 0)) << n;
    }
    if (n == 10) {
      EXPECT_GT(line.peak(), 4'000) << "a single loss is hardly heard";
    }
    for (const std::int16_t sample : line.frame.samples) {
      largest_step = std::max(largest_step, std::abs(sample - before));
      before = sample;
    }
  }
  EXPECT_LT(largest_step, 8'000 * 0.343 * 2);  // a sine of 437 Hz steps by 0.343 of its amplitude
  EXPECT_EQ(line.stream.totals().frames_concealed, 4U);
  EXPECT_EQ(line.stream.totals().packets_lost, 4U);
  EXPECT_EQ(line.stream.totals().packets_received, 26U);
  EXPECT_EQ(line.stream.totals().packets_dropped, 0U);
}

TEST(InboundStream, ALongLossFadesToSilenceWithinSixtyMilliseconds) {
  Line line;
  for (int n = 0; n < 10; ++n) {
    line.audio(n, n * 160);
    line.pop();
  }
  EXPECT_EQ(line.pop(), FrameKind::kConcealed);
  EXPECT_EQ(line.pop(), FrameKind::kConcealed);
  EXPECT_EQ(line.pop(), FrameKind::kConcealed);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(line.pop(), FrameKind::kSilence);
    EXPECT_EQ(line.peak(), 0);
  }
  EXPECT_EQ(line.stream.totals().frames_concealed, 3U);
  line.audio(63, 63 * 160);
  EXPECT_EQ(line.pop(), FrameKind::kAudio);
  EXPECT_TRUE(line.hears(63 * 160, Concealer::kBlendSamplesMax));
}

TEST(InboundStream, ASuppressedSilenceIsNotCountedAsConcealed) {
  Line line(40);
  for (int n = 0; n < 10; ++n) {
    line.audio(n, n * 160);
    line.pop();
  }
  line.audio(10, 12 * 160);  // two frames were left out, and this tells so in time
  int concealed = 0;
  for (int i = 0; i < 5; ++i) concealed += line.pop() == FrameKind::kConcealed ? 1 : 0;
  EXPECT_EQ(concealed, 0);
  EXPECT_TRUE(line.hears(12 * 160, Concealer::kBlendSamplesMax));
  EXPECT_EQ(line.stream.totals().packets_lost, 0U);
}

TEST(InboundStream, UnknownPayloadTypesAreRefusedAndFoundNoSource) {
  Line line;
  EXPECT_EQ(line.audio(0, 0, 160, kAlice, rtp::PayloadType{96}), DropReason::kUnknownPayloadType);
  EXPECT_FALSE(line.stream.source());
  EXPECT_EQ(line.audio(1, 160), kOk);
  EXPECT_TRUE(line.last.new_source);
  EXPECT_EQ(line.audio(2, 320, 160, kAlice, rtp::PayloadType{13}), DropReason::kUnknownPayloadType);
  EXPECT_EQ(line.audio(3, 480), kOk);
  EXPECT_FALSE(line.last.new_source);
  EXPECT_EQ(line.stream.totals().packets_lost, 0U) << "it was received, if not understood";
  EXPECT_EQ(line.stream.totals().packets_dropped, 2U);
}

TEST(InboundStream, NoPayloadTypeMeansNothingByItsAbsence) {
  InboundStream stream;
  PayloadPool pool(4);
  stream.attach(ReceiveFormats{}, milliseconds(0));
  rtp::RtpPacket packet;
  packet.header.payload_type = rtp::PayloadType{0x7F};
  const auto receipt = stream.receive(packet, base::Instant(), pool);
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error(), DropReason::kUnknownPayloadType);
}

TEST(InboundStream, StraysOfAnotherSsrcDisturbNothing) {
  Line line;
  int refused = 0;
  for (int n = 0; n < 100; ++n) {
    ASSERT_EQ(line.audio(n, n * 160), kOk);
    // Bob sends as regularly as Alice does, and never gets in between.
    if (line.audio(500 + n, 90'000 + n * 160, 160, kBob) == DropReason::kProbation) ++refused;
    ASSERT_EQ(line.pop(), FrameKind::kAudio);
    ASSERT_TRUE(line.hears(n * 160));
  }
  EXPECT_EQ(refused, 100);
  EXPECT_EQ(line.stream.source(), kAlice);
  EXPECT_EQ(line.stream.totals().packets_received, 100U);
  EXPECT_EQ(line.stream.totals().packets_dropped, 100U);
}

TEST(InboundStream, ANewSourceTakesOverWithItsSecondPacket) {
  Line line;
  for (int n = 0; n < 10; ++n) {
    line.audio(n, n * 160);
    line.pop();
  }
  EXPECT_EQ(line.audio(3'000, 50'000, 160, kBob), DropReason::kProbation);
  EXPECT_EQ(line.pop(), FrameKind::kConcealed);
  EXPECT_EQ(line.audio(3'001, 50'160, 160, kBob), kOk);
  EXPECT_TRUE(line.last.new_source);
  EXPECT_EQ(line.pop(), FrameKind::kAudio);
  EXPECT_TRUE(line.hears(50'160, Concealer::kBlendSamplesMax));
  EXPECT_EQ(line.stream.source(), kBob);
  EXPECT_EQ(line.audio(3'002, 50'320, 160, kBob), kOk);
  EXPECT_EQ(line.pop(), FrameKind::kAudio);
  EXPECT_TRUE(line.hears(50'320));
  // What Alice sent is not forgotten; that Bob's count begins elsewhere is no loss.
  EXPECT_EQ(line.stream.totals().packets_received, 12U);
  EXPECT_EQ(line.stream.totals().packets_lost, 0U);
  const auto report = line.stream.report(line.now);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->source, kBob);
}

TEST(InboundStream, PacketsOfANewSourceOutOfSequenceProveNothing) {
  Line line;
  line.audio(0, 0);
  for (const int number : {100, 102, 104, 103, 103, 101}) {
    EXPECT_EQ(line.audio(number, number * 160, 160, kBob), DropReason::kProbation) << number;
  }
  EXPECT_EQ(line.stream.source(), kAlice);
}

TEST(InboundStream, ARestartOfTheSameSourceIsFollowedAtItsSecondPacket) {
  Line line;
  for (int n = 0; n < 10; ++n) {
    line.audio(n, n * 160);
    line.pop();
  }
  line.audio(12, 12 * 160);  // two lost
  line.pop();
  EXPECT_EQ(line.audio(20'000, 700'000), DropReason::kTooFarAhead);
  line.pop();
  EXPECT_EQ(line.audio(20'001, 700'160), kOk);
  EXPECT_FALSE(line.last.new_source);
  EXPECT_EQ(line.pop(), FrameKind::kAudio);
  EXPECT_TRUE(line.hears(700'160, Concealer::kBlendSamplesMax));
  EXPECT_EQ(line.stream.totals().packets_received, 12U);
  EXPECT_EQ(line.stream.totals().packets_lost, 2U);
}

TEST(InboundStream, TellsEachKeyOnceAndHearsNoHoleBehindIt) {
  Line line;
  std::string digits;
  int number = 0;
  std::int64_t position = 0;
  for (const std::uint8_t key : {std::uint8_t{5}, std::uint8_t{5}, std::uint8_t{11}}) {
    for (int i = 0; i < 3; ++i, position += 160) {
      ASSERT_EQ(line.audio(number++, position), kOk);
      line.pop();
    }
    const std::int64_t start = position;
    for (int i = 1; i <= 5; ++i, position += 160) {
      if (const char digit = line.key(number++, start, key, static_cast<std::uint16_t>(i * 160));
          digit != 0) {
        EXPECT_EQ(i, 1) << "at its first packet";
        digits.push_back(digit);
      }
      line.pop();
    }
    for (int i = 0; i < 3; ++i) EXPECT_EQ(line.key(number++, start, key, 800, true), '\0');
  }
  EXPECT_EQ(digits, "55#");
  EXPECT_EQ(line.stream.totals().packets_lost, 0U);
  EXPECT_EQ(line.stream.totals().packets_dropped, 0U);
  EXPECT_EQ(line.key(number++, position, 3, 160), '3');
}

TEST(InboundStream, AKeyMayBeTheFirstThatComes) {
  Line line;
  EXPECT_EQ(line.key(0, 0, 1, 160), '1');
  EXPECT_TRUE(line.last.new_source);
  EXPECT_EQ(line.pop(), FrameKind::kSilence);
}

TEST(InboundStream, CountsEveryRefusal) {
  Line line;
  EXPECT_EQ(line.audio(0, 0), kOk);
  EXPECT_EQ(line.audio(0, 0), DropReason::kDuplicate);
  EXPECT_EQ(line.audio(1, 160, 513), DropReason::kOversize);
  EXPECT_EQ(line.audio(2, 320, 0), DropReason::kMalformed);
  EXPECT_EQ(line.audio(3, 480), kOk);
  line.pop();
  line.pop();
  line.pop();
  line.pop();
  EXPECT_EQ(line.audio(2, 320), DropReason::kLate);
  rtp::RtpPacket half_event;
  half_event.header = Line::header(4, 640, kAlice, kEvents);
  EXPECT_EQ(line.receive(half_event), DropReason::kTruncated);
  EXPECT_EQ(line.stream.totals().packets_dropped, 5U);
}

TEST(InboundStream, WithoutABlockThePacketIsLostAndTheSourceIsKept) {
  PayloadPool none(1);
  ASSERT_NE(none.try_acquire(), PayloadPool::kNone);
  InboundStream stream;
  stream.attach(formats(), milliseconds(0));
  const std::array<std::byte, 160> payload{};
  rtp::RtpPacket packet;
  packet.header = Line::header(0, 0, kAlice, kPcmu);
  packet.payload = payload;
  const auto first = stream.receive(packet, base::Instant(), none);
  ASSERT_TRUE(first) << "the source is accepted, whatever becomes of its packet";
  EXPECT_TRUE(first->new_source);
  packet.header = Line::header(1, 160, kAlice, kPcmu);
  const auto second = stream.receive(packet, base::Instant(), none);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), DropReason::kBufferFull);
  EXPECT_EQ(stream.totals().packets_dropped, 2U);
}

TEST(InboundStream, DetachGivesBackEveryBlockAndKeepsTheTotals) {
  Line line(100);
  for (int n = 0; n < 5; ++n) line.audio(n, n * 160);
  EXPECT_EQ(line.pool.in_use(), 5U);
  line.stream.detach(line.pool);
  EXPECT_EQ(line.pool.in_use(), 0U);
  EXPECT_EQ(line.stream.totals().packets_received, 5U);
  line.stream.detach(line.pool);
  EXPECT_EQ(line.stream.totals().packets_received, 5U);
  line.stream.attach(formats(), milliseconds(0));
  EXPECT_EQ(line.stream.totals().packets_received, 0U);
  EXPECT_EQ(line.audio(900, 0, 160, kBob), kOk) << "no probation for the first of another call";
  EXPECT_EQ(line.pop(), FrameKind::kAudio);
  EXPECT_TRUE(line.hears(0)) << "nothing of the call before is blended in";
}

TEST(InboundStream, ReportsWhatCame) {
  Line line;
  for (int n = 0; n < 50; ++n) {
    if (n % 5 != 4) line.audio(n, n * 160);
    line.pop();
  }
  line.audio(50, 50 * 160);
  const rtp::SenderInfo info{0x0000'1111'2222'3333, rtp::RtpTimestamp(0), 1, 1};
  line.stream.receive_sender_report(kBob, {}, line.now);
  line.stream.receive_sender_report(kAlice, info, line.now);
  line.stream.receive_sender_report(kBob, {}, line.now);
  const auto report = line.stream.report(line.now + seconds(1));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->source, kAlice);
  EXPECT_EQ(report->cumulative_lost, 10);
  EXPECT_EQ(report->fraction_lost, 10 * 256 / 51);
  EXPECT_EQ(report->highest_sequence, 65'550U);
  EXPECT_EQ(report->last_sender_report, 0x1111'2222U);
  EXPECT_EQ(report->delay_since_last, 65'536U);
}

TEST(InboundStream, LengthensTheDelayWhereItIsQuietOnly) {
  for (const bool quiet : {false, true}) {
    SCOPED_TRACE(quiet);
    Line line;
    line.amplitude = quiet ? 100 : 8'000;
    line.audio(0, 0);
    line.pop();
    line.pop();  // packet 1 is late
    line.audio(2, 320);
    line.pop();
    EXPECT_EQ(line.audio(1, 160), DropReason::kLate);
    int gaps = 0;
    for (int n = 3; n < 40; ++n) {
      EXPECT_EQ(line.audio(n, n * 160), kOk);
      line.pop();
      if (!line.hears((n - gaps) * 160) && !line.hears((n - gaps) * 160, Concealer::kBlendSamplesMax)) ++gaps;
    }
    EXPECT_EQ(gaps, quiet ? 2 : 0);  // it was 320 samples late
  }
}

TEST(InboundStream, ShortensTheDelayWhereItIsQuietUnlessItIsFarTooLong) {
  struct Case {
    int pause_ticks;
    int amplitude;
    bool shortens;
  };
  for (const Case& c : {Case{4, 100, true}, Case{4, 8'000, false}, Case{11, 8'000, true}}) {
    SCOPED_TRACE(testing::Message() << c.pause_ticks << " ticks, amplitude " << c.amplitude);
    Line line;
    line.amplitude = c.amplitude;
    int n = 0;
    int largest_step = 0;
    std::int16_t before = 0;
    const auto steady = [&](int ticks) {
      for (int i = 0; i < ticks; ++i, ++n) {
        line.audio(n, n * 160);
        line.pop();
        for (const std::int16_t sample : line.frame.samples) {
          largest_step = std::max(largest_step, std::abs(sample - before));
          before = sample;
        }
      }
    };
    steady(50);
    for (int i = 0; i < c.pause_ticks; ++i) line.pop();  // the network pauses, then catches up
    before = 0;
    for (int i = 0; i < c.pause_ticks; ++i, ++n) line.audio(n, n * 160);
    steady(100);
    const unsigned waiting = line.pool.in_use();
    steady(20 * JitterBuffer::kWindowTicks);
    EXPECT_EQ(line.pool.in_use() < waiting, c.shortens);
    EXPECT_LT(largest_step, c.amplitude * 0.343 * 2 + 50) << "and nobody hears a click";
    EXPECT_EQ(line.stream.totals().packets_dropped, 0U);
  }
}

TEST(InboundStream, KeepsItsDelayAgainstAClockThatRunsSlowOrFast) {
  for (const int parts_per_million : {-400, 400}) {  // far more than a crystal is wrong by
    SCOPED_TRACE(parts_per_million);
    Line line(40);
    line.amplitude = 100;
    const double samples_a_tick = 160 * (1 + parts_per_million / 1e6);
    int n = 0;
    int concealed = 0;
    for (int tick = 1; tick < 50 * 600; ++tick) {  // ten minutes: 240 ms of drift
      for (; (n + 1) * 160 <= tick * samples_a_tick; ++n) ASSERT_EQ(line.audio(n, n * 160), kOk);
      if (line.pop() == FrameKind::kConcealed) ++concealed;
      ASSERT_LE(line.pool.in_use(), 6U);  // 120 ms
    }
    EXPECT_EQ(concealed, 0);
  }
}

TEST(InboundStream, RandomPacketsLeakNothing) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Line line(static_cast<int>(random() % 100));
    std::uint64_t refused = 0;
    std::uint64_t sent = 0;
    int number = 0;
    std::int64_t position = 0;
    for (int i = 0; i < 3'000; ++i) {
      switch (random() % 16) {
        case 0:
          number = static_cast<int>(random() % 65'536);
          break;
        case 1:
          position = static_cast<std::int64_t>(random());
          break;
        case 2:
          number -= static_cast<int>(random() % 40);
          break;
        case 3:
          position += 80 * static_cast<std::int64_t>(random() % 60) - 2'400;
          break;
        default:
          break;
      }
      const auto samples = random() % 64 == 0 ? random() % 600 : 80 * (1 + random() % 6);
      const rtp::Ssrc ssrc = random() % 20 == 0 ? kBob : kAlice;
      const rtp::PayloadType type = random() % 20 == 0   ? kEvents
                                    : random() % 20 == 0 ? rtp::PayloadType{77}
                                                         : kPcmu;
      ++sent;
      if (line.audio(number, position, samples, ssrc, type) != kOk) ++refused;
      ++number;
      position += static_cast<std::int64_t>(samples);
      if (random() % 2 == 0) line.pop();
      ASSERT_LE(line.pool.in_use(), static_cast<unsigned>(JitterBuffer::kSlots));
    }
    const InboundTotals totals = line.stream.totals();
    EXPECT_GE(totals.packets_dropped, refused);
    EXPECT_LE(totals.packets_received, sent);
    for (int i = 0; i < 40; ++i) line.pop();
    EXPECT_EQ(line.pool.in_use(), 0U) << "what waits is played or thrown away within the reach";
  }
}

}  // namespace
}  // namespace tutti::stream
