// Webhooks: posts events to receivers that the configuration names, each in order and at its own pace.
//
// A receiver that is slow or dead delays nobody: each has a thread of its own, and its place in the journal;
// what the journal forgets meanwhile is told as a gap. Anything but a 2xx is tried again, later and later.
// A path may be a secret: nothing but scheme, host and port is ever shown.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
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
};

struct WebhookTiming {
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds first_retry{1'000};  // doubled each time; less up to a half by chance
  std::chrono::milliseconds last_retry{300'000};
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

  // In the order of the configuration. Thread: any.
  std::vector<WebhookStatus> status() const;
  // Gives those that are well the time to deliver what there is. Thread: any but theirs.
  void settle(std::chrono::milliseconds patience);

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace tutti::api
