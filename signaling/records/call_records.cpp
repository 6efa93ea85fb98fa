#include "signaling/records/call_records.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <pthread.h>

namespace tutti::records {
namespace {

using Clock = std::chrono::steady_clock;

// Written at a time, so that an error costs little to do again.
constexpr std::size_t kBatch = 256;

}  // namespace

struct CallRecords::State {
  State(std::vector<std::unique_ptr<RecordSink>> sinks, RecordsConfig records_config,
        std::function<void(const std::string&)> told)
      : config(records_config), tell(std::move(told)) {
    for (auto& sink : sinks) {
      names.insert(sink->name());
      add_lane(std::move(sink));
    }
  }

  // One sink and what waits for it. The writer's.
  struct Lane {
    std::unique_ptr<RecordSink> sink;
    std::deque<RecordPointer> waiting;
    std::uint64_t unflushed = 0;  // written since the last flush
    bool failing = false;
    Clock::time_point try_again;
    std::shared_ptr<SinkCounters> counters = std::make_shared<SinkCounters>();
  };
  // What is asked for by change().
  struct Change {
    std::string_view name;
    std::unique_ptr<RecordSink> sink;
    std::size_t behind = 0;  // so many of `taken`
  };

  void run() {
    pthread_setname_np(pthread_self(), "records");
    Clock::time_point flushed = Clock::now();
    std::unique_lock lock(mutex);
    while (true) {
      const auto woken = [this] {
        return !taken.empty() || !changes.empty() || ending || reopening || std::exchange(retimed, false);
      };
      if (lanes.empty()) {
        changed.wait(lock, woken);
      } else {
        changed.wait_until(lock, std::min(flushed + config.flush_every, next_try()), woken);
      }
      const bool last = ending;
      const bool reopen = std::exchange(reopening, false);
      const bool flush_now = last || Clock::now() >= flushed + config.flush_every;
      std::vector<conference::ConferenceEvent> events = std::exchange(taken, {});
      std::vector<Change> wanted = std::exchange(changes, {});
      lock.unlock();
      take_all(std::move(events), std::move(wanted));
      for (Lane& lane : lanes) {
        if (reopen) lane.sink->close();
        if (reopen || last) lane.try_again = {};
        write(lane);
      }
      if (flush_now) {
        for (Lane& lane : lanes) flush(lane);
        flushed = Clock::now();
      }
      for (Lane& lane : lanes) {
        lane.counters->waiting.set(static_cast<std::int64_t>(lane.waiting.size()));
      }
      lock.lock();
      if (last && taken.empty() && changes.empty()) break;
    }
    for (Lane& lane : lanes) lane.sink->close();
    done = true;
    changed.notify_all();
  }

  void take_all(std::vector<conference::ConferenceEvent> events, std::vector<Change> wanted) {
    auto change = wanted.begin();
    for (std::size_t i = 0; i < events.size(); ++i) {
      for (; change != wanted.end() && change->behind <= i; ++change) apply(*change);
      add(std::move(events[i]));
    }
    for (; change != wanted.end(); ++change) apply(*change);
  }

  // The writer's, and the maker's.
  void add_lane(std::unique_ptr<RecordSink> sink) {
    Lane& lane = lanes.emplace_back();
    lane.sink = std::move(sink);
    lane.counters->name = lane.sink->name();
    const std::lock_guard lock(mutex);
    all_counters.push_back(lane.counters);
  }

  void apply(Change& change) {
    const auto lane = std::find_if(lanes.begin(), lanes.end(),
                                   [&](const Lane& one) { return one.sink->name() == change.name; });
    if (lane == lanes.end()) {
      if (change.sink) add_lane(std::move(change.sink));
      return;
    }
    lane->try_again = {};
    write(*lane);
    flush(*lane);
    lane->sink->close();
    if (change.sink) {
      lane->sink = std::move(change.sink);
      lane->try_again = {};
    } else {
      remove(lane);
    }
  }

  void remove(std::deque<Lane>::iterator lane) {
    if (!lane->waiting.empty()) {
      counters.abandoned.add(lane->waiting.size());
      tell(std::to_string(lane->waiting.size()) +
           " call records are lost: they could not be written, and are no longer to be");
    }
    const std::lock_guard lock(mutex);
    all_counters.erase(std::find(all_counters.begin(), all_counters.end(), lane->counters));
    lanes.erase(lane);
  }

  Clock::time_point next_try() const {
    Clock::time_point next = Clock::time_point::max();
    for (const Lane& lane : lanes) {
      if (!lane.waiting.empty()) next = std::min(next, lane.try_again);
    }
    return next;
  }

  // Of all events these three matter: where a conference's id is told, and the two ends.
  void add(conference::ConferenceEvent event) {
    using namespace conference;
    if (auto* created = std::get_if<ConferenceCreated>(&event.detail)) {
      ids[event.conference] = std::move(created->id);
    } else if (auto* left = std::get_if<ParticipantLeft>(&event.detail)) {
      queue(ParticipantRecord{id_of(event.conference), event.at, std::move(left->reason),
                              std::move(left->info)});
    } else if (auto* ended = std::get_if<ConferenceTerminated>(&event.detail)) {
      queue(ConferenceRecord{id_of(event.conference), event.conference, event.at, std::move(ended->reason),
                             ended->final_statistics});
      ids.erase(event.conference);
    }
  }
  std::string id_of(const std::string& conference) const {
    const auto found = ids.find(conference);
    return found == ids.end() ? std::string() : found->second;
  }

  void queue(CallRecord record) {
    const auto pointer = std::make_shared<const CallRecord>(std::move(record));
    for (Lane& lane : lanes) {
      if (lane.waiting.size() >= config.waiting_max) write(lane);
      if (lane.waiting.size() >= config.waiting_max) {
        lane.counters->lost.add();
      } else {
        lane.waiting.push_back(pointer);
      }
    }
  }

  void write(Lane& lane) {
    while (!lane.waiting.empty() && Clock::now() >= lane.try_again) {
      const auto count = static_cast<std::ptrdiff_t>(std::min(kBatch, lane.waiting.size()));
      const std::vector<RecordPointer> batch(lane.waiting.begin(), lane.waiting.begin() + count);
      const auto result = lane.sink->write(batch);
      if (result) {
        lane.waiting.erase(lane.waiting.begin(), lane.waiting.begin() + count);
        lane.counters->written.add(batch.size());
        lane.unflushed += batch.size();
      }
      settle(lane, result);
    }
  }

  // Linux tells once of a page that it could not write, and forgets it: that the next flush goes well says
  // nothing of what was written before this one (fsync(2)).
  void flush(Lane& lane) {
    const auto result = lane.sink->flush();
    const std::uint64_t written = std::exchange(lane.unflushed, 0);
    if (result) lane.counters->flushed.add(written);
    settle(lane, result);
  }

  // Says once that a sink fails, and once that it does no more.
  void settle(Lane& lane, const RecordSink::Result& result) {
    if (!result) {
      lane.counters->errors[static_cast<std::size_t>(result.error().fault)].add();
      lane.try_again = Clock::now() + config.retry_every;
      if (!std::exchange(lane.failing, true)) tell("call records wait: " + result.error().sentence);
    } else if (lane.failing && lane.waiting.empty()) {
      lane.failing = false;
      tell("call records are written again");
    }
  }

  bool all_written() const {
    return std::all_of(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.waiting.empty(); });
  }

  RecordsConfig config;  // flush_every is under the mutex, the rest never changes
  const std::function<void(const std::string&)> tell;
  RecordCounters counters;

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<conference::ConferenceEvent> taken;
  std::vector<Change> changes;
  std::vector<std::shared_ptr<SinkCounters>> all_counters;
  bool ending = false;
  bool reopening = false;
  bool retimed = false;
  bool done = false;

  // The event loop's.
  std::set<std::string_view> names;  // of the sinks that there are, once all is done

  // The writer's.
  std::deque<Lane> lanes;
  std::map<std::string, std::string> ids;  // of living conferences, by name
};

CallRecords::CallRecords(std::vector<std::unique_ptr<RecordSink>> sinks, RecordsConfig config,
                         std::function<void(const std::string&)> tell)
    : state_(std::make_shared<State>(std::move(sinks), config, std::move(tell))) {
  std::thread([state = state_] { state->run(); }).detach();
}

CallRecords::~CallRecords() {
  finish(std::chrono::seconds(2));
}

void CallRecords::emit(conference::ConferenceEvent event) {
  using namespace conference;
  const bool left = std::holds_alternative<ParticipantLeft>(event.detail);
  const bool ended = std::holds_alternative<ConferenceTerminated>(event.detail);
  if (!left && !ended && !std::holds_alternative<ConferenceCreated>(event.detail)) return;
  // Where none are kept the ids of conferences are still wanted, for a sink that comes.
  const bool record = (left || ended) && !state_->names.empty();
  if (left && !record) return;
  // Held by the other side only to take all that is there.
  const std::lock_guard lock(state_->mutex);
  if (state_->ending || state_->taken.size() >= state_->config.waiting_max) {
    if (record) state_->counters.overrun.add();
    return;
  }
  if (record) state_->counters.taken.add();
  state_->taken.push_back(std::move(event));
  if (state_->taken.size() == 1) state_->changed.notify_all();
}

void CallRecords::change(std::string_view name, std::unique_ptr<RecordSink> sink) {
  if (sink != nullptr) {
    state_->names.insert(name);
  } else {
    state_->names.erase(name);
  }
  const std::lock_guard lock(state_->mutex);
  state_->changes.push_back({name, std::move(sink), state_->taken.size()});
  state_->changed.notify_all();
}

void CallRecords::set_flush_every(std::chrono::milliseconds period) {
  const std::lock_guard lock(state_->mutex);
  state_->config.flush_every = period;
  state_->retimed = true;
  state_->changed.notify_all();
}

void CallRecords::reopen() {
  const std::lock_guard lock(state_->mutex);
  state_->reopening = true;
  state_->changed.notify_all();
}

bool CallRecords::finish(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  state_->ending = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, patience, [this] { return state_->done; });
  return state_->done && state_->all_written();  // it writes no more
}

const RecordCounters& CallRecords::counters() const {
  return state_->counters;
}

std::vector<std::shared_ptr<const SinkCounters>> CallRecords::sinks() const {
  const std::lock_guard lock(state_->mutex);
  return {state_->all_counters.begin(), state_->all_counters.end()};
}

}  // namespace tutti::records
