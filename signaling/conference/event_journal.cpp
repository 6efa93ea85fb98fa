#include "signaling/conference/event_journal.h"

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/base/check.h"
#include "signaling/conference/journal_store.h"

namespace tutti::conference {
namespace {

using Clock = std::chrono::system_clock;

// Written before the lock is given to whoever waits for it.
constexpr std::size_t kBatch = 64;

std::uint64_t position_by_clock() {
  const auto now = Clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

// On its way from the event loop to the journal's thread.
struct Incoming {
  std::unique_ptr<JournalEntry> entry;  // null: the conference is to be forgotten
  std::string conference;               // where it is; empty: the bounds are others
  std::uint64_t first_position = 0;     // its numbering's
  std::size_t events_max = 0;
  std::size_t bytes_max = 0;
  Incoming* next = nullptr;
};

}  // namespace

class EventJournal::Impl {
 public:
  Impl(JournalLimits limits, std::uint64_t first_position)
      : limits_(limits),
        next_position_(first_position),
        wakeup_(eventfd(0, EFD_CLOEXEC)),
        store_(limits.events, limits.bytes, first_position) {
    CHECK(wakeup_ >= 0);
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    stop_ = true;
    wake();
    thread_.join();
    CHECK(wakers_.empty());
    close(wakeup_);
  }

  void emit(ConferenceEvent event) {
    counters.emitted.add();
    const Clock::time_point now = event.at;
    Numbering& numbering = numbering_of(event);
    auto entry = std::make_unique<JournalEntry>();
    entry->event = std::move(event);
    entry->event.number = ++numbering.last;
    entry->position = next_position_++;
    entry->first_position = numbering.first_position;
    if (unwritten_.load(std::memory_order_relaxed) < limits_.unwritten) {
      push(std::make_unique<Incoming>(Incoming{.entry = std::move(entry)}));
    } else {
      counters.lost.add();  // its number is missing, and so the gap gets told
    }
    forget_ended(now);
  }

  void set_limits(const JournalLimits& limits) {
    limits_.kept = limits.kept;
    push(std::make_unique<Incoming>(Incoming{.events_max = limits.events, .bytes_max = limits.bytes}));
  }

  template <typename Question>
  auto ask(Question question) const {
    const std::lock_guard lock(mutex_);
    return question(store_);
  }

  std::shared_ptr<void> subscribe(std::function<void()> waker) {
    const std::lock_guard lock(wakers_mutex_);
    const auto place = wakers_.insert(wakers_.end(), std::move(waker));
    return {nullptr, [this, place](void*) {
              const std::lock_guard unsubscribing(wakers_mutex_);
              wakers_.erase(place);
            }};
  }

  void settle() {
    const std::uint64_t pushed = pushed_.load();
    std::unique_lock lock(mutex_);
    told_more_.wait(lock, [&] { return told_ >= pushed; });
  }

  JournalCounters counters;

 private:
  // The event loop's side: which numbers come next, and which may go.

  struct Ended {
    std::string conference;
    Clock::time_point at;
  };
  struct Numbering {
    std::uint64_t last = 0;
    std::uint64_t first_position = 0;
    std::list<Ended>::iterator ended;  // where it lives: none's
  };

  Numbering& numbering_of(const ConferenceEvent& event) {
    const auto [found, made] = numberings_.try_emplace(event.conference);
    Numbering& numbering = found->second;
    if (made) {
      numbering.first_position = next_position_;
      numbering.ended = ended_.end();
    }
    const bool was_ended = numbering.ended != ended_.end();
    if (was_ended) ended_.erase(std::exchange(numbering.ended, ended_.end()));
    // What comes after the end and makes no new beginning is of the end.
    const bool ends = std::holds_alternative<ConferenceTerminated>(event.detail) ||
                      (was_ended && !std::holds_alternative<ConferenceCreated>(event.detail));
    if (ends) numbering.ended = ended_.insert(ended_.end(), {event.conference, event.at});
    return numbering;
  }

  void forget_ended(Clock::time_point now) {
    while (!ended_.empty() && (ended_.size() > limits_.ended || now - ended_.front().at >= limits_.kept)) {
      const auto numbering = numberings_.find(ended_.front().conference);
      push(std::make_unique<Incoming>(Incoming{.conference = std::move(ended_.front().conference),
                                               .first_position = numbering->second.first_position}));
      numberings_.erase(numbering);
      ended_.pop_front();
    }
  }

  // One pushes, one takes all: neither waits for the other.
  void push(std::unique_ptr<Incoming> incoming) {
    Incoming* const item = incoming.release();
    unwritten_.fetch_add(1, std::memory_order_relaxed);
    pushed_.fetch_add(1, std::memory_order_relaxed);
    Incoming* head = incoming_.load(std::memory_order_relaxed);
    do {
      item->next = head;
    } while (
        !incoming_.compare_exchange_weak(head, item, std::memory_order_release, std::memory_order_relaxed));
    // From here on the item is the other thread's. Where there was one before, it was woken for that.
    if (head == nullptr) wake();
  }

  void wake() const { static_cast<void>(eventfd_write(wakeup_, 1)); }

  // The journal's thread.

  void run() {
    pthread_setname_np(pthread_self(), "journal");
    eventfd_t ignored = 0;
    while (!stop_) {
      static_cast<void>(eventfd_read(wakeup_, &ignored));
      write_all();
    }
    write_all();
  }

  void write_all() {
    Incoming* newest = incoming_.exchange(nullptr, std::memory_order_acquire);
    Incoming* oldest = nullptr;
    while (newest != nullptr) {
      Incoming* const next = std::exchange(newest->next, oldest);
      oldest = std::exchange(newest, next);
    }
    std::uint64_t written = 0;
    bool shrinking = false;
    while (oldest != nullptr || shrinking) {
      const std::lock_guard lock(mutex_);
      // What comes behind a bound finds it kept.
      shrinking = shrinking && store_.shrink(kBatch);
      for (std::size_t i = 0; i < kBatch && oldest != nullptr && !shrinking; ++i, ++written) {
        const std::unique_ptr<Incoming> incoming(oldest);
        oldest = incoming->next;
        shrinking = write(*incoming);
      }
      counters.events.set(static_cast<std::int64_t>(store_.events()));
      counters.bytes.set(static_cast<std::int64_t>(store_.bytes()));
      counters.conferences.set(static_cast<std::int64_t>(store_.conferences()));
    }
    if (written != 0) tell(written);
  }

  // True where the store may hold more than it shall.
  bool write(const Incoming& incoming) {
    unwritten_.fetch_sub(1, std::memory_order_relaxed);
    if (incoming.entry) {
      store_.write(*incoming.entry);
    } else if (!incoming.conference.empty()) {
      store_.forget(incoming.conference, incoming.first_position);
    } else {
      store_.set_bounds(incoming.events_max, incoming.bytes_max);
      return true;
    }
    return false;
  }

  void tell(std::uint64_t written) {
    {
      const std::lock_guard lock(wakers_mutex_);
      for (const auto& waker : wakers_) waker();
    }
    const std::lock_guard lock(mutex_);
    told_ += written;
    told_more_.notify_all();
  }

  // The event loop's.
  JournalLimits limits_;
  std::unordered_map<std::string, Numbering> numberings_;
  std::list<Ended> ended_;  // who ended first comes first
  std::uint64_t next_position_;

  // From the one to the other.
  std::atomic<Incoming*> incoming_{nullptr};  // newest first
  std::atomic<std::size_t> unwritten_{0};
  std::atomic<std::uint64_t> pushed_{0};
  std::atomic<bool> stop_{false};
  const int wakeup_;  // eventfd

  // The journal's thread's and the readers', under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable told_more_;
  JournalStore store_;
  std::uint64_t told_ = 0;

  std::mutex wakers_mutex_;
  std::list<std::function<void()>> wakers_;
  std::thread thread_;
};

EventJournal::EventJournal(JournalLimits limits)
    : impl_(std::make_unique<Impl>(
          limits, limits.first_position != 0 ? limits.first_position : position_by_clock())) {}
EventJournal::~EventJournal() = default;

void EventJournal::emit(ConferenceEvent event) {
  impl_->emit(std::move(event));
}
void EventJournal::set_limits(const JournalLimits& limits) {
  impl_->set_limits(limits);
}
Page EventJournal::read_after(std::string_view conference, Cursor after, std::size_t max) const {
  return impl_->ask([&](const JournalStore& store) { return store.read_after(conference, after, max); });
}
Page EventJournal::read_after(Cursor after, std::size_t max) const {
  return impl_->ask([&](const JournalStore& store) { return store.read_after(after, max); });
}
Cursor EventJournal::end_of(std::string_view conference) const {
  return impl_->ask([&](const JournalStore& store) { return store.end_of(conference); });
}
Cursor EventJournal::end() const {
  return impl_->ask([](const JournalStore& store) { return store.end(); });
}
std::uint64_t EventJournal::position_of(std::string_view conference, std::uint64_t number) const {
  return impl_->ask([&](const JournalStore& store) { return store.position_of(conference, number); });
}
bool EventJournal::knows(std::string_view conference) const {
  return impl_->ask([&](const JournalStore& store) { return store.knows(conference); });
}
std::shared_ptr<void> EventJournal::subscribe(std::function<void()> wake) {
  return impl_->subscribe(std::move(wake));
}
void EventJournal::settle() const {
  impl_->settle();
}
const JournalCounters& EventJournal::counters() const {
  return impl_->counters;
}

}  // namespace tutti::conference
