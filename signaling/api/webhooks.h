// Webhooks: posts events to receivers that the configuration names, each in order and at its own pace.
//
// A receiver that is slow or dead delays nobody: each has a thread of its own, and its place in the journal;
// what the journal forgets meanwhile is told as a gap. Anything but a 2xx is tried again, later and later.
// A path may be a secret: nothing but scheme, host and port is ever shown.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "signaling/api/webhook_status.h"
#include "signaling/api/webhook_url.h"
#include "signaling/conference/event_reader.h"

namespace tutti::api {

struct WebhookConfig {
  WebhookUrl url;
  conference::EventFilter filter;
  std::string secret;   // signs each POST; empty: none is signed
  std::string ca_file;  // of https; empty: what the host trusts
  bool operator==(const WebhookConfig&) const = default;
};

struct WebhookTiming {
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds first_retry{1'000};  // doubled each time; less up to a half by chance
  std::chrono::milliseconds last_retry{300'000};
  std::chrono::milliseconds farewell{5'000};  // for what waits for one that is no longer wanted
};

class Webhooks {
 public:
  // Called by a webhook's own thread with one sentence when it begins to fail, when the reason is another,
  // and when it is well again. Must not call back.
  using Tell = std::function<void(const std::string&)>;

  // `journal` outlives it.
  Webhooks(conference::EventJournal& journal, std::vector<WebhookConfig> webhooks, WebhookTiming timing = {},
           Tell tell = {});
  // Ends posts under way.
  ~Webhooks();

  // Other webhooks from now on. One whose URL stays keeps its place and its counts, and delivers what waits
  // for it as its filter was; a new one begins behind what is there; one that is gone may deliver what waits
  // for it until the farewell is over, and what is left is abandoned and told. Waits for none of them.
  // Thread: one at a time. Errors: std::system_error where there can be no more threads; nothing has changed.
  void replace(std::vector<WebhookConfig> webhooks);

  // In the order of the configuration. Thread: any, as the next.
  std::vector<WebhookStatus> status() const;
  // Events of webhooks that replace() ended, and nobody got.
  std::uint64_t abandoned() const { return abandoned_; }
  // Gives those that are well the time to deliver what there is. Thread: any but theirs.
  void settle(std::chrono::milliseconds patience);

 private:
  class Worker;
  using Workers = std::vector<std::shared_ptr<Worker>>;

  Workers wanted() const;
  // Lets go of those that are done.
  void reap();

  conference::EventJournal& journal_;
  const WebhookTiming timing_;
  const Tell tell_;
  std::atomic<std::uint64_t> abandoned_{0};
  mutable std::mutex mutex_;
  Workers workers_;
  Workers leaving_;  // until each is done
};

}  // namespace tutti::api
