#include "signaling/conference/journal_store.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/conference/journal_fixture.h"

namespace tutti::conference {
namespace {

constexpr std::uint64_t kFirst = 1'000;  // position
constexpr std::size_t kEvents = 30;      // of a room
constexpr std::size_t kBytes = 3'000;

// What a store is to hold, told by what it says of its bytes.
struct Written {
  std::string room;
  std::uint64_t number = 0;
  std::uint64_t position = 0;
  std::size_t length = 0;  // of its text
};

class Storm {
 public:
  explicit Storm(std::uint32_t seed) : random_(seed) {}

  void write_one() {
    const std::string room(1, static_cast<char>('a' + draw(5)));
    Numbering& numbering = numberings_[room];
    if (draw(200) == 0) {  // forgotten, or numbered anew while it is held
      if (draw(2) == 0) store_.forget(room, numbering.first_position);
      std::erase_if(held_, [&room](const Written& one) { return one.room == room; });
      numbering = {};
    }
    if (numbering.first_position == 0) numbering.first_position = position_;
    // Some are lost before they come.
    const std::uint64_t lost = draw(20) == 0 ? draw(3) : 0;
    numbering.last += 1 + lost;
    position_ += lost;
    const std::size_t length = draw(30) == 0 ? draw(1'500) : draw(40);
    JournalEntry entry{
        event(room, ActiveSpeakerChanged{std::string(length, 'x')}, static_cast<int>(draw(90))), position_,
        numbering.first_position};
    entry.event.number = numbering.last;
    store_.write(entry);
    held_.push_back({room, numbering.last, position_, length});
    ++position_;
    drop();
  }

  void compare() {
    ASSERT_EQ(store_.events(), held_.size());
    ASSERT_LE(store_.bytes(), kBytes);
    // All of them, from anywhere.
    const std::size_t from = draw(held_.size() + 1);
    Cursor cursor{0, from == 0 ? 0 : held_[from - 1].position};
    read(from, [&](std::size_t max) {
      Page page = store_.read_after(cursor, max);
      cursor = page.next;
      return page;
    });
    // One room's.
    std::vector<Written> all;
    held_.swap(all);
    const std::string room(1, static_cast<char>('a' + draw(5)));
    for (const Written& one : all) {
      if (one.room == room) held_.push_back(one);
    }
    cursor = {};
    read(0, [&](std::size_t max) {
      Page page = store_.read_after(room, cursor, max);
      cursor = page.next;
      return page;
    });
    for (const Written& one : held_) ASSERT_EQ(store_.position_of(room, one.number), one.position);
    ASSERT_EQ(store_.position_of(room, 0), 0U);
    held_.swap(all);
  }

 private:
  struct Numbering {
    std::uint64_t last = 0;
    std::uint64_t first_position = 0;
  };

  std::size_t draw(std::size_t below) {
    return below == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }

  // The oldest of a room that has too many; then the oldest of all, as many as the store says.
  void drop() {
    const std::string& room = held_.back().room;
    const auto is_its = [&room](const Written& one) { return one.room == room; };
    const auto count = std::count_if(held_.begin(), held_.end(), is_its);
    if (count > static_cast<std::ptrdiff_t>(kEvents)) {
      held_.erase(std::find_if(held_.begin(), held_.end(), is_its));
    }
    while (held_.size() > store_.events()) held_.erase(held_.begin());
  }

  template <typename Next>
  void read(std::size_t from, Next next) {
    for (std::size_t at = from; at < held_.size();) {
      const Page page = next(1 + draw(7));
      ASSERT_FALSE(page.entries.empty());
      for (const EntryPointer& entry : page.entries) {
        ASSERT_LT(at, held_.size());
        ASSERT_EQ(entry->event.conference, held_[at].room);
        ASSERT_EQ(entry->event.number, held_[at].number);
        ASSERT_EQ(entry->position, held_[at].position);
        ASSERT_EQ(std::get<ActiveSpeakerChanged>(entry->event.detail).display_name.size(), held_[at].length);
        ASSERT_EQ(entry->first_position, numberings_[held_[at].room].first_position);
        ++at;
      }
    }
    ASSERT_TRUE(next(10).entries.empty());
  }

  std::mt19937 random_;
  JournalStore store_{kEvents, kBytes, kFirst};
  std::uint64_t position_ = kFirst;
  std::map<std::string, Numbering> numberings_;
  std::vector<Written> held_;  // in order
};

TEST(JournalStore, HoldsWhatAPlainListWould) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Storm storm(seed);
    for (int i = 0; i < 1'500; ++i) {
      storm.write_one();
      if (i % 7 == 0) storm.compare();
      ASSERT_FALSE(testing::Test::HasFatalFailure());
    }
  }
}

// A quiet room that is held for long leaves no row of holes behind it.
TEST(JournalStore, ClosesHoles) {
  JournalStore store(10, 1'000'000, kFirst);
  std::uint64_t position = kFirst;
  const auto write = [&](const std::string& room, std::uint64_t number, std::uint64_t first) {
    JournalEntry entry{event(room, TalkingStarted{}), position++, first};
    entry.event.number = number;
    store.write(entry);
  };
  write("quiet", 1, kFirst);
  for (std::uint64_t number = 1; number <= 5'000; ++number) write("loud", number, kFirst + 1);
  EXPECT_EQ(store.events(), 11U);
  const Page page = store.read_after({}, 100);
  EXPECT_EQ(numbers(page.entries), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(numbers(store.read_after(page.next, 100).entries), count_from(4'991, 10));
  store.forget("quiet", kFirst);
  EXPECT_EQ(store.conferences(), 1U);
  EXPECT_EQ(store.events(), 10U);
}

}  // namespace
}  // namespace tutti::conference
