#include "dataplane/stream/inbound_stream.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/stream/inbound_line.h"

namespace tutti::stream {
namespace {

TEST(InboundStream, IsSilentBeforeAnythingCame) {
  InboundLine line(40);
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
    InboundLine line(20);
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
  InboundLine line;
  for (int n = 0; n < 20; ++n) {
    ASSERT_EQ(line.audio(n, n * 160, 160, kAlice, n % 2 == 0 ? kPcmu : kPcma), kOk);
    ASSERT_EQ(line.pop(), FrameKind::kAudio);
    EXPECT_TRUE(line.hears(n * 160, 0, n % 2 == 0 ? codec::CodecId::kPcmu : codec::CodecId::kPcma));
  }
}

TEST(InboundStream, ALostFrameIsMadeUpAndTheNextOneBlendsIn) {
  InboundLine line;
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
  InboundLine line;
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
  InboundLine line(40);
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
  InboundLine line;
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

TEST(InboundStream, TellsWhenTheLastPacketCameThatItAccepted) {
  InboundLine line;
  EXPECT_EQ(line.stream.last_arrival(), base::Instant());
  line.now = base::Instant(std::chrono::seconds(5));
  EXPECT_EQ(line.audio(1, 160), kOk);
  EXPECT_EQ(line.stream.last_arrival(), line.now);
  const base::Instant accepted = line.now;
  line.now += std::chrono::milliseconds(20);
  EXPECT_EQ(line.audio(1, 160), DropReason::kDuplicate);
  EXPECT_EQ(line.stream.last_arrival(), accepted);
  line.stream.detach(line.pool);
  line.stream.attach(ReceiveFormats{}, milliseconds(0));
  EXPECT_EQ(line.stream.last_arrival(), base::Instant());
}

TEST(InboundStream, NoPayloadTypeMeansNothingByItsAbsence) {
  Concealer::State concealer;
  InboundStream stream{concealer};
  PayloadPool pool(4, 0);
  stream.attach(ReceiveFormats{}, milliseconds(0));
  rtp::RtpPacket packet;
  packet.header.payload_type = rtp::PayloadType{0x7F};
  const auto receipt = stream.receive(packet, base::Instant(), pool);
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.refused_for, DropReason::kUnknownPayloadType);
}

TEST(InboundStream, StraysOfAnotherSsrcDisturbNothing) {
  InboundLine line;
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
  InboundLine line;
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
  InboundLine line;
  line.audio(0, 0);
  for (const int number : {100, 102, 104, 103, 103, 101}) {
    EXPECT_EQ(line.audio(number, number * 160, 160, kBob), DropReason::kProbation) << number;
  }
  EXPECT_EQ(line.stream.source(), kAlice);
}

TEST(InboundStream, ARestartOfTheSameSourceIsFollowedAtItsSecondPacket) {
  InboundLine line;
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
  InboundLine line;
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
  InboundLine line;
  EXPECT_EQ(line.key(0, 0, 1, 160), '1');
  EXPECT_TRUE(line.last.new_source);
  EXPECT_EQ(line.pop(), FrameKind::kSilence);
}

TEST(InboundStream, CountsEveryRefusal) {
  InboundLine line;
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
  half_event.header = InboundLine::header(4, 640, kAlice, kEvents);
  EXPECT_EQ(line.receive(half_event), DropReason::kTruncated);
  EXPECT_EQ(line.stream.totals().packets_dropped, 5U);
}

TEST(InboundStream, WithoutABlockThePacketIsLostAndTheSourceIsKept) {
  PayloadPool none(1, 0);
  ASSERT_NE(none.try_acquire(1), PayloadPool::kNone);
  Concealer::State concealer;
  InboundStream stream{concealer};
  stream.attach(formats(), milliseconds(0));
  const std::array<std::byte, 160> payload{};
  rtp::RtpPacket packet;
  packet.header = InboundLine::header(0, 0, kAlice, kPcmu);
  packet.payload = payload;
  const auto first = stream.receive(packet, base::Instant(), none);
  ASSERT_TRUE(first) << "the source is accepted, whatever becomes of its packet";
  EXPECT_TRUE(first.new_source);
  packet.header = InboundLine::header(1, 160, kAlice, kPcmu);
  const auto second = stream.receive(packet, base::Instant(), none);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.refused_for, DropReason::kBufferFull);
  EXPECT_EQ(stream.totals().packets_dropped, 2U);
}

// The concealer hears of what was played when something is lost, and must then know as much as if it had
// heard every frame.
TEST(InboundStream, ConcealsAsIfItHadLearnedFromEveryFrame) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    InboundLine line;
    Concealer::State state;
    Concealer eager(state);
    bool received_last = true;
    for (int n = 0; n < 400; ++n) {
      // Losses come in bursts, the first right after the first packet.
      const bool received = n == 0 || random() % (received_last ? 6 : 2) != 0;
      received_last = received;
      base::Frame expected;
      if (received) {
        ASSERT_EQ(line.audio(n, n * 160), kOk);
        const auto decoded = tone(n * 160, 160, line.amplitude, codec::CodecId::kPcmu);
        std::copy(decoded.begin(), decoded.end(), expected.samples.begin());
        eager.receive(expected.samples);
      } else {
        eager.fill(expected.samples);
      }
      line.pop();
      ASSERT_EQ(line.frame.samples, expected.samples) << "tick " << n;
    }
  }
}

TEST(InboundStream, DetachGivesBackEveryBlockAndKeepsTheTotals) {
  InboundLine line(100);
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

// Who is muted sends zeros, of either sign: they wait, are played and told as any packet, but keep no block.
TEST(InboundStream, DigitalSilenceIsPlayedAndTakesNoBlock) {
  InboundLine line(40);
  const auto silence = [&](int n, std::size_t samples) {
    const std::vector<std::byte> payload(samples, n % 2 == 0 ? std::byte{0xFF} : std::byte{0x7F});
    rtp::RtpPacket packet;
    packet.header = line.header(n, n * 160, kAlice, kPcmu);
    packet.payload = payload;
    return line.receive(packet);
  };
  for (int n = 0; n < 3; ++n) ASSERT_EQ(line.audio(n, n * 160), kOk);
  EXPECT_EQ(line.pop(), FrameKind::kSilence);
  EXPECT_EQ(line.pop(), FrameKind::kSilence);
  EXPECT_EQ(line.pool.in_use(), 3U);
  for (int n = 3; n < 20; ++n) {
    ASSERT_EQ(silence(n, 160), kOk);
    ASSERT_EQ(line.pop(), FrameKind::kAudio);
    const int played = n - 3;
    if (played < 3) {
      ASSERT_TRUE(line.hears(played * 160)) << n;
    } else {
      ASSERT_EQ(line.peak(), 0) << n;
    }
  }
  EXPECT_EQ(line.pool.in_use(), 0U);
  EXPECT_EQ(line.stream.packets_waiting(), 3);
  // The longest packet that there may be.
  ASSERT_EQ(silence(20, 512), kOk);
  EXPECT_EQ(line.pool.in_use(), 0U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(line.pop(), FrameKind::kAudio);
  EXPECT_EQ(line.stream.totals().packets_dropped, 0U);
  line.stream.detach(line.pool);
  EXPECT_EQ(line.pool.in_use(), 0U);
}

TEST(InboundStream, ReportsWhatCame) {
  InboundLine line;
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

}  // namespace
}  // namespace tutti::stream
