// A reader that gives way to another filter's while events flow.
#include "signaling/conference/event_reader.h"

#include <atomic>
#include <deque>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/conference/journal_fixture.h"

namespace tutti::conference {
namespace {

// All that is there for it, appended.
void drain(EventReader& reader, std::vector<std::uint64_t>& read) {
  for (bool more = true; more;) {
    const auto batch = reader.read(64);
    ASSERT_FALSE(batch.gap);
    for (const std::uint64_t number : numbers(batch.entries)) read.push_back(number);
    more = batch.more;
  }
}

// Of one conference by its numbers, of all by their positions: in every order of the two.
TEST(EventReaderTest, SuccessionsWhileEventsFlowLoseAndDoubleNone) {
  constexpr int kEvents = 20'000;
  EventJournal journal({.events = kEvents});
  const EventFilter of_a{.conferences = {"a"}};
  std::deque<EventReader> readers;
  readers.emplace_back(journal, of_a);
  std::vector<std::uint64_t> read;
  std::atomic<bool> done{false};
  std::thread talker([&] {
    emit_digits(journal, "a", kEvents);
    journal.settle();
    done = true;
  });
  for (int i = 0; !done; ++i) {
    readers.push_back(readers.back().succeed(i % 3 == 0 ? EventFilter{} : of_a));
    drain(readers.front(), read);
    readers.pop_front();
  }
  talker.join();
  drain(readers.front(), read);
  EXPECT_EQ(read, count_from(1, kEvents));
}

}  // namespace
}  // namespace tutti::conference
