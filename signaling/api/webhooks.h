// Webhooks: posts events to receivers that the configuration names, each in order and at its own pace.
//
// A receiver that is slow or dead delays nobody: each has a thread of its own, and its place in the journal;
// what the journal forgets meanwhile is told as a gap. Anything but a 2xx is tried again, later and later.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "signaling/api/router.h"
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

struct WebhookStatus {
  std::string receiver;             // scheme, host and port; a path may be a secret
  std::uint64_t delivered = 0;      // events
  std::uint64_t posts = 0;          // tries
  std::uint64_t failures = 0;       // of them
  std::uint64_t lost = 0;           // events that the journal had forgotten
  std::uint64_t tries_in_vain = 0;  // in a row, until now
  std::string last_error;           // empty: none yet
};

class Webhooks {
 public:
  // `journal` outlives it.
  Webhooks(conference::EventJournal& journal, std::vector<WebhookConfig> webhooks, WebhookTiming timing = {});
  // Ends posts under way.
  ~Webhooks();

  // GET /webhooks.
  void add_routes(Router& router);
  // Thread: any.
  std::vector<WebhookStatus> status() const;
  // Gives those that are well the time to deliver what there is. Thread: any but theirs.
  void settle(std::chrono::milliseconds patience);

 private:
  class Worker;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace tutti::api
