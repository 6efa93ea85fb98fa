#include "dataplane/stream/jitter_buffer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "tests/unit/stream/timeline.h"

namespace tutti::stream {
namespace {

using base::DropReason;
constexpr auto kTaken = DropReason::kCount;

// Where the counts start: plain, and so that both wrap within every story.
struct Start {
  std::uint16_t number;
  std::uint32_t timestamp;
};
constexpr Start kStarts[] = {{1'000, 50'000}, {65'533, 0xFFFF'FF00}, {32'766, 0x7FFF'FF00}};

class Line {
 public:
  Line(Start start, int target_ms) : timeline(start.number, start.timestamp) { buffer.reset(target_ms * 8); }
  ~Line() {
    buffer.restart(pool);
    EXPECT_EQ(pool.in_use(), 0U);
  }

  DropReason insert(int n, std::int64_t position, std::size_t samples) {
    const auto packet = timeline.packet(n, position, samples);
    const base::RealtimeSection realtime;
    return buffer.insert(packet, codec::CodecId::kPcmu, pool).value_or(kTaken);
  }

  // What a tick plays: "0+160" is audio by its place, "gap 80" and "lost 80" are holes.
  std::string tick() {
    std::string text;
    for (int left = base::kFrameSamples; left > 0;) {
      Chunk chunk;
      {
        const base::RealtimeSection realtime;
        chunk = buffer.take(left, pool);
      }
      if (!text.empty()) text += ' ';
      if (chunk.kind == Chunk::Kind::kAudio) {
        EXPECT_EQ(chunk.payload.size(), chunk.samples);
        const auto position = Timeline::find(chunk.payload, -20'000, 40'000);
        text += position ? std::to_string(*position) : "?";
        text += '+';
      } else {
        text += chunk.kind == Chunk::Kind::kLost ? "lost " : "gap ";
      }
      text += std::to_string(chunk.samples);
      EXPECT_GT(chunk.samples, 0U);
      left -= static_cast<int>(chunk.samples);
    }
    buffer.end_tick();
    return text;
  }

  Timeline timeline;
  PayloadPool pool{64, 64};
  JitterBuffer buffer;
};

struct Arrival {
  int at_ms;
  int number;
  std::int64_t position;
  std::size_t samples = 160;
  DropReason reason = kTaken;
};

struct Story {
  const char* name;
  int target_ms;
  std::vector<Arrival> arrivals;
  std::vector<std::string> ticks;  // at 20, 40, ... ms
};

const Story kStories[] = {
    {"no delay: played at the tick after it came",
     0,
     {{5, 0, 0}, {25, 1, 160}, {45, 2, 320}},
     {"0+160", "160+160", "320+160", "lost 160"}},
    {"40 ms of delay",
     40,
     {{5, 0, 0}, {25, 1, 160}, {45, 2, 320}},
     {"gap 160", "gap 160", "0+160", "160+160", "320+160"}},
    {"reordered within the delay",
     40,
     {{5, 0, 0}, {25, 2, 320}, {45, 1, 160}, {65, 3, 480}},
     {"gap 160", "gap 160", "0+160", "160+160", "320+160", "480+160"}},
    {"the first one comes second",
     40,
     {{5, 1, 160}, {6, 0, 0}, {25, 2, 320}},
     {"gap 160", "0+160", "160+160", "320+160"}},
    {"one lost",
     40,
     {{5, 0, 0}, {45, 2, 320}, {65, 3, 480}},
     {"gap 160", "gap 160", "0+160", "lost 160", "320+160", "480+160"}},
    {"one lost without delay",
     0,
     {{5, 0, 0}, {45, 2, 320}, {65, 3, 480}},
     {"0+160", "lost 160", "320+160", "480+160"}},
    {"three in a row lost",
     40,
     {{5, 0, 0}, {85, 4, 640}},
     {"gap 160", "gap 160", "0+160", "lost 160", "lost 160", "lost 160", "640+160"}},
    {"twice while it waits, while it is played, and after",
     20,
     {{5, 0, 0},
      {6, 0, 0, 160, DropReason::kDuplicate},
      {25, 1, 160},
      {45, 0, 0, 160, DropReason::kDuplicate}},
     {"gap 160", "0+160", "160+160"}},
    {"twice, half played",
     0,
     {{5, 0, 0, 480}, {25, 0, 0, 480, DropReason::kDuplicate}},
     {"0+160", "160+160", "320+160"}},
    {"late, but nothing was played behind it: it becomes delay",
     0,
     {{5, 0, 0}, {41, 1, 160}, {45, 2, 320}, {65, 3, 480}},
     {"0+160", "lost 160", "160+160", "320+160", "480+160"}},
    {"late, and passed over",
     0,
     {{5, 0, 0},
      {45, 2, 320},
      {61, 1, 160, 160, DropReason::kLate},
      {62, 1, 160, 160, DropReason::kDuplicate},
      {65, 3, 480}},
     {"0+160", "lost 160", "320+160", "480+160"}},
    {"10 ms packets without delay wait for their second half",
     0,
     {{5, 0, 0, 80}, {15, 1, 80, 80}, {25, 2, 160, 80}, {35, 3, 240, 80}},
     {"gap 80 0+80", "80+80 160+80", "240+80 lost 80"}},
    {"30 ms packets",
     0,
     {{5, 0, 0, 240}, {35, 1, 240, 240}, {65, 2, 480, 240}},
     {"0+160", "160+80 240+80", "320+160", "480+160", "640+80 lost 80"}},
    {"60 ms packets",
     0,
     {{5, 0, 0, 480}, {65, 1, 480, 480}},
     {"0+160", "160+160", "320+160", "480+160", "640+160", "800+160"}},
    {"every ptime in one stream",
     20,
     {{5, 0, 0, 80},
      {15, 1, 80, 240},
      {45, 2, 320, 480},
      {105, 3, 800, 160},
      {125, 4, 960, 400},
      {175, 5, 1'360, 320}},
     {"gap 160", "0+80 80+80", "160+160", "320+160", "480+160", "640+160", "800+160", "960+160", "1120+160",
      "1280+80 1360+80", "1440+160"}},
    {"a 30 ms packet lost",
     20,
     {{5, 0, 0, 240}, {65, 2, 480, 240}},
     {"gap 160", "0+160", "160+80 lost 80", "lost 160", "480+160"}},
    {"silence suppressed for a little: a gap, nothing lost",
     40,
     {{5, 0, 0}, {65, 1, 480}, {85, 2, 640}},
     {"gap 160", "gap 160", "0+160", "gap 160", "gap 160", "480+160", "640+160"}},
    {"a talkspurt after long silence has the delay anew",
     40,
     {{5, 0, 0}, {405, 1, 3'200 - 100}, {425, 2, 3'360 - 100}},
     {"gap 160", "gap 160", "0+160",   "lost 160", "lost 160", "lost 160", "lost 160", "lost 160",
      "gap 160", "gap 160", "gap 160", "gap 160",  "gap 160",  "gap 160",  "gap 160",  "gap 160",
      "gap 160", "gap 160", "gap 160", "gap 160",  "gap 160",  "gap 160",  "3100+160", "3260+160"}},
    {"timestamps stood still in the silence",
     20,
     {{5, 0, 0}, {605, 1, 160}, {625, 2, 320}},
     {"gap 160", "0+160",   "lost 160", "lost 160", "lost 160", "lost 160", "lost 160", "gap 160", "gap 160",
      "gap 160", "gap 160", "gap 160",  "gap 160",  "gap 160",  "gap 160",  "gap 160",  "gap 160", "gap 160",
      "gap 160", "gap 160", "gap 160",  "gap 160",  "gap 160",  "gap 160",  "gap 160",  "gap 160", "gap 160",
      "gap 160", "gap 160", "gap 160",  "gap 160",  "160+160",  "320+160"}},
    {"timestamps jump ahead: believed at the second packet",
     20,
     {{5, 0, 0},
      {25, 1, 160},
      {45, 2, 20'000, 160, DropReason::kTooFarAhead},
      {65, 3, 20'160},
      {85, 4, 20'320}},
     {"gap 160", "0+160", "160+160", "lost 160", "20160+160", "20320+160"}},
    {"timestamps jump back: believed at the second packet",
     20,
     {{5, 0, 0}, {25, 1, 160}, {45, 2, -9'000, 160, DropReason::kLate}, {65, 3, -8'840}, {85, 4, -8'680}},
     {"gap 160", "0+160", "160+160", "lost 160", "-8840+160", "-8680+160"}},
    {"one stray timestamp changes nothing",
     20,
     {{5, 0, 0}, {25, 1, 160}, {45, 2, 20'000, 160, DropReason::kTooFarAhead}, {65, 3, 480}, {85, 4, 640}},
     {"gap 160", "0+160", "160+160", "lost 160", "480+160", "640+160"}},
    {"the network pauses, then all comes at once: as much as fits is played, none twice",
     0,
     {{5, 0, 0}, {101, 1, 160}, {101, 2, 320}, {101, 3, 480}, {101, 4, 640}, {105, 5, 800}},
     {"0+160", "lost 160", "lost 160", "lost 160", "lost 160", "160+160", "320+160", "480+160", "640+160"}},
    {"overlapping timestamps: no sample twice",
     20,
     {{5, 0, 0, 240}, {25, 1, 160, 240}},
     {"gap 160", "0+160", "160+80 240+80", "320+80 lost 80"}},
    {"nothing but a keep-alive, too much, and the largest",
     0,
     {{1, 0, 0, 0, DropReason::kMalformed}, {2, 1, 0, 513, DropReason::kOversize}, {3, 2, 0, 512}},
     {"0+160", "160+160", "320+160", "480+32 lost 128"}},
};

TEST(JitterBuffer, FollowsTheStories) {
  for (const Story& story : kStories) {
    for (const Start& start : kStarts) {
      SCOPED_TRACE(std::string(story.name) + ", numbers from " + std::to_string(start.number));
      Line line(start, story.target_ms);
      auto arrival = story.arrivals.begin();
      int now_ms = 0;
      for (const std::string& expected : story.ticks) {
        now_ms += 20;
        for (; arrival != story.arrivals.end() && arrival->at_ms <= now_ms; ++arrival) {
          EXPECT_EQ(line.insert(arrival->number, arrival->position, arrival->samples), arrival->reason)
              << "packet " << arrival->number << " at " << arrival->at_ms << " ms";
        }
        EXPECT_EQ(line.tick(), expected) << "tick at " << now_ms << " ms";
      }
      EXPECT_EQ(arrival, story.arrivals.end());
    }
  }
}

TEST(JitterBuffer, HoldsNoMoreThanItsReach) {
  Line line(kStarts[1], 0);
  int taken = 0;
  for (int n = 0; n < 100; ++n) {
    if (line.insert(n, n * 160, 160) == kTaken) ++taken;
    EXPECT_LE(line.pool.in_use(), static_cast<unsigned>(JitterBuffer::kReach / 160 + 1));
  }
  // What came last is what is played: the flood does not leave its length behind as delay.
  line.tick();
  EXPECT_GT(taken, 50);
  std::string last;
  for (int i = 0; i < 14; ++i) {
    const std::string text = line.tick();
    if (text.find('+') != std::string::npos) last = text;
  }
  EXPECT_EQ(last, "15840+160");
}

TEST(JitterBuffer, TheShortestPacketsFillItsSlotsAndNoMore) {
  Line line(kStarts[1], 0);
  int full = 0;
  for (int n = 0; n < 200; ++n) {
    if (line.insert(n, n, 1) == DropReason::kTooFarAhead) ++full;
  }
  EXPECT_LE(line.pool.in_use(), static_cast<unsigned>(JitterBuffer::kSlots));
  EXPECT_GT(full, 0);
  // Nor is the buffer stuck: what waits is played, and the next one finds room.
  line.tick();
  line.tick();
  EXPECT_EQ(line.insert(1'000, 1'000, 160), kTaken);
}

TEST(JitterBuffer, KeepsItsPlaceThroughDaysOfSilence) {
  Line line(kStarts[0], 0);
  line.insert(0, 0, 160);
  line.tick();
  for (int i = 0; i < 14'000'000; ++i) line.buffer.take(160, line.pool);  // more than 2^31 samples
  EXPECT_EQ(line.insert(1, 160, 160), kTaken);
  EXPECT_EQ(line.tick(), "160+160");
}

TEST(JitterBuffer, NumbersThatWentOnElsewhereForLongAreTakenUpAgain) {
  Line line(kStarts[0], 0);
  line.insert(0, 0, 160);
  for (int i = 0; i < 10; ++i) line.tick();
  // 40 000 packets of another kind were sent meanwhile: to serial arithmetic these are from before.
  EXPECT_EQ(line.insert(40'000, 9'000, 160), kTaken);
  EXPECT_EQ(line.tick(), "9000+160");
}

TEST(JitterBuffer, WantsLengtheningAfterALatePacket) {
  Line line(kStarts[0], 0);
  line.insert(0, 0, 160);
  line.tick();
  line.tick();
  line.insert(2, 320, 160);
  line.tick();
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kNone);
  EXPECT_EQ(line.insert(1, 160, 160), DropReason::kLate);
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kLengthen);
  EXPECT_GT(line.buffer.target(), 0);
  line.insert(3, 480, 160);
  EXPECT_EQ(line.tick(), "480+160");
  while (line.buffer.wanted() == DelayChange::kLengthen) line.buffer.lengthened();
  line.insert(4, 640, 160);
  EXPECT_EQ(line.tick(), "gap 160");
  line.insert(5, 800, 160);
  EXPECT_EQ(line.tick(), "gap 160");
  EXPECT_EQ(line.tick(), "640+160");
}

TEST(JitterBuffer, WantsShorteningWhenTheDelayProvedTooLong) {
  Line line(kStarts[0], 40);
  std::int64_t n = 0;
  const auto steady = [&](int ticks) {
    for (int i = 0; i < ticks; ++i, ++n) {
      line.insert(static_cast<int>(n), n * 160, 160);
      line.tick();
    }
  };
  steady(2 * JitterBuffer::kWindowTicks);
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kNone) << "the delay is the configured one";
  for (int i = 0; i < 4; ++i) line.tick();  // the network pauses for 80 ms
  for (int i = 0; i < 4; ++i, ++n) line.insert(static_cast<int>(n), n * 160, 160);
  steady(2 * JitterBuffer::kWindowTicks);
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kShorten);
  EXPECT_EQ(line.buffer.to_shorten(), 320) << "all that it grew by: 80 ms less the 40 that it had";
  line.buffer.take(160, line.pool);
  line.buffer.shortened(160);
  EXPECT_EQ(line.buffer.to_shorten(), 160);
  line.buffer.take(100, line.pool);
  line.buffer.shortened(100);  // 60 left: less than the least cut
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kNone);
  EXPECT_EQ(line.buffer.to_shorten(), 0);
}

TEST(JitterBuffer, ALatePacketTakesShorteningBackAndBeginsItsProofAnew) {
  Line line(kStarts[0], 40);
  std::int64_t n = 0;
  const auto steady = [&](int ticks) {
    for (int i = 0; i < ticks; ++i, ++n) {
      line.insert(static_cast<int>(n), n * 160, 160);
      line.tick();
    }
  };
  const auto pause = [&](int ticks) {
    for (int i = 0; i < ticks; ++i) line.tick();
    for (int i = 0; i < ticks; ++i, ++n) line.insert(static_cast<int>(n), n * 160, 160);
  };
  steady(50);
  pause(4);
  // A window after the burst, wherever in a window the burst came.
  steady(JitterBuffer::kLateTicks + JitterBuffer::kWindowTicks - 1);
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kNone);
  steady(2);
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kShorten);
  pause(8);
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kNone);
  steady(JitterBuffer::kWindowTicks);
  EXPECT_EQ(line.buffer.wanted(), DelayChange::kNone);
}

TEST(JitterBuffer, SplicesAreDueAfterPatienceNowAndThenAndNotForAllAtOnce) {
  std::array<int, JitterBuffer::kSpliceEvery> at{};
  for (int stream = 0; stream < 200; ++stream) {
    Line line(Start{7, static_cast<std::uint32_t>(160 * stream)}, 0);
    std::int64_t n = 0;
    const auto step = [&] {
      line.insert(static_cast<int>(n), n * 160, 160);
      ++n;
      line.tick();
    };
    for (int i = 0; i < 50; ++i) step();
    EXPECT_FALSE(line.buffer.splice_due());
    for (int i = 0; i < 4; ++i) line.tick();
    for (int i = 0; i < 4; ++i, ++n) line.insert(static_cast<int>(n), n * 160, 160);
    while (line.buffer.wanted() != DelayChange::kShorten) step();
    int ticks = 1;
    while (!line.buffer.splice_due()) ++ticks;
    EXPECT_GE(ticks, JitterBuffer::kPatience);
    EXPECT_LT(ticks, JitterBuffer::kPatience + JitterBuffer::kSpliceEvery);
    ++at[static_cast<std::size_t>(ticks - JitterBuffer::kPatience)];
    for (int i = 1; i < JitterBuffer::kSpliceEvery; ++i) EXPECT_FALSE(line.buffer.splice_due());
    EXPECT_TRUE(line.buffer.splice_due());
    EXPECT_FALSE(line.buffer.in_haste());
    int due = 0;
    for (int i = 0; i < 100 * JitterBuffer::kSpliceEvery; ++i) due += line.buffer.splice_due() ? 1 : 0;
    EXPECT_EQ(due, 100);
    EXPECT_TRUE(line.buffer.in_haste());
  }
  for (const int streams : at) EXPECT_LE(streams, 200 / JitterBuffer::kSpliceEvery + 1);
}

}  // namespace
}  // namespace tutti::stream
