// EndpointAllocator: gives every participant a port pair of its own out of the configured range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/base/endpoint_handles.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/endpoint_factory.h"

namespace tutti::net {

// Source: RFC 3550, section 11: RTP on an even port, its RTCP on the next one.
struct Endpoint {
  base::EndpointHandles handles;
  base::SocketAddress rtp;
  base::SocketAddress rtcp;  // equal to rtp when both share a port (RFC 5761)
};

// Round robin: a port that was closed rests until the range has gone round, so that late packets of the
// call before do not reach the next one.
// Thread: signaling.
class EndpointAllocator {
 public:
  static constexpr int kPortsTried = 128;  // 16 queues of a card have each one among them

  struct Range {
    std::vector<base::SocketAddress>
        ips;  // used in turn, each with the whole range; their ports are not used
    std::uint16_t first = 0;
    std::uint16_t last = 0;   // inclusive; only whole pairs of even and odd are used
    std::uint32_t lanes = 1;  // each takes every lanes-th pair (PortLane)
  };

  EndpointAllocator(EndpointFactory& factory, const Range& range);
  EndpointAllocator(const EndpointAllocator&) = delete;
  EndpointAllocator& operator=(const EndpointAllocator&) = delete;

  // A part of the range, inclusive; what lies beyond the range is nobody's.
  struct Ports {
    std::uint16_t first = 0;
    std::uint16_t last = 65'535;
    bool operator==(const Ports&) const = default;
  };

  // Opens the next free pair of the lane, of another where that has none; or only its even port without RTCP
  // (the odd one stays unused). Of a part alone where one is given. Where it is known from where RTP will
  // come (`remote` is reachable()), the next one at which that comes to the lane's core by itself
  // (EndpointFactory::leads_to), if there is one among the next kPortsTried.
  // Errors: kNoPorts when all are in use, by us or by others; else what the factory says.
  base::Result<Endpoint, NetError> open(bool with_rtcp, std::size_t lane, const Ports& within,
                                        const base::SocketAddress& remote = {});
  base::Result<Endpoint, NetError> open(bool with_rtcp, std::size_t lane = 0) {
    return open(with_rtcp, lane, {});
  }

  // Only after the core has let go of it. Once for each open.
  void close(const Endpoint& endpoint);

  // For the leak ledger.
  std::size_t in_use() const { return in_use_; }
  // Pairs in the range.
  std::size_t capacity() const { return taken_.size(); }

 private:
  // A lane's places: the same pair of each address, then the lane's next.
  struct Places {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  Places places(std::size_t lane, const Ports& within) const;
  struct Pair {
    std::size_t ip = 0;
    std::size_t number = 0;  // of the range's
  };
  Pair pair_at(std::size_t lane, std::size_t place) const;
  bool taken(const Pair& pair) const { return taken_[pair.ip * pairs_ + pair.number]; }
  base::SocketAddress rtp_of(const Pair& pair) const;
  std::size_t next_that_leads(std::size_t lane, const Places& places, std::size_t next,
                              const base::SocketAddress& remote) const;
  base::Result<Endpoint, NetError> open_pair(const Pair& pair, bool with_rtcp);

  EndpointFactory& factory_;
  const std::vector<base::SocketAddress> ips_;
  const std::uint32_t first_port_;  // even
  const std::size_t pairs_;         // of one address
  std::vector<bool> taken_;         // by address, then pair
  std::vector<std::size_t> next_;   // place, by lane; counts on, round and round
  std::size_t next_of_part_ = 0;    // likewise, of parts all together
  std::size_t in_use_ = 0;
};

}  // namespace tutti::net
