#include "signaling/api/webhooks.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>
#include <pthread.h>

#include "signaling/api/event_id.h"
#include "signaling/api/event_json.h"
#include "signaling/api/webhook_post.h"
#include "signaling/api/webhook_signature.h"

namespace tutti::api {
namespace {

// Of one POST, some 80 kB.
constexpr std::size_t kEventsPerPost = 64;

}  // namespace

// One receiver: its thread, its place in the journal, what became of it.
class Webhooks::Worker {
 public:
  Worker(conference::EventJournal& journal, WebhookConfig config, WebhookTiming timing)
      : timing_(timing),
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
    const std::lock_guard lock(mutex_);
    return status_;
  }

  void settle(std::chrono::steady_clock::time_point end) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(
        lock, end, [this] { return (idle_ && !something_new_) || status_.tries_in_vain > 0 || stopping_; });
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "webhook");
    while (await_events()) {
      bool more = true;
      while (more) {
        const auto batch = reader_.read(kEventsPerPost);
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

  // Until it is taken; false once it shall end.
  bool deliver(const conference::EventReader::Batch& batch) {
    Json events = Json::array();
    if (batch.gap) events.push_back(gap_json(batch.conference, batch.lost, batch.behind.number + 1));
    for (const auto& entry : batch.entries) events.push_back(json_of(entry->event));
    Json whole;
    whole["events"] = std::move(events);
    const std::string body = dump(whole);
    const std::string id = batch.entries.empty()
                               ? write_event_id({.room = batch.conference, .cursor = batch.behind})
                               : write_event_id({.room = batch.entries.front()->event.conference,
                                                 .cursor = {batch.entries.front()->event.number,
                                                            batch.entries.front()->position}});
    for (auto wait = timing_.first_retry;; wait = std::min(2 * wait, timing_.last_retry)) {
      const auto result = send(id, body);
      const bool taken = result && *result >= 200 && *result <= 299;
      std::unique_lock lock(mutex_);
      ++status_.posts;
      if (taken) {
        status_.delivered += batch.entries.size();
        status_.lost += batch.lost;
        status_.tries_in_vain = 0;
        return !stopping_;
      }
      ++status_.failures;
      ++status_.tries_in_vain;
      status_.last_error = result ? "it answers " + std::to_string(*result) : result.error();
      changed_.notify_all();
      // By chance between a half and all of it, so that many do not come again at once.
      std::uniform_int_distribution<std::int64_t> spread(wait.count() / 2, wait.count());
      changed_.wait_for(lock, std::chrono::milliseconds(spread(random_)), [this] { return stopping_; });
      if (stopping_) return false;
    }
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
  const std::string secret_;
  WebhookPost post_;
  conference::EventReader reader_;  // its thread's, as is the next
  std::minstd_rand random_{std::random_device{}()};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool something_new_ = true;  // what came before the subscription
  bool idle_ = false;
  bool stopping_ = false;
  WebhookStatus status_;
  std::shared_ptr<void> subscription_;
  std::thread thread_;
};

Webhooks::Webhooks(conference::EventJournal& journal, std::vector<WebhookConfig> webhooks,
                   WebhookTiming timing) {
  for (WebhookConfig& one : webhooks) {
    workers_.push_back(std::make_unique<Worker>(journal, std::move(one), timing));
  }
}

Webhooks::~Webhooks() = default;

void Webhooks::add_routes(Router& router) {
  router.add("GET", "/webhooks", [this](const Request&) {
    Json list = Json::array();
    for (const WebhookStatus& one : status()) {
      Json json;
      json["receiver"] = one.receiver;
      json["delivered"] = one.delivered;
      json["posts"] = one.posts;
      json["failures"] = one.failures;
      json["lost"] = one.lost;
      json["tries_in_vain"] = one.tries_in_vain;
      json["last_error"] = one.last_error.empty() ? Json() : Json(one.last_error);
      list.push_back(std::move(json));
    }
    Json body;
    body["webhooks"] = std::move(list);
    return Response{200, "application/json", dump(body), {}};
  });
}

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
