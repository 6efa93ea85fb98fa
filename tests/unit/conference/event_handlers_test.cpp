#include "signaling/conference/event_handlers.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/conference/journal_fixture.h"

namespace tutti::conference {
namespace {

// What a handler was told, waited for.
class Told {
 public:
  void add(const ConferenceEvent& event) {
    const std::lock_guard lock(mutex_);
    numbers_[event.conference].push_back(event.number);
    ++count_;
    changed_.notify_all();
  }
  void add_gap(std::uint64_t lost) {
    const std::lock_guard lock(mutex_);
    lost_ += lost;
    changed_.notify_all();
  }
  // Of that many events, the lost ones included.
  void wait_for(std::uint64_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), [&] { return count_ + lost_ >= count; }));
  }
  std::map<std::string, std::vector<std::uint64_t>> numbers() {
    const std::lock_guard lock(mutex_);
    return numbers_;
  }
  std::uint64_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::uint64_t lost() {
    const std::lock_guard lock(mutex_);
    return lost_;
  }
  EventHandler handler() {
    return {[this](const ConferenceEvent& event) { add(event); },
            [this](std::uint64_t lost) { add_gap(lost); }};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<std::uint64_t>> numbers_;
  std::uint64_t count_ = 0;
  std::uint64_t lost_ = 0;
};

TEST(EventHandlers, AreToldEveryEventOfTenRoomsInOrder) {
  EventJournal journal;
  Told told[3];
  EventHandlers handlers(journal);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(handlers.add("h" + std::to_string(i), told[i].handler()));
  for (int i = 0; i < 1'000; ++i) emit_digits(journal, "room" + std::to_string(i % 10), 1);
  for (Told& one : told) {
    one.wait_for(1'000);
    const auto numbers = one.numbers();
    EXPECT_EQ(numbers.size(), 10U);
    for (const auto& [room, list] : numbers) EXPECT_EQ(list, count_from(1, 100)) << room;
  }
}

TEST(EventHandlers, HaveNamesOfTheirOwn) {
  EventJournal journal;
  Told told;
  EventHandlers handlers(journal);
  EXPECT_TRUE(handlers.add("a", told.handler()));
  EXPECT_FALSE(handlers.add("a", told.handler()));
  EXPECT_TRUE(handlers.add("b", told.handler()));
  EXPECT_EQ(handlers.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(handlers.remove("a"));
  EXPECT_FALSE(handlers.remove("a"));
  EXPECT_EQ(handlers.names(), (std::vector<std::string>{"b"}));
}

TEST(EventHandlers, AreToldWhatTheirFilterTakes) {
  EventJournal journal;
  Told rooms;
  Told kinds;
  Told all;
  EventHandlers handlers(journal);
  handlers.add("rooms", rooms.handler(), {.conferences = {"a", "c"}});
  handlers.add("kinds", kinds.handler(), {.events = {"TalkingStarted", "TalkingStopped"}});
  handlers.add("all", all.handler());
  for (int i = 0; i < 200; ++i) {
    for (const char* room : {"a", "b", "c"}) {
      journal.emit(event(room, TalkingStarted{}));
      journal.emit(event(room, DtmfReceived{'1'}));
    }
  }
  all.wait_for(1'200);
  rooms.wait_for(800);
  kinds.wait_for(600);
  EXPECT_EQ(rooms.numbers().size(), 2U);
  EXPECT_EQ(rooms.numbers()["c"], count_from(1, 400));
  EXPECT_EQ(kinds.numbers()["b"].size(), 200U);
  EXPECT_EQ(kinds.count(), 600U);
}

TEST(EventHandlers, ASlowOneDelaysNobodyAndLosesNothingOfTheJournal) {
  EventJournal journal;
  std::mutex gate;
  Told slow;
  Told fast;
  EventHandlers handlers(journal);
  handlers.add("slow", {[&](const ConferenceEvent& event) {
                          const std::lock_guard lock(gate);
                          slow.add(event);
                        },
                        [&](std::uint64_t lost) { slow.add_gap(lost); }});
  handlers.add("fast", fast.handler());
  {
    const std::lock_guard lock(gate);
    emit_digits(journal, "a", 900);
    fast.wait_for(900);
    EXPECT_EQ(slow.count(), 0U);
  }
  slow.wait_for(900);
  EXPECT_EQ(slow.numbers()["a"], count_from(1, 900));
  EXPECT_EQ(slow.lost(), 0U);
}

TEST(EventHandlers, ATooSlowOneIsToldOfTheGap) {
  EventJournal journal({.events = 100});
  std::mutex gate;
  std::atomic<bool> called{false};
  Told slow;
  Told fast;
  EventHandlers handlers(journal);
  handlers.add("slow", {[&](const ConferenceEvent& event) {
                          called = true;
                          const std::lock_guard lock(gate);
                          slow.add(event);
                        },
                        [&](std::uint64_t lost) { slow.add_gap(lost); }});
  {
    const std::lock_guard lock(gate);
    emit_digits(journal, "a", 1);
    while (!called) std::this_thread::yield();
    emit_digits(journal, "a", 1'000);
    journal.settle();
  }
  slow.wait_for(1'001);
  EXPECT_EQ(slow.lost(), 900U);
  auto expected = count_from(902, 100);
  expected.insert(expected.begin(), 1);
  EXPECT_EQ(slow.numbers()["a"], expected);
}

TEST(EventHandlers, RemovingWaitsForTheCallUnderWay) {
  EventJournal journal;
  std::atomic<bool> inside{false};
  std::atomic<bool> left{false};
  std::atomic<bool> removing{false};
  std::atomic<int> calls{0};
  EventHandlers handlers(journal);
  handlers.add("a",
               {[&](const ConferenceEvent&) {
                  ++calls;
                  inside = true;
                  while (!removing) std::this_thread::yield();
                  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // for remove() to be wrong in
                  left = true;
                },
                nullptr});
  emit_digits(journal, "x", 10);
  while (!inside) std::this_thread::yield();
  removing = true;
  EXPECT_TRUE(handlers.remove("a"));
  EXPECT_TRUE(left);
  emit_digits(journal, "x", 10);
  journal.settle();
  EXPECT_LE(calls, 2);  // one more may have begun before it was removed
  const int before = calls;
  emit_digits(journal, "x", 10);
  journal.settle();
  EXPECT_EQ(calls, before);
}

TEST(EventHandlers, MayRemoveThemselvesAndEachOther) {
  EventJournal journal;
  EventHandlers handlers(journal);
  std::atomic<int> calls{0};
  std::atomic<bool> both{false};
  const auto remove_both = [&](const ConferenceEvent&) {
    if (++calls == 2) both = true;
    while (!both) std::this_thread::yield();
    handlers.remove("a");
    handlers.remove("b");
    handlers.add("c", {[](const ConferenceEvent&) {}, nullptr});
  };
  handlers.add("a", {remove_both, nullptr});
  handlers.add("b", {remove_both, nullptr});
  emit_digits(journal, "x", 5);
  Told told;
  handlers.add("last", told.handler());
  emit_digits(journal, "x", 1);
  told.wait_for(1);
  while (handlers.names() != std::vector<std::string>{"c", "last"}) std::this_thread::yield();
  EXPECT_EQ(calls, 2);
}

TEST(EventHandlers, ComeAndGoWhileEventsCome) {
  EventJournal journal;
  std::atomic<bool> done{false};
  EventHandlers handlers(journal);
  std::vector<std::thread> others;
  std::atomic<int> calls{0};
  for (int t = 0; t < 3; ++t) {
    others.emplace_back([&, t] {
      const std::string name = "h" + std::to_string(t);
      while (!done) {
        handlers.add(name, {[&](const ConferenceEvent&) { ++calls; }, nullptr});
        handlers.names();
        handlers.remove(name);
      }
    });
  }
  for (int i = 0; i < 5'000; ++i) emit_digits(journal, "x", 1);
  journal.settle();
  done = true;
  for (std::thread& other : others) other.join();
}

TEST(EventReader, TakesTurnsAmongTheConferencesOfItsFilter) {
  EventJournal journal({.events = 100});
  EventReader reader(journal, {.conferences = {"a", "b"}});
  emit_digits(journal, "a", 300);
  emit_digits(journal, "b", 30);
  emit_digits(journal, "c", 30);
  journal.settle();
  std::map<std::string, std::uint64_t> count;
  std::map<std::string, std::uint64_t> lost;
  EventReader::Batch batch;
  do {
    batch = reader.read(16);
    EXPECT_LE(batch.entries.size(), 16U);
    if (batch.gap) lost[batch.conference] += batch.lost;
    for (const auto& entry : batch.entries) ++count[entry->event.conference];
  } while (batch.more);
  EXPECT_EQ(count, (std::map<std::string, std::uint64_t>{{"a", 100}, {"b", 30}}));
  EXPECT_EQ(lost, (std::map<std::string, std::uint64_t>{{"a", 200}}));
  EXPECT_TRUE(reader.read(16).entries.empty());
}

TEST(EventReader, LooksThroughWhatItsFilterDoesNotTake) {
  EventJournal journal({.events = 10'000});
  EventReader reader(journal, {.events = {"TalkingStarted"}});
  emit_digits(journal, "a", 5'000);
  journal.emit(event("a", TalkingStarted{}));
  journal.settle();
  std::size_t reads = 0;
  EventReader::Batch batch;
  do {
    batch = reader.read(16);
    ++reads;
    ASSERT_LT(reads, 100U);
  } while (batch.entries.empty() && batch.more);
  EXPECT_EQ(numbers(batch.entries), (std::vector<std::uint64_t>{5'001}));
}

std::vector<std::string> read_all(EventReader& reader, std::uint64_t& lost) {
  std::vector<std::string> all;
  EventReader::Batch batch;
  do {
    batch = reader.read(16);
    lost += batch.lost;
    for (const auto& entry : batch.entries) {
      all.push_back(entry->event.conference + std::to_string(entry->event.number));
    }
  } while (batch.more);
  return all;
}

// What the one leaves and the other takes up is the same place, of rooms and of all.
TEST(EventReader, IsSucceededByOneThatReadsWhatComesAfter) {
  for (const bool by_room : {false, true}) {
    EventJournal journal({.events = 20});
    const EventFilter filter{.conferences =
                                 by_room ? std::vector<std::string>{"a"} : std::vector<std::string>{}};
    EventReader first(journal, filter);
    emit_digits(journal, "a", 30);
    journal.settle();
    EventReader second =
        first.succeed({.conferences = by_room ? std::vector<std::string>{} : filter.conferences});
    emit_digits(journal, "a", 15);
    journal.settle();
    EXPECT_EQ(first.waiting(), 30U);
    EXPECT_EQ(second.waiting(), 15U);
    std::uint64_t lost = 0;
    EXPECT_EQ(read_all(first, lost), (std::vector<std::string>{"a26", "a27", "a28", "a29", "a30"}));
    EXPECT_EQ(lost, 25U);
    EXPECT_EQ(read_all(second, lost).size(), 15U);
    EXPECT_EQ(lost, 25U) << "each once";
    second.end_here();
    emit_digits(journal, "a", 25);
    journal.settle();
    EXPECT_EQ(second.waiting(), 0U);
    EXPECT_TRUE(read_all(second, lost).empty());
    EXPECT_EQ(lost, 25U) << "what is lost behind its end is not its own";
  }
}

}  // namespace
}  // namespace tutti::conference
