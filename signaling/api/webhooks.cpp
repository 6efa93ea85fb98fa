#include "signaling/api/webhooks.h"

#include <condition_variable>
#include <mutex>
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
  Worker(conference::EventJournal& journal, WebhookConfig config, WebhookTiming timing, Tell tell)
      : timing_(timing),
        tell_(std::move(tell)),
        secret_(std::move(config.secret)),
        post_(config.url, std::move(config.ca_file), timing.timeout),
        reader_(journal, std::move(config.filter)) {
    status_.receiver = (config.url.tls ? "https://" : "http://") + config.url.authority();
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

  WebhookStatus status() const {
    std::uint64_t unread = 0;
    {
      const std::lock_guard reading(reader_mutex_);
      unread = reader_.waiting();
    }
    const std::lock_guard lock(mutex_);
    WebhookStatus now = status_;
    now.waiting = unread + in_hand_;
    return now;
  }

  void settle(std::chrono::steady_clock::time_point end) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(
        lock, end, [this] { return (idle_ && !something_new_) || status_.tries_in_vain > 0 || stopping_; });
  }

 private:
  using Batch = conference::EventReader::Batch;

  void run() {
    pthread_setname_np(pthread_self(), "webhook");
    while (await_events()) {
      bool more = true;
      while (more) {
        const Batch batch = read();
        more = batch.more;
        if ((batch.gap || !batch.entries.empty()) && !deliver(batch)) return;
      }
    }
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

  Batch read() {
    const std::lock_guard reading(reader_mutex_);
    Batch batch = reader_.read(kEventsPerPost);
    const std::lock_guard lock(mutex_);
    in_hand_ = batch.entries.size();
    return batch;
  }

  // Until it is taken; false once it shall end.
  bool deliver(const Batch& batch) {
    const std::string body = body_of(batch);
    const std::string id = id_of(batch, 0);
    WebhookBackoff backoff(timing_.first_retry, timing_.last_retry);
    for (bool first = true;; first = false) {
      begin_post(first);
      const auto result = send(id, body);
      if (result && *result >= 200 && *result <= 299) return on_taken(batch);
      const std::string error = result ? "it answers " + std::to_string(*result) : result.error();
      if (!wait_after(error, backoff.next(random_))) return false;
    }
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
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, wait, [this] { return stopping_; });
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

  base::Result<int, std::string> send(const std::string& id, const std::string& body) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::string at = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now).count());
    std::vector<std::pair<std::string, std::string>> headers = {{"Tutti-Delivery", id},
                                                                {"Tutti-Timestamp", at}};
    if (!secret_.empty()) headers.emplace_back("Tutti-Signature", webhook_signature(secret_, at, body));
    return post_.send(body, headers);
  }

  const WebhookTiming timing_;
  const Tell tell_;
  const std::string secret_;
  WebhookPost post_;
  std::minstd_rand random_{std::random_device{}()};  // its thread's

  // Before the other where both are held.
  mutable std::mutex reader_mutex_;
  conference::EventReader reader_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool something_new_ = true;  // what came before the subscription
  bool idle_ = false;
  bool stopping_ = false;
  std::size_t in_hand_ = 0;  // events that were read, and are not taken yet
  WebhookStatus status_;
  std::shared_ptr<void> subscription_;
  std::thread thread_;
};

Webhooks::Webhooks(conference::EventJournal& journal, std::vector<WebhookConfig> webhooks,
                   WebhookTiming timing, Tell tell) {
  for (WebhookConfig& one : webhooks) {
    workers_.push_back(std::make_unique<Worker>(journal, std::move(one), timing, tell));
  }
}

Webhooks::~Webhooks() = default;

std::vector<WebhookStatus> Webhooks::status() const {
  std::vector<WebhookStatus> all;
  all.reserve(workers_.size());
  for (const auto& worker : workers_) all.push_back(worker->status());
  return all;
}

void Webhooks::settle(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (const auto& worker : workers_) worker->settle(end);
}

}  // namespace tutti::api
