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

constexpr std::uint64_t kFirstStored = 1'000;  // position
constexpr std::size_t kEvents = 30;            // of a room
constexpr std::size_t kBytes = 3'000;

enum class Fate { kHeld, kReplaced, kGone };

struct Written {
  std::string room;
  std::uint64_t number = 0;
  std::uint64_t position = 0;
  std::uint64_t first_position = 0;
  bool statistics = false;
  std::size_t length = 0;  // of its text
  Fate fate = Fate::kHeld;
};

// A store, and all that was ever meant for it with what is to have become of it: what had to go by the number
// of bytes alone is told by how many the store holds.
class StoreStorm {
 public:
  explicit StoreStorm(std::uint32_t seed) : random_(seed) {}

  void write_one() {
    const std::string room = draw_room();
    Numbering& numbering = numberings_[room];
    if (draw(100) == 0) {  // forgotten, or numbered anew while it is held
      if (draw(2) == 0) store_.forget(room, numbering.first_position);
      for (Written& one : written_) {
        if (one.room == room && one.fate == Fate::kHeld) one.fate = Fate::kGone;
      }
      numbering = {};
    }
    // Some are lost before they come; that is known by the next one.
    for (std::uint64_t lost = draw(20) == 0 ? draw(3) : 0; lost > 0; --lost) {
      written_.push_back(numbered(room));
      written_.back().fate = Fate::kGone;
    }
    Written next = numbered(room);
    next.statistics = draw(3) == 0;
    next.length = draw(30) == 0 ? draw(1'500) : draw(40);
    JournalEntry entry{
        event(room, ActiveSpeakerChanged{std::string(next.length, 'x')}, static_cast<int>(draw(90))),
        next.position, next.first_position};
    if (next.statistics) {
      entry.event.detail = StatsUpdated{.statistics = {.ticks = next.length}};
      for (Written& one : written_) {
        if (one.room == room && one.statistics && one.fate == Fate::kHeld) one.fate = Fate::kReplaced;
      }
    }
    entry.event.number = next.number;
    store_.write(entry);
    written_.push_back(next);
    drop();
  }

  void compare() {
    ASSERT_LE(store_.bytes(), kBytes);
    ASSERT_EQ(store_.events(), held().size());
    for (const Written* const one : held())
      ASSERT_EQ(store_.position_of(one->room, one->number), one->position);
    ASSERT_EQ(store_.position_of("a", 0), 0U);
    // All of them, from anywhere.
    std::vector<const Written*> all;
    for (const Written& one : written_) all.push_back(&one);
    const std::size_t from = draw(all.size() + 1);
    read(all, from, from == 0 ? Cursor{} : Cursor{0, all[from - 1]->position},
         [&](Cursor after, std::size_t max) { return store_.read_after(after, max); });
    // One room's.
    const std::string room = draw_room();
    std::erase_if(all, [&](const Written* one) {
      return one->room != room || one->first_position != numberings_[room].first_position;
    });
    const std::size_t of_room = draw(all.size() + 1);
    read(all, of_room, {of_room, 0},
         [&](Cursor after, std::size_t max) { return store_.read_after(room, after, max); });
  }

 private:
  struct Numbering {
    std::uint64_t last = 0;
    std::uint64_t first_position = 0;
  };

  std::size_t draw(std::size_t below) {
    return below == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
  }
  std::string draw_room() { return std::string(1, static_cast<char>('a' + draw(5))); }

  Written numbered(const std::string& room) {
    Numbering& numbering = numberings_[room];
    if (numbering.first_position == 0) numbering.first_position = position_;
    return {.room = room,
            .number = ++numbering.last,
            .position = position_++,
            .first_position = numbering.first_position};
  }

  std::vector<Written*> held() {
    std::vector<Written*> all;
    for (Written& one : written_) {
      if (one.fate == Fate::kHeld) all.push_back(&one);
    }
    return all;
  }

  // The oldest of a room that has too many; then the oldest of all, as many as the store says.
  void drop() {
    std::vector<Written*> its = held();
    std::erase_if(its, [&](const Written* one) { return one->room != written_.back().room; });
    if (its.size() > kEvents) its.front()->fate = Fate::kGone;
    const std::vector<Written*> all = held();
    for (std::size_t i = 0; i + store_.events() < all.size(); ++i) all[i]->fate = Fate::kGone;
  }

  // Each that is held comes in order; each that is gone is told once, with how many are missing there; of
  // what was replaced nobody is told.
  template <typename Next>
  void read(const std::vector<const Written*>& all, std::size_t from, Cursor cursor, Next next) {
    const auto fate_at = [&](std::size_t i) { return all[i]->fate; };
    for (std::size_t at = from; at <= all.size();) {
      const Page page = next(cursor, 1 + draw(7));
      cursor = page.next;
      bool gone = false;
      const std::size_t before = at;
      for (; at < all.size() && fate_at(at) != Fate::kHeld; ++at) gone |= fate_at(at) == Fate::kGone;
      ASSERT_EQ(page.gap, gone);
      ASSERT_EQ(page.lost, gone ? at - before : 0);
      if (page.entries.empty()) {
        ASSERT_EQ(at, all.size());
        if (!gone) break;
      }
      for (const EntryPointer& entry : page.entries) {
        while (at < all.size() && fate_at(at) == Fate::kReplaced) ++at;
        ASSERT_LT(at, all.size());
        const Written& one = *all[at++];
        ASSERT_EQ(one.fate, Fate::kHeld);
        ASSERT_EQ(entry->event.conference, one.room);
        ASSERT_EQ(entry->event.number, one.number);
        ASSERT_EQ(entry->position, one.position);
        ASSERT_EQ(entry->first_position, one.first_position);
        if (one.statistics) {
          ASSERT_EQ(std::get<StatsUpdated>(entry->event.detail).statistics.ticks, one.length);
        } else {
          ASSERT_EQ(std::get<ActiveSpeakerChanged>(entry->event.detail).display_name.size(), one.length);
        }
      }
    }
  }

  std::mt19937 random_;
  JournalStore store_{kEvents, kBytes, kFirstStored};
  std::uint64_t position_ = kFirstStored;
  std::map<std::string, Numbering> numberings_;
  std::vector<Written> written_;  // in order
};

TEST(JournalStore, HoldsAndTellsWhatAPlainListWould) {
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    StoreStorm storm(seed);
    for (int i = 0; i < 1'000; ++i) {
      storm.write_one();
      if (i % 7 == 0) storm.compare();
      ASSERT_FALSE(testing::Test::HasFatalFailure());
    }
  }
}

// A quiet room that is held for long leaves no row of holes behind it.
TEST(JournalStore, ClosesHoles) {
  JournalStore store(10, 1'000'000, kFirstStored);
  std::uint64_t position = kFirstStored;
  const auto write = [&](const std::string& room, std::uint64_t number, std::uint64_t first) {
    JournalEntry entry{event(room, TalkingStarted{}), position++, first};
    entry.event.number = number;
    store.write(entry);
  };
  write("quiet", 1, kFirstStored);
  for (std::uint64_t number = 1; number <= 5'000; ++number) write("loud", number, kFirstStored + 1);
  EXPECT_EQ(store.events(), 11U);
  const Page page = store.read_after({}, 100);
  EXPECT_EQ(numbers(page.entries), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(numbers(store.read_after(page.next, 100).entries), count_from(4'991, 10));
  store.forget("quiet", kFirstStored);
  EXPECT_EQ(store.conferences(), 1U);
  EXPECT_EQ(store.events(), 10U);
}

}  // namespace
}  // namespace tutti::conference
