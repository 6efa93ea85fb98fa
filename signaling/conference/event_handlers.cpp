#include "signaling/conference/event_handlers.h"

#include <condition_variable>
#include <thread>
#include <utility>

#include <pthread.h>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

constexpr std::size_t kReadBatch = 64;

// A handler waits for no other handler: two might wait for each other.
thread_local bool in_handler = false;

}  // namespace

// One handler, its place in the journal, its thread.
class EventHandlers::Runner {
 public:
  Runner(EventJournal& journal, EventHandler handler, EventFilter filter)
      : handler_(std::move(handler)), reader_(journal, std::move(filter)) {
    subscription_ = journal.subscribe([this] {
      const std::lock_guard lock(mutex_);
      something_new_ = true;
      changed_.notify_one();
    });
    thread_ = std::thread([this] { run(); });
  }

  ~Runner() {
    CHECK(!in_handler);
    stop();
    thread_.join();
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }

 private:
  void run() noexcept {
    pthread_setname_np(pthread_self(), "handler");
    in_handler = true;
    while (wait()) {
      bool more = true;
      while (more) {
        const EventReader::Batch batch = reader_.read(kReadBatch);
        more = batch.more;
        if (batch.gap && handler_.on_gap && !stopping()) handler_.on_gap(batch.lost);
        for (const EntryPointer& entry : batch.entries) {
          if (stopping()) return;
          handler_.on_event(entry->event);
        }
        if (stopping()) return;
      }
    }
  }

  // False once it shall end.
  bool wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return something_new_ || stopping_; });
    something_new_ = false;
    return !stopping_;
  }
  bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  const EventHandler handler_;
  EventReader reader_;  // its thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  bool something_new_ = true;  // what came before the subscription
  bool stopping_ = false;
  std::shared_ptr<void> subscription_;
  std::thread thread_;
};

EventHandlers::EventHandlers(EventJournal& journal) : journal_(journal) {}

EventHandlers::~EventHandlers() {
  CHECK(!in_handler);
  for (auto& [name, runner] : runners_) runner->stop();
}

bool EventHandlers::add(const std::string& name, EventHandler handler, EventFilter filter) {
  CHECK(handler.on_event);
  const auto removed = take_removed();
  const std::lock_guard lock(mutex_);
  const auto [place, fresh] = runners_.try_emplace(name);
  if (fresh) place->second = std::make_unique<Runner>(journal_, std::move(handler), std::move(filter));
  return fresh;
}

bool EventHandlers::remove(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = runners_.find(name);
    if (found == runners_.end()) return false;
    found->second->stop();
    removed_.push_back(std::move(found->second));
    runners_.erase(found);
  }
  take_removed().clear();  // waits for their calls
  return true;
}

std::vector<std::unique_ptr<EventHandlers::Runner>> EventHandlers::take_removed() {
  if (in_handler) return {};
  const std::lock_guard lock(mutex_);
  return std::exchange(removed_, {});
}

std::vector<std::string> EventHandlers::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  names.reserve(runners_.size());
  for (const auto& [name, runner] : runners_) names.push_back(name);
  return names;
}

}  // namespace tutti::conference
