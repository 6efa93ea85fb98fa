#include "signaling/sip/request_rate.h"

#include <functional>

namespace tutti::sip {

bool RequestRate::try_enter(std::string_view call_id, base::Instant now) {
  Bucket& bucket = buckets_[std::hash<std::string_view>{}(call_id) % kBuckets];
  const auto window = static_cast<std::uint32_t>(now.time_since_epoch() / kWindow);
  if (bucket.window != window) bucket = {window, 0};
  if (bucket.requests == kRequests) return false;
  ++bucket.requests;
  return true;
}

}  // namespace tutti::sip
