#include "dataplane/net/endpoint_allocator.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/net/port_lane.h"

namespace tutti::net {

EndpointAllocator::EndpointAllocator(EndpointFactory& factory, const Range& range)
    : factory_(factory),
      ips_(range.ips),
      first_port_(PortLane::of({}, range.first, range.last).first),
      pairs_(PortLane::of({}, range.first, range.last).pairs()),
      taken_(ips_.size() * pairs_),
      next_(range.lanes) {
  CHECK(range.lanes > 0 && !ips_.empty());
}

EndpointAllocator::Places EndpointAllocator::places(std::size_t lane, const Ports& within) const {
  const auto pairs_below = [&](std::size_t port) {  // whole ones
    return port < first_port_ ? 0 : std::min(pairs_, (port - first_port_) / 2);
  };
  const auto of_lane = [&](std::size_t pairs) {
    return (pairs + next_.size() - 1 - lane) / next_.size() * ips_.size();
  };
  const std::size_t first = of_lane(pairs_below(within.first + std::size_t{1}));
  const std::size_t end = of_lane(pairs_below(within.last + std::size_t{1}));
  return {first, end > first ? end - first : 0};
}

EndpointAllocator::Pair EndpointAllocator::pair_at(std::size_t lane, std::size_t place) const {
  return {place % ips_.size(), place / ips_.size() * next_.size() + lane};
}

base::SocketAddress EndpointAllocator::rtp_of(const Pair& pair) const {
  return ips_[pair.ip].with_port(static_cast<std::uint16_t>(first_port_ + 2 * pair.number));
}

base::Result<Endpoint, NetError> EndpointAllocator::open(bool with_rtcp, std::size_t lane,
                                                         const Ports& within,
                                                         const base::SocketAddress& remote) {
  const std::size_t lanes = next_.size();
  CHECK(lane < lanes);
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::size_t of = (lane + i) % lanes;
    const Places places = this->places(of, within);
    std::size_t& next = within == Ports{} ? next_[of] : next_of_part_;
    if (i == 0 && remote.reachable()) next = next_that_leads(lane, places, next, remote);
    for (std::size_t tried = 0; tried < places.count; ++tried) {
      const Pair pair = pair_at(of, places.first + next++ % places.count);
      if (taken(pair)) continue;
      auto endpoint = open_pair(pair, with_rtcp);
      if (endpoint || endpoint.error() != NetError::kAddressInUse) return endpoint;
    }
  }
  return base::unexpected(NetError::kNoPorts);
}

// What it passes rests for another round. Where there is none: as it was.
std::size_t EndpointAllocator::next_that_leads(std::size_t lane, const Places& places, std::size_t next,
                                               const base::SocketAddress& remote) const {
  int left = kPortsTried;
  for (std::size_t passed = 0; passed < places.count && left > 0; ++passed) {
    const Pair pair = pair_at(lane, places.first + (next + passed) % places.count);
    if (taken(pair)) continue;
    if (factory_.leads_to(rtp_of(pair), remote, lane)) return next + passed;
    --left;
  }
  return next;
}

base::Result<Endpoint, NetError> EndpointAllocator::open_pair(const Pair& pair, bool with_rtcp) {
  Endpoint endpoint;
  endpoint.rtp = rtp_of(pair);
  endpoint.rtcp =
      with_rtcp ? endpoint.rtp.with_port(static_cast<std::uint16_t>(endpoint.rtp.port + 1)) : endpoint.rtp;
  const auto opened = factory_.open(endpoint.rtp, with_rtcp);
  if (!opened) return base::unexpected(opened.error());
  endpoint.handles = *opened;
  taken_[pair.ip * pairs_ + pair.number] = true;
  ++in_use_;
  return endpoint;
}

void EndpointAllocator::close(const Endpoint& endpoint) {
  const auto ip = std::find_if(ips_.begin(), ips_.end(), [&](const base::SocketAddress& each) {
    return each.with_port(endpoint.rtp.port) == endpoint.rtp;
  });
  CHECK(ip != ips_.end() && endpoint.rtp.port >= first_port_);
  const std::size_t pair = (endpoint.rtp.port - first_port_) / 2;
  CHECK(pair < pairs_);
  const auto taken = taken_.begin() +
                     static_cast<std::ptrdiff_t>(static_cast<std::size_t>(ip - ips_.begin()) * pairs_ + pair);
  CHECK(*taken);
  factory_.close(endpoint.handles);
  *taken = false;
  --in_use_;
}

}  // namespace tutti::net
