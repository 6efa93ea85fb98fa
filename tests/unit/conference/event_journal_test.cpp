#include "signaling/conference/event_journal.h"

#include <atomic>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/conference/journal_fixture.h"

namespace tutti::conference {
namespace {

constexpr std::uint64_t kFirst = 1'000;  // position

JournalLimits limits() {
  return {.first_position = kFirst};
}

TEST(EventNames, AreThoseOfTheInterfacesInTheVariantsOrder) {
  EXPECT_EQ(name_of(ConferenceCreated{}), "ConferenceCreated");
  EXPECT_EQ(name_of(ConferenceTerminated{}), "ConferenceTerminated");
  EXPECT_EQ(name_of(ConferenceStateChanged{}), "ConferenceStateChanged");
  EXPECT_EQ(name_of(ConferenceFailed{}), "ConferenceError");
  EXPECT_EQ(name_of(ConfigurationChanged{}), "ConfigurationChanged");
  EXPECT_EQ(name_of(StatsUpdated{}), "StatsUpdated");
  EXPECT_EQ(name_of(ActiveSpeakerChanged{}), "ActiveSpeakerChanged");
  EXPECT_EQ(name_of(RecordingStarted{}), "RecordingStarted");
  EXPECT_EQ(name_of(RecordingStopped{}), "RecordingStopped");
  EXPECT_EQ(name_of(ParticipantJoined{}), "ParticipantJoined");
  EXPECT_EQ(name_of(ParticipantLeft{}), "ParticipantLeft");
  EXPECT_EQ(name_of(ParticipantStatusChanged{}), "ParticipantStatusChanged");
  EXPECT_EQ(name_of(ParticipantMediaEstablished{}), "ParticipantMediaEstablished");
  EXPECT_EQ(name_of(ParticipantMediaTerminated{}), "ParticipantMediaTerminated");
  EXPECT_EQ(name_of(ParticipantFailed{}), "ParticipantError");
  EXPECT_EQ(name_of(TalkingStarted{}), "TalkingStarted");
  EXPECT_EQ(name_of(TalkingStopped{}), "TalkingStopped");
  EXPECT_EQ(name_of(DtmfReceived{}), "DtmfReceived");
}

TEST(EventJournal, NumbersEachConferencesEventsFromOneWithoutAGap) {
  EventJournal journal(limits());
  for (int i = 0; i < 50; ++i) {
    journal.emit(event("a", TalkingStarted{}));
    journal.emit(event("b", TalkingStarted{}));
    journal.emit(event("a", TalkingStopped{}));
  }
  journal.settle();
  EXPECT_EQ(numbers(journal.read_after("a", {}, 1'000).entries), count_from(1, 100));
  EXPECT_EQ(numbers(journal.read_after("b", {}, 1'000).entries), count_from(1, 50));
  EXPECT_EQ(journal.counters().emitted.value(), 150U);
  EXPECT_EQ(journal.counters().events.value(), 150);
  EXPECT_EQ(journal.counters().conferences.value(), 2);
}

TEST(EventJournal, KeepsWhatWasTold) {
  EventJournal journal(limits());
  journal.emit(event("a", ParticipantLeft{.reason = "bye", .info = {.uri = "sip:x@y"}}, 3));
  journal.settle();
  const Page page = journal.read_after("a", {}, 10);
  ASSERT_EQ(page.entries.size(), 1U);
  const ConferenceEvent& kept = page.entries[0]->event;
  EXPECT_EQ(kept.at, wall(3));
  EXPECT_EQ(kept.conference, "a");
  EXPECT_EQ(kept.participant, ParticipantId{7});
  EXPECT_EQ(std::get<ParticipantLeft>(kept.detail).reason, "bye");
  EXPECT_EQ(std::get<ParticipantLeft>(kept.detail).info.uri, "sip:x@y");
}

TEST(EventJournal, IsResumedAfterEachNumber) {
  EventJournal journal(limits());
  emit_digits(journal, "a", 100);
  journal.settle();
  for (std::uint64_t after = 0; after <= 100; ++after) {
    const Page page = journal.read_after("a", {.number = after}, 1'000);
    EXPECT_FALSE(page.gap);
    EXPECT_EQ(numbers(page.entries), count_from(after + 1, 100 - after));
    EXPECT_EQ(page.next.number, 100U);
  }
  // By pages, with the cursor that each gives.
  std::vector<std::uint64_t> read;
  Cursor cursor;
  for (Page page = journal.read_after("a", cursor, 7); !page.entries.empty();
       page = journal.read_after("a", cursor, 7)) {
    EXPECT_LE(page.entries.size(), 7U);
    for (const std::uint64_t number : numbers(page.entries)) read.push_back(number);
    cursor = page.next;
  }
  EXPECT_EQ(read, count_from(1, 100));
}

TEST(EventJournal, OfAllConferencesIsResumedAfterEachPosition) {
  EventJournal journal(limits());
  for (int i = 0; i < 20; ++i) emit_digits(journal, i % 3 == 0 ? "a" : "b", 1);
  journal.settle();
  for (std::uint64_t after = 0; after <= 20; ++after) {
    const Page page = journal.read_after({.position = kFirst - 1 + after}, 1'000);
    EXPECT_FALSE(page.gap);
    ASSERT_EQ(page.entries.size(), 20 - after);
    for (std::size_t i = 0; i < page.entries.size(); ++i) {
      EXPECT_EQ(page.entries[i]->position, kFirst + after + i);
    }
  }
  EXPECT_EQ(journal.read_after(Cursor{}, 1'000).entries.size(), 20U);
  EXPECT_EQ(journal.position_of("a", 2), kFirst + 3);
  EXPECT_EQ(journal.position_of("a", 99), 0U);
  EXPECT_EQ(journal.position_of("c", 1), 0U);
}

TEST(EventJournal, NamesAGapOnce) {
  EventJournal journal({.events = 10, .first_position = kFirst});
  emit_digits(journal, "a", 25);
  journal.settle();
  for (std::uint64_t after = 0; after <= 25; ++after) {
    const Page page = journal.read_after("a", {.number = after}, 100);
    EXPECT_EQ(page.gap, after < 15);
    EXPECT_EQ(page.behind.number, page.gap ? 15U : 0U);
    EXPECT_EQ(page.lost, page.gap ? 15 - after : 0U);
    const std::uint64_t from = std::max<std::uint64_t>(after, 15);
    EXPECT_EQ(numbers(page.entries), count_from(from + 1, 25 - from));
    EXPECT_FALSE(journal.read_after("a", page.next, 100).gap);
  }
  const Page all = journal.read_after(Cursor{}, 100);
  EXPECT_TRUE(all.gap);
  EXPECT_EQ(all.lost, 15U);
  EXPECT_EQ(all.behind.position, kFirst + 14);
  EXPECT_EQ(numbers(all.entries), count_from(16, 10));
}

TEST(EventJournal, AReaderOfAllIsToldOfHolesBetween) {
  EventJournal journal({.events = 2, .first_position = kFirst});
  emit_digits(journal, "a", 1);  // kFirst
  emit_digits(journal, "b", 3);  // + 1, lost, + 2, + 3
  emit_digits(journal, "c", 1);  // + 4
  journal.settle();
  Page page = journal.read_after(Cursor{}, 100);
  EXPECT_FALSE(page.gap);
  ASSERT_EQ(page.entries.size(), 1U);
  EXPECT_EQ(page.entries[0]->event.conference, "a");
  page = journal.read_after(page.next, 100);
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(page.lost, 1U);
  EXPECT_EQ(numbers(page.entries), (std::vector<std::uint64_t>{2, 3, 1}));
}

TEST(EventJournal, HoldsNoMoreThanSoManyBytes) {
  EventJournal other(limits());
  emit_digits(other, "a", 1);
  other.settle();
  const std::int64_t first = other.counters().bytes.value();
  emit_digits(other, "a", 1);
  other.settle();
  const auto one = static_cast<std::size_t>(other.counters().bytes.value() - first);
  EventJournal journal({.bytes = 10 * one, .first_position = kFirst});
  for (int i = 0; i < 6; ++i) {
    emit_digits(journal, "a", 1);
    emit_digits(journal, "b", 1);
    emit_digits(journal, "c", 1);
  }
  journal.settle();
  EXPECT_EQ(journal.counters().events.value(), 10);
  EXPECT_LE(journal.counters().bytes.value(), static_cast<std::int64_t>(10 * one));
  EXPECT_EQ(numbers(journal.read_after("a", {}, 100).entries), count_from(4, 3));
  EXPECT_EQ(numbers(journal.read_after("c", {}, 100).entries), count_from(3, 4));
  // One that is larger than all takes the place of all.
  journal.emit(event("a", ConferenceTerminated{.reason = std::string(20 * one, 'x')}));
  journal.settle();
  EXPECT_EQ(journal.counters().events.value(), 0);
  EXPECT_EQ(journal.counters().bytes.value(), 0);
  const Page page = journal.read_after("a", {.number = 6}, 100);
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(page.behind.number, 7U);
  EXPECT_TRUE(page.entries.empty());
  EXPECT_FALSE(journal.read_after("a", page.next, 100).gap);
}

TEST(EventJournal, GoesOnWhenAConferenceIsMadeAgainSoon) {
  EventJournal journal({.kept = std::chrono::seconds(60), .first_position = kFirst});
  journal.emit(event("a", ConferenceCreated{}, 0));
  journal.emit(event("a", ConferenceTerminated{}, 10));
  journal.emit(event("a", ConferenceCreated{}, 69));
  journal.emit(event("b", ConferenceCreated{}, 1'000));  // a lives: it is not forgotten
  journal.settle();
  EXPECT_EQ(numbers(journal.read_after("a", {}, 100).entries), count_from(1, 3));
}

TEST(EventJournal, ForgetsAConferenceSomeTimeAfterItsEnd) {
  EventJournal journal({.kept = std::chrono::seconds(60), .first_position = kFirst});
  journal.emit(event("a", ConferenceCreated{}, 0));
  journal.emit(event("a", ConferenceTerminated{}, 10));
  journal.emit(event("b", ConferenceCreated{}, 69));
  journal.settle();
  EXPECT_TRUE(journal.knows("a"));
  const Cursor old = journal.end_of("a");
  emit_digits(journal, "a", 1);  // too late, of the end
  journal.emit(event("b", TalkingStarted{}, 70));
  journal.settle();
  EXPECT_FALSE(journal.knows("a"));
  EXPECT_TRUE(journal.read_after("a", old, 10).entries.empty());
  EXPECT_EQ(journal.read_after("a", old, 10).next, old);
  EXPECT_EQ(journal.counters().conferences.value(), 1);

  // Numbers begin anew, and who comes with an old cursor is told, whatever its number.
  emit_digits(journal, "a", 9);
  journal.settle();
  const Page page = journal.read_after("a", old, 100);
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(page.lost, 0U);
  EXPECT_EQ(numbers(page.entries), count_from(1, 9));
  EXPECT_FALSE(journal.read_after("a", page.next, 100).gap);
}

TEST(EventJournal, RemembersNoMoreThanSoManyThatEnded) {
  EventJournal journal({.ended = 3, .first_position = kFirst});
  journal.emit(event("alive", ConferenceCreated{}));
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "room" + std::to_string(i);
    journal.emit(event(name, ConferenceCreated{}));
    journal.emit(event(name, ConferenceTerminated{}));
  }
  journal.settle();
  EXPECT_EQ(journal.counters().conferences.value(), 4);
  EXPECT_TRUE(journal.knows("alive"));
  EXPECT_FALSE(journal.knows("room996"));
  EXPECT_TRUE(journal.knows("room997"));
  EXPECT_EQ(journal.counters().events.value(), 7);
}

TEST(EventJournal, ACursorOfAnotherProcessIsAGap) {
  EventJournal journal(limits());
  emit_digits(journal, "a", 5);
  journal.settle();
  const Cursor cursors[] = {
      {.number = 3, .position = kFirst - 500},  // before this one
      {.number = 3, .position = kFirst + 500},  // of the future: the clock went back
      {.number = 6},                            // more than there are
  };
  for (const Cursor& cursor : cursors) {
    const Page page = journal.read_after("a", cursor, 100);
    EXPECT_TRUE(page.gap);
    EXPECT_EQ(page.behind.number, 0U);
    EXPECT_EQ(numbers(page.entries), count_from(1, 5));
  }
  for (const std::uint64_t position : {kFirst - 500, kFirst + 500}) {
    const Page page = journal.read_after({.position = position}, 100);
    EXPECT_TRUE(page.gap);
    EXPECT_EQ(page.lost, 0U);
    EXPECT_EQ(numbers(page.entries), count_from(1, 5));
  }
}

TEST(EventJournal, PositionsComeFromTheClock) {
  EventJournal first;
  emit_digits(first, "a", 1);
  first.settle();
  EventJournal second;
  emit_digits(second, "a", 1);
  second.settle();
  EXPECT_GT(second.position_of("a", 1), first.position_of("a", 1));
}

TEST(EventJournal, WhoComesForTheNewSeesNothingOld) {
  EventJournal journal(limits());
  emit_digits(journal, "a", 5);
  journal.settle();
  EXPECT_TRUE(journal.read_after("a", journal.end_of("a"), 10).entries.empty());
  EXPECT_TRUE(journal.read_after(journal.end(), 10).entries.empty());
  const Cursor a = journal.end_of("a");
  const Cursor nobody = journal.end_of("b");
  emit_digits(journal, "a", 1);
  emit_digits(journal, "b", 1);
  journal.settle();
  EXPECT_EQ(numbers(journal.read_after("a", a, 10).entries), count_from(6, 1));
  EXPECT_EQ(numbers(journal.read_after("b", nobody, 10).entries), count_from(1, 1));
}

// While the journal's thread is held up, so many wait; the rest is a gap that the readers are told of.
TEST(EventJournal, LosesWhatItsThreadHasNoTimeFor) {
  EventJournal journal({.unwritten = 10, .first_position = kFirst});
  std::mutex gate;
  std::atomic<bool> held{false};
  const auto subscription = journal.subscribe([&] {
    held = true;
    const std::lock_guard lock(gate);
  });
  {
    const std::lock_guard lock(gate);
    emit_digits(journal, "a", 1);
    while (!held) std::this_thread::yield();
    emit_digits(journal, "a", 30);
  }
  journal.settle();
  emit_digits(journal, "a", 1);
  journal.settle();
  EXPECT_EQ(journal.counters().lost.value(), 20U);
  Page page = journal.read_after("a", {}, 100);
  EXPECT_FALSE(page.gap);
  EXPECT_EQ(numbers(page.entries), count_from(1, 11));
  page = journal.read_after("a", page.next, 100);
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(page.lost, 20U);
  EXPECT_EQ(page.behind.number, 31U);
  EXPECT_EQ(numbers(page.entries), count_from(32, 1));
}

TEST(EventJournal, WakesWhoSubscribed) {
  EventJournal journal(limits());
  int woken = 0;
  auto subscription = journal.subscribe([&] { ++woken; });
  emit_digits(journal, "a", 1);
  journal.settle();
  EXPECT_EQ(woken, 1);
  subscription.reset();
  emit_digits(journal, "a", 1);
  journal.settle();
  EXPECT_EQ(woken, 1);
}

// For ThreadSanitizer, too: one writes, four read, each sees every number once and in order, or a gap named.
TEST(EventJournal, IsReadWhileItIsWritten) {
  constexpr int kEvents = 20'000;
  constexpr int kRooms = 10;
  EventJournal journal({.events = 500, .first_position = kFirst});
  std::atomic<bool> done{false};
  const auto read_all = [&](bool by_room) {
    std::map<std::string, Cursor> cursors;
    for (int i = 0; i < kRooms; ++i) cursors["room" + std::to_string(i)] = {};
    Cursor all;
    std::map<std::string, std::uint64_t> seen;
    for (bool last = false; !last;) {
      last = done;
      for (auto& [room, cursor] : cursors) {
        for (bool more = true; more;) {
          const Page page = by_room ? journal.read_after(room, cursor, 64) : journal.read_after(all, 64);
          (by_room ? cursor : all) = page.next;
          more = !page.entries.empty();
          if (by_room && page.gap) seen[room] += page.lost;
          for (const auto& entry : page.entries) {
            std::uint64_t& number = seen[entry->event.conference];
            if (by_room) {
              ASSERT_EQ(entry->event.number, number + 1);
            } else {
              ASSERT_GT(entry->event.number, number);
            }
            number = entry->event.number;
          }
        }
      }
    }
    for (const auto& [room, number] : seen) EXPECT_EQ(number, kEvents / kRooms) << room;
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) readers.emplace_back(read_all, i % 2 == 0);
  for (int i = 0; i < kEvents; ++i) emit_digits(journal, "room" + std::to_string(i % kRooms), 1);
  journal.settle();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(journal.counters().lost.value(), 0U);
}

}  // namespace
}  // namespace tutti::conference
