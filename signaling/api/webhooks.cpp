#include "signaling/api/webhooks.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>
#include <pthread.h>

#include "signaling/api/event_id.h"
#include "signaling/api/event_json.h"
#include "signaling/api/webhook_backoff.h"
#include "signaling/api/webhook_post.h"
#include "signaling/api/webhook_signature.h"

namespace tutti::api {
namespace {

// Of one POST, some 80 kB.
constexpr std::size_t kEventsPerPost = 64;

}  // namespace

std::string_view to_string(WebhookState state) {
  switch (state) {
    case WebhookState::kPosting:
      return "posting";
    case WebhookState::kRetrying:
      return "retrying";
    case WebhookState::kIdle:
      break;
  }
  return "idle";
}

// One receiver: its thread, its place in the journal, what became of it.
class Webhooks::Worker {
 public:
  Worker(conference::EventJournal& journal, WebhookConfig config, WebhookTiming timing, Tell tell,
         std::atomic<std::uint64_t>& abandoned)
      : timing_(timing),
        tell_(std::move(tell)),
        abandoned_(abandoned),
        post_(config.url),
        config_(std::move(config)) {
    readers_.emplace_back(journal, config_.filter);
    status_.receiver = config_.url.origin();
    subscription_ = journal.subscribe([this] {
      const std::lock_guard lock(mutex_);
      something_new_ = true;
      changed_.notify_all();
    });
    thread_ = std::thread([this] { run(); });
  }

  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    post_.stop();
    thread_.join();
  }

  // Of who replaces.
  const WebhookConfig& config() const { return config_; }

  // Of the same URL.
  void change(WebhookConfig config) {
    const std::lock_guard reading(reader_mutex_);
    if (config.filter != config_.filter) readers_.push_back(readers_.back().succeed(config.filter));
    const std::lock_guard lock(mutex_);
    config_ = std::move(config);
    hurry_ = true;  // a wrong secret or authority may have been why it failed
    changed_.notify_all();
  }

  // Ends by itself once it has delivered what is there now, or cannot in time.
  void say_farewell() {
    const std::lock_guard reading(reader_mutex_);
    readers_.back().end_here();
    const std::lock_guard lock(mutex_);
    leave_by_ = Clock::now() + timing_.farewell;
    something_new_ = true;
    hurry_ = true;
    changed_.notify_all();
  }
  // Its thread is at its end.
  bool done() const {
    const std::lock_guard lock(mutex_);
    return done_;
  }

  WebhookStatus status() const {
    const std::uint64_t waiting = unread();
    const std::lock_guard lock(mutex_);
    WebhookStatus now = status_;
    now.waiting = waiting + in_hand_;
    return now;
  }

  void settle(std::chrono::steady_clock::time_point end) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, end, [this] {
      return (idle_ && !something_new_) || status_.tries_in_vain > 0 || stopping_ || done_;
    });
  }

 private:
  using Batch = conference::EventReader::Batch;
  using Clock = std::chrono::steady_clock;

  void run() {
    pthread_setname_np(pthread_self(), "webhook");
    while (await_events()) {
      const bool last = leaving();  // and then what there is now is all, once the journal has written it
      if (!deliver_all() || (last && unread() == 0)) break;
    }
    if (leaving()) abandon_rest();
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

  // False once it shall end.
  bool await_events() {
    std::unique_lock lock(mutex_);
    idle_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return something_new_ || stopping_; });
    idle_ = something_new_ = false;
    return !stopping_;
  }

  std::uint64_t unread() const {
    const std::lock_guard reading(reader_mutex_);
    std::uint64_t events = 0;
    for (const auto& reader : readers_) events += reader.waiting();
    return events;
  }

  bool leaving() const {
    const std::lock_guard lock(mutex_);
    return leave_by_.has_value();
  }

  // False once it shall end.
  bool deliver_all() {
    bool more = true;
    while (more) {
      const Batch batch = read();
      more = batch.more;
      if ((batch.gap || !batch.entries.empty()) && !deliver(batch)) return false;
    }
    return true;
  }

  Batch read() {
    const std::lock_guard reading(reader_mutex_);
    Batch batch = readers_.front().read(kEventsPerPost);
    if (readers_.size() > 1 && !batch.more) {  // what comes is the next one's
      readers_.pop_front();
      batch.more = true;
    }
    const std::lock_guard lock(mutex_);
    in_hand_ = batch.entries.size();
    return batch;
  }

  // Nobody wants them any more.
  void abandon_rest() {
    std::uint64_t left = in_hand_;
    for (bool more = true; more;) {
      const Batch batch = read();
      left += batch.entries.size() + batch.lost;
      more = batch.more;
    }
    if (left == 0) return;
    abandoned_ += left;
    tell("is no longer configured, and " + std::to_string(left) + " events did not reach it");
  }

  // Until it is taken; false once it shall end.
  bool deliver(const Batch& batch) {
    const std::string body = body_of(batch);
    const std::string id = id_of(batch, 0);
    WebhookBackoff backoff(timing_.first_retry, timing_.last_retry);
    for (bool first = true;; first = false) {
      const auto time = time_for_post();
      if (time.count() <= 0) return false;
      begin_post(first);
      const auto result = send(id, body, time);
      if (result && *result >= 200 && *result <= 299) return on_taken(batch);
      const std::string error = result ? "it answers " + std::to_string(*result) : result.error();
      if (!wait_after(error, backoff.next(random_))) return false;
    }
  }

  // None once it shall have left.
  std::chrono::milliseconds time_for_post() const {
    const std::lock_guard lock(mutex_);
    if (!leave_by_) return timing_.timeout;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*leave_by_ - Clock::now());
    return std::min(timing_.timeout, left);
  }

  void begin_post(bool first) {
    const std::lock_guard lock(mutex_);
    status_.state = WebhookState::kPosting;
    status_.retry_at.reset();
    ++status_.posts;
    if (!first) ++status_.retries;
  }

  bool on_taken(const Batch& batch) {
    bool was_failing = false;
    bool go_on = false;
    {
      const std::lock_guard lock(mutex_);
      was_failing = std::exchange(status_.tries_in_vain, 0) > 0;
      status_.state = WebhookState::kIdle;
      status_.delivered += batch.entries.size();
      status_.lost += batch.lost;
      status_.cursor = id_of(batch, batch.entries.empty() ? 0 : batch.entries.size() - 1);
      in_hand_ = 0;
      go_on = !stopping_;
    }
    if (was_failing) tell("takes events again");
    return go_on;
  }

  // False once it shall end.
  bool wait_after(const std::string& error, std::chrono::milliseconds wait) {
    bool another = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      another = status_.tries_in_vain == 0 || status_.last_error != error;
      ++status_.failures;
      ++status_.tries_in_vain;
      status_.last_error = error;
      status_.state = WebhookState::kRetrying;
      status_.retry_at = std::chrono::system_clock::now() + wait;
      changed_.notify_all();
    }
    if (another) tell("is tried again: " + error);
    // Who has been told to leave, or is another, since the wait before tries again at once.
    std::unique_lock lock(mutex_);
    const auto until = Clock::now() + wait;
    changed_.wait_until(lock, leave_by_ ? std::min(until, *leave_by_) : until,
                        [&] { return stopping_ || hurry_; });
    hurry_ = false;
    return !stopping_;
  }

  void tell(const std::string& what) const {
    if (tell_) tell_("webhook " + status_.receiver + ' ' + what);  // the receiver never changes
  }

  static std::string body_of(const Batch& batch) {
    Json events = Json::array();
    if (batch.gap) events.push_back(gap_json(batch.conference, batch.lost, batch.behind.number + 1));
    for (const auto& entry : batch.entries) events.push_back(json_of(entry->event));
    Json whole;
    whole["events"] = std::move(events);
    return dump(whole);
  }

  // Of one of its events; of the gap where it has none.
  static std::string id_of(const Batch& batch, std::size_t index) {
    if (batch.entries.empty()) return write_event_id({.room = batch.conference, .cursor = batch.behind});
    const auto& entry = *batch.entries[index];
    return write_event_id({.room = entry.event.conference, .cursor = {entry.event.number, entry.position}});
  }

  base::Result<int, std::string> send(const std::string& id, const std::string& body,
                                      std::chrono::milliseconds timeout) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string at = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
    WebhookPost::Message message{body, {{"Tutti-Delivery", id}, {"Tutti-Timestamp", at}}, {}};
    std::string secret;
    {
      const std::lock_guard lock(mutex_);
      secret = config_.secret;
      message.ca_file = config_.ca_file;
    }
    if (!secret.empty()) {
      message.headers.emplace_back("Tutti-Signature", webhook_signature(secret, at, body));
    }
    return post_.send(message, timeout);
  }

  const WebhookTiming timing_;
  const Tell tell_;
  std::atomic<std::uint64_t>& abandoned_;
  WebhookPost post_;
  std::minstd_rand random_{std::random_device{}()};  // its thread's

  // Before the other where both are held.
  mutable std::mutex reader_mutex_;
  std::deque<conference::EventReader> readers_;  // the last one's filter is in force; those before end at it

  mutable std::mutex mutex_;
  WebhookConfig config_;  // written by who replaces
  std::condition_variable changed_;
  bool something_new_ = true;  // what came before the subscription
  bool idle_ = false;
  bool stopping_ = false;
  bool done_ = false;
  std::optional<Clock::time_point> leave_by_;
  bool hurry_ = false;       // told to leave or changed, and not waited since
  std::size_t in_hand_ = 0;  // events that were read, and are not taken yet
  WebhookStatus status_;
  std::shared_ptr<void> subscription_;
  std::thread thread_;
};

Webhooks::Webhooks(conference::EventJournal& journal, std::vector<WebhookConfig> webhooks,
                   WebhookTiming timing, Tell tell)
    : journal_(journal), timing_(timing), tell_(std::move(tell)) {
  replace(std::move(webhooks));
}

Webhooks::~Webhooks() = default;

void Webhooks::replace(std::vector<WebhookConfig> webhooks) {
  reap();
  Workers before = wanted();
  Workers next(webhooks.size());
  // Those that stay as they are find themselves before one of the same URL is changed into them.
  const auto take = [&](auto is_it) {
    for (std::size_t i = 0; i < webhooks.size(); ++i) {
      const auto found = std::find_if(before.begin(), before.end(), [&](const auto& worker) {
        return worker != nullptr && next[i] == nullptr && is_it(worker->config(), webhooks[i]);
      });
      if (found != before.end()) next[i] = std::exchange(*found, nullptr);
    }
  };
  take([](const WebhookConfig& is, const WebhookConfig& wanted) { return is == wanted; });
  take([](const WebhookConfig& is, const WebhookConfig& wanted) { return is.url == wanted.url; });
  for (std::size_t i = 0; i < webhooks.size(); ++i) {
    if (next[i] != nullptr) continue;
    next[i] = std::make_shared<Worker>(journal_, webhooks[i], timing_, tell_, abandoned_);
  }
  // Nothing fails from here on.
  for (std::size_t i = 0; i < webhooks.size(); ++i) {
    if (next[i]->config() != webhooks[i]) next[i]->change(std::move(webhooks[i]));
  }
  const std::lock_guard lock(mutex_);
  workers_ = std::move(next);
  for (auto& worker : before) {
    if (worker == nullptr) continue;
    worker->say_farewell();
    leaving_.push_back(std::move(worker));
  }
}

void Webhooks::reap() {
  Workers done;
  const std::lock_guard lock(mutex_);
  const auto is_done = [](const auto& worker) { return worker->done(); };
  const auto first = std::partition(leaving_.begin(), leaving_.end(), std::not_fn(is_done));
  done.assign(std::make_move_iterator(first), std::make_move_iterator(leaving_.end()));
  leaving_.erase(first, leaving_.end());
}

Webhooks::Workers Webhooks::wanted() const {
  const std::lock_guard lock(mutex_);
  return workers_;
}

std::vector<WebhookStatus> Webhooks::status() const {
  std::vector<WebhookStatus> all;
  for (const auto& worker : wanted()) all.push_back(worker->status());
  return all;
}

void Webhooks::settle(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  Workers all = wanted();
  {
    const std::lock_guard lock(mutex_);
    all.insert(all.end(), leaving_.begin(), leaving_.end());
  }
  for (const auto& worker : all) worker->settle(end);
}

}  // namespace tutti::api
