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

std::size_t EndpointAllocator::places(std::size_t lane) const {
  const std::size_t lanes = next_.size();
  return ips_.size() * ((pairs_ + lanes - 1 - lane) / lanes);
}

base::Result<Endpoint, NetError> EndpointAllocator::open(bool with_rtcp, std::size_t lane) {
  const std::size_t lanes = next_.size();
  CHECK(lane < lanes);
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::size_t of = (lane + i) % lanes;
    const std::size_t places = this->places(of);
    for (std::size_t tried = 0; tried < places; ++tried) {
      const std::size_t place = next_[of];
      next_[of] = place + 1 < places ? place + 1 : 0;
      const std::size_t ip = place % ips_.size();
      const std::size_t pair = place / ips_.size() * lanes + of;
      if (taken_[ip * pairs_ + pair]) continue;
      auto endpoint = open_pair(ip, pair, with_rtcp);
      if (endpoint || endpoint.error() != NetError::kAddressInUse) return endpoint;
    }
  }
  return base::unexpected(NetError::kNoPorts);
}

base::Result<Endpoint, NetError> EndpointAllocator::open_pair(std::size_t ip, std::size_t pair,
                                                              bool with_rtcp) {
  Endpoint endpoint;
  endpoint.rtp = ips_[ip].with_port(static_cast<std::uint16_t>(first_port_ + 2 * pair));
  endpoint.rtcp =
      with_rtcp ? endpoint.rtp.with_port(static_cast<std::uint16_t>(endpoint.rtp.port + 1)) : endpoint.rtp;
  const auto opened = factory_.open(endpoint.rtp, with_rtcp);
  if (!opened) return base::unexpected(opened.error());
  endpoint.handles = *opened;
  taken_[ip * pairs_ + pair] = true;
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
