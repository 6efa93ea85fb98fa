// RequestRate: how many requests of one call come; more than any call needs are a flood.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/base/clock.h"

namespace tutti::sip {

class RequestRate {
 public:
  // A call has some ten in its liveliest second. The transactions of 64 in 8 s, each 32 s and 10 kB: 2.6 MB.
  static constexpr std::uint32_t kRequests = 64;
  static constexpr std::chrono::seconds kWindow{8};

  // False for a request of a call that has had its `kRequests` of this `kWindow`.
  bool try_enter(std::string_view call_id, base::Instant now);

 private:
  struct Bucket {
    std::uint32_t window = 0;
    std::uint32_t requests = 0;
  };
  // Calls that meet in a bucket share it: of 5 000 requests a second it gets one in 3 s.
  static constexpr std::size_t kBuckets = 16'384;

  std::array<Bucket, kBuckets> buckets_{};
};

}  // namespace tutti::sip
