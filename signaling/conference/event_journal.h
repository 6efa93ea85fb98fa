// EventJournal: the last events of each conference, numbered, for readers who come back for more by a cursor.
//
// Writing costs the event loop two allocations and waits for no reader: events go by a lock-free list to the
// journal's own thread, which keeps them and wakes who subscribed. See docs/decisions/0020.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "dataplane/base/counters.h"
#include "signaling/conference/event_sink.h"
#include "signaling/conference/journal_entry.h"

namespace tutti::conference {

struct JournalLimits {
  std::size_t events = 1'000;  // of each conference; its oldest go first; of statistics the newest stay
  std::size_t bytes = 16 * 1024 * 1024;  // of all together; the oldest of all go first
  std::size_t ended = 1'000;             // conferences that ended, and are remembered
  std::chrono::seconds kept{300};        // after its end; looked at when something else happens
  std::size_t unwritten = 64 * 1024;     // on their way to the journal's thread; what is more is lost: a gap
  std::uint64_t first_position = 0;      // 0 = by the wall clock
};

// Thread: read by any.
struct JournalCounters {
  base::Counter emitted;
  base::Counter lost;  // beyond `unwritten`
  base::Gauge events;  // held
  base::Gauge bytes;
  base::Gauge conferences;  // with a numbering
};

class EventJournal final : public EventSink {
 public:
  explicit EventJournal(JournalLimits limits = {});
  // Nobody reads and nobody is subscribed any more.
  ~EventJournal() override;

  void emit(ConferenceEvent event) override;
  // Other bounds from now on: of `events`, `bytes` and `kept`; the rest stays. What is too much goes.
  // Thread: the event loop's.
  void set_limits(const JournalLimits& limits);

  // Up to `max` events of one conference after the cursor; none, without a gap, of one that nobody knows.
  // Thread: any but a media core's, as all below.
  Page read_after(std::string_view conference, Cursor after, std::size_t max) const;
  // Of all conferences, in the order in which they happened.
  Page read_after(Cursor after, std::size_t max) const;
  // Behind all that can be read, for who wants what comes.
  Cursor end_of(std::string_view conference) const;
  Cursor end() const;
  // Of an event by its number; 0 where it is not held.
  std::uint64_t position_of(std::string_view conference, std::uint64_t number) const;
  // Whether there is, or was lately, a conference of which something was told.
  bool knows(std::string_view conference) const;

  // Has `wake` called after events came, by the journal's thread: it must not block, and not subscribe or
  // unsubscribe anybody. Letting go of what is returned waits for a call under way.
  [[nodiscard]] std::shared_ptr<void> subscribe(std::function<void()> wake);
  // Returns when all that was emitted before can be read, and the subscribers know.
  void settle() const;

  const JournalCounters& counters() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::conference
