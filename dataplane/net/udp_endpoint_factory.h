// UdpEndpointFactory: endpoints that are the kernel's UDP sockets.
#pragma once

#include <utility>
#include <vector>

#include <linux/filter.h>

#include "dataplane/net/endpoint_factory.h"

namespace tutti::net {

// Binds the specific address, so that what is sent leaves with it as its source; never the unspecified one.
// Thread: signaling.
class UdpEndpointFactory final : public EndpointFactory {
 public:
  // What a stalled core may find waiting in a socket: the kernel doubles it and counts a small packet as
  // some 800 to 2 300 bytes, so 50 packets or more, a second of a participant's.
  static constexpr int kReceiveBytes = 64 * 1024;

  // With a filter, each RTP socket keeps only what it says (receive_filter.h).
  explicit UdpEndpointFactory(std::vector<sock_filter> rtp_filter = {})
      : rtp_filter_(std::move(rtp_filter)) {}

  base::Result<base::EndpointHandles, NetError> open(const base::SocketAddress& local,
                                                     bool with_rtcp) override;
  void close(const base::EndpointHandles& handles) override;

 private:
  const std::vector<sock_filter> rtp_filter_;
};

}  // namespace tutti::net
