// What the journal does with statistics, which come without an end: the newest of each conference are held,
// and nobody is told of a gap where others were. See journal_store_test.cpp, too.
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/conference/journal_fixture.h"

namespace tutti::conference {
namespace {

constexpr std::uint64_t kFirstStatistics = 1'000;  // position

void emit_statistics(EventJournal& journal, const std::string& conference, int count) {
  for (int i = 0; i < count; ++i) journal.emit(event(conference, StatsUpdated{.statistics = {.ticks = 7}}));
}

TEST(JournalStatistics, OnlyTheNewestOfEachConferenceAreHeld) {
  EventJournal journal({.first_position = kFirstStatistics});
  for (const char* const conference : {"a", "b"}) {
    emit_digits(journal, conference, 2);      // 1, 2
    emit_statistics(journal, conference, 5);  // 3 to 7
  }
  journal.settle();
  const std::int64_t bytes = journal.counters().bytes.value();
  EXPECT_EQ(journal.counters().events.value(), 6);
  for (int i = 0; i < 10'000; ++i) {
    emit_statistics(journal, "a", 1);  // to 10'007
    emit_statistics(journal, "b", 1);
  }
  journal.settle();
  EXPECT_EQ(journal.counters().events.value(), 6);
  EXPECT_EQ(journal.counters().bytes.value(), bytes);
  emit_digits(journal, "a", 1);
  journal.settle();

  const Page a = journal.read_after("a", {}, 100);
  EXPECT_FALSE(a.gap);
  EXPECT_EQ(numbers(a.entries), (std::vector<std::uint64_t>{1, 2, 10'007, 10'008}));
  EXPECT_EQ(std::get<StatsUpdated>(a.entries[2]->event.detail).statistics.ticks, 7U);
  EXPECT_EQ(a.entries[2]->event.conference, "a");
  const Page b = journal.read_after("b", {.number = 5}, 100);
  EXPECT_FALSE(b.gap);
  EXPECT_EQ(numbers(b.entries), (std::vector<std::uint64_t>{10'007}));
  const Page all = journal.read_after(Cursor{}, 100);
  EXPECT_FALSE(all.gap);
  EXPECT_EQ(numbers(all.entries), (std::vector<std::uint64_t>{1, 2, 1, 2, 10'007, 10'007, 10'008}));
  EXPECT_FALSE(journal.read_after(all.next, 100).gap);
  EXPECT_EQ(journal.position_of("a", 10'007), all.entries[4]->position);
  EXPECT_EQ(journal.position_of("a", 10'006), 0U);
}

TEST(JournalStatistics, PushNoOtherEventOut) {
  EventJournal journal({.events = 10, .first_position = kFirstStatistics});
  emit_digits(journal, "a", 9);
  emit_statistics(journal, "a", 1'000);
  journal.settle();
  Page page = journal.read_after("a", {}, 100);
  EXPECT_FALSE(page.gap);
  EXPECT_EQ(page.entries.size(), 10U);
  // Among the oldest they go like any other, and are told.
  emit_digits(journal, "a", 10);  // 1'010 to 1'019
  journal.settle();
  page = journal.read_after("a", {.number = 1'008}, 100);
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(page.lost, 1U);
  EXPECT_EQ(numbers(page.entries), count_from(1'010, 10));
}

TEST(JournalStatistics, WhoKeepsUpHasEveryOne) {
  EventJournal journal({.first_position = kFirstStatistics});
  Cursor one;
  Cursor all;
  for (std::uint64_t number = 1; number <= 100; ++number) {
    emit_statistics(journal, "a", 1);
    journal.settle();
    for (const bool of_all : {false, true}) {
      Cursor& cursor = of_all ? all : one;
      const Page page = of_all ? journal.read_after(all, 10) : journal.read_after("a", one, 10);
      EXPECT_FALSE(page.gap);
      EXPECT_EQ(numbers(page.entries), count_from(number, 1));
      cursor = page.next;
    }
  }
}

}  // namespace
}  // namespace tutti::conference
