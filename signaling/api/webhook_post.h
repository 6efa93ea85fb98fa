// WebhookPost: one POST to one receiver, on a connection of its own; redirects are not followed.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/base/result.h"
#include "signaling/api/webhook_host.h"
#include "signaling/api/webhook_url.h"

namespace tutti::api {

class WebhookPost {
 public:
  explicit WebhookPost(WebhookUrl url, ResolveHost resolve = resolve_host);
  ~WebhookPost();

  struct Message {
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string ca_file;  // trusted instead of what the host trusts; empty: not. Certificates are verified.
  };
  // Blocks until the status is known, at most for the timeout. Errors: one sentence.
  // Thread: one at a time.
  base::Result<int, std::string> send(const Message& message, std::chrono::milliseconds timeout);
  // Has a send() under way, and each after it, fail. Thread: any.
  void stop();

 private:
  class Exchange;
  struct Resolution;

  base::Result<std::vector<HostAddress>, std::string> addresses(std::chrono::milliseconds timeout);

  const WebhookUrl url_;
  const ResolveHost resolve_;
  std::mutex mutex_;
  bool stopped_ = false;
  Exchange* exchange_ = nullptr;            // under way
  std::shared_ptr<Resolution> resolution_;  // the last one's
  std::size_t failures_ = 0;                // that ended without a status
};

}  // namespace tutti::api
