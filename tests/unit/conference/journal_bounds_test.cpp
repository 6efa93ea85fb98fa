// The journal's bounds as a reload changes them.
#include <gtest/gtest.h>

#include "signaling/conference/event_journal.h"
#include "tests/unit/conference/journal_fixture.h"

namespace tutti::conference {
namespace {

constexpr std::uint64_t kFirstBound = 1'000;  // position

TEST(EventJournal, TakesOtherBoundsWhileItHolds) {
  EventJournal journal({.events = 1'000, .first_position = kFirstBound});
  for (int i = 0; i < 500; ++i) {
    emit_digits(journal, "a", 1);
    emit_digits(journal, "b", 1);
  }
  journal.set_limits({.events = 100});
  emit_digits(journal, "a", 1);
  journal.settle();
  EXPECT_EQ(journal.counters().events.value(), 200);
  EXPECT_EQ(numbers(journal.read_after("a", {}, 1'000).entries), count_from(402, 100));
  EXPECT_EQ(numbers(journal.read_after("b", {}, 1'000).entries), count_from(401, 100));
  EXPECT_EQ(journal.read_after("b", {}, 1).lost, 400U);

  const auto bytes = static_cast<std::size_t>(journal.counters().bytes.value());
  journal.set_limits({.events = 1'000, .bytes = bytes / 2});
  journal.settle();
  EXPECT_LE(journal.counters().bytes.value(), static_cast<std::int64_t>(bytes / 2));
  EXPECT_GE(journal.counters().events.value(), 90) << "the oldest of all went, and no more";
  EXPECT_EQ(journal.read_after("a", {}, 1'000).entries.back()->event.number, 501U);

  journal.set_limits({.events = 1'000});
  emit_digits(journal, "a", 600);
  journal.settle();
  EXPECT_GE(journal.read_after("a", {}, 1'000).entries.size(), 640U);
}

TEST(EventJournal, ForgetsEarlierOrLaterOnceItIsToldSo) {
  EventJournal journal({.kept = std::chrono::seconds(1'000), .first_position = kFirstBound});
  journal.emit(event("a", ConferenceCreated{"conf_1"}, 0));
  journal.emit(event("a", ConferenceTerminated{}, 1));
  journal.emit(event("b", ConferenceCreated{"conf_2"}, 500));
  journal.settle();
  EXPECT_TRUE(journal.knows("a"));
  journal.set_limits({.kept = std::chrono::seconds(100)});
  journal.emit(event("b", TalkingStarted{}, 501));
  journal.settle();
  EXPECT_FALSE(journal.knows("a"));
  EXPECT_TRUE(journal.knows("b"));
}

}  // namespace
}  // namespace tutti::conference
