#include "signaling/api/rate_limiter.h"

#include <algorithm>
#include <chrono>

namespace tutti::api {
namespace {

constexpr double kBurstSeconds = 2;
constexpr std::chrono::seconds kForgetEvery{1};

}  // namespace

bool RateLimiter::try_ask(const base::SocketAddress& address, base::Instant now) {
  if (per_second_ == 0) return true;
  const double full = kBurstSeconds * per_second_;
  const base::NetworkKey client = base::network_key(address);
  auto found = buckets_.find(client);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kClientsMax) forget_idle(now);
    if (buckets_.size() < kClientsMax) found = buckets_.emplace(client, Bucket{full, now}).first;
  }
  Bucket& bucket = found == buckets_.end() ? others_ : found->second;
  const double passed = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(full, bucket.tokens + std::max(0.0, passed) * per_second_);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// Those whose bucket is full again are as good as new ones. At most once a second: it looks at all.
void RateLimiter::forget_idle(base::Instant now) {
  if (now < forget_at_) return;
  forget_at_ = now + kForgetEvery;
  for (auto at = buckets_.begin(); at != buckets_.end();) {
    const double passed = std::chrono::duration<double>(now - at->second.filled).count();
    at = passed >= kBurstSeconds ? buckets_.erase(at) : std::next(at);
  }
}

}  // namespace tutti::api
