// WebhookStatus: how one webhook is, as GET /webhooks and the metrics tell it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tutti::api {

enum class WebhookState : std::uint8_t {
  kIdle,      // nothing waits for it
  kPosting,   // a POST is under way, or about to be
  kRetrying,  // the last was in vain, and it waits for retry_at
};
std::string_view to_string(WebhookState state);  // "idle"

// Totals since the start where nothing else is said.
struct WebhookStatus {
  std::string receiver;  // scheme, host and port; a path may be a secret
  WebhookState state = WebhookState::kIdle;
  std::string cursor;               // the id of the last event that was taken; empty: none was
  std::uint64_t waiting = 0;        // events behind it, now; those that its filter may leave out included
  std::uint64_t delivered = 0;      // events
  std::uint64_t posts = 0;          // tries
  std::uint64_t failures = 0;       // of them
  std::uint64_t retries = 0;        // of the tries: those again
  std::uint64_t lost = 0;           // events that the journal had forgotten
  std::uint64_t tries_in_vain = 0;  // in a row, until now
  std::optional<std::chrono::system_clock::time_point> retry_at;
  std::string last_error;  // empty: none yet
};

}  // namespace tutti::api
