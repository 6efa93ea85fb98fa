// RateLimiter: how often one client may ask: a bucket of tokens for each address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "dataplane/base/clock.h"
#include "dataplane/base/host_network.h"
#include "dataplane/base/socket_address.h"

namespace tutti::api {

// A client is an IPv4 address, or the /64 that one host of IPv6 may have for itself alone.
// Thread: one.
class RateLimiter {
 public:
  // Clients that are remembered; more are all taken for one, which costs whoever floods us from many
  // addresses, and nobody who was here before.
  static constexpr std::size_t kClientsMax = 4'096;

  // `per_second` 0 = no bound. A client that was idle may ask two seconds' worth at once.
  explicit RateLimiter(std::uint32_t per_second) : per_second_(per_second) {}

  void set_rate(std::uint32_t per_second) { per_second_ = per_second; }
  // Takes one token of the client's; false where there is none.
  bool try_ask(const base::SocketAddress& client, base::Instant now);
  std::size_t clients() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    base::Instant filled;
  };

  void forget_idle(base::Instant now);

  std::uint32_t per_second_;
  std::map<base::NetworkKey, Bucket> buckets_;
  Bucket others_;
  base::Instant forget_at_;
};

}  // namespace tutti::api
