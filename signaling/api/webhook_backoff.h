// WebhookBackoff: how long a webhook waits before it tries again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace tutti::api {

class WebhookBackoff {
 public:
  using Wait = std::chrono::milliseconds;

  // At most `first`, then twice as long each time up to `last`.
  WebhookBackoff(Wait first, Wait last) : last_(last), next_(first) {}

  // By chance between a half and all of what is due, so that many do not come again at once.
  template <typename Random>
  Wait next(Random& random) {
    const Wait most = next_;
    next_ = std::min(2 * next_, last_);
    return Wait(std::uniform_int_distribution<std::int64_t>(most.count() / 2, most.count())(random));
  }

 private:
  const Wait last_;
  Wait next_;
};

}  // namespace tutti::api
