#include "dataplane/net/endpoint_allocator.h"

#include "dataplane/base/check.h"
#include "dataplane/net/port_lane.h"

namespace tutti::net {

EndpointAllocator::EndpointAllocator(EndpointFactory& factory, const Range& range)
    : factory_(factory),
      ip_(range.ip.with_port(0)),
      first_port_(PortLane::of(range.ip, range.first, range.last).first),
      taken_(PortLane::of(range.ip, range.first, range.last).pairs()),
      next_(range.lanes) {
  CHECK(range.lanes > 0);
  for (std::size_t lane = 0; lane < next_.size(); ++lane) next_[lane] = lane;
}

base::Result<Endpoint, NetError> EndpointAllocator::open(bool with_rtcp, std::size_t lane) {
  const std::size_t lanes = next_.size();
  CHECK(lane < lanes);
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::size_t of = (lane + i) % lanes;
    for (std::size_t tried = of; tried < taken_.size(); tried += lanes) {
      const std::size_t pair = next_[of];
      next_[of] = pair + lanes < taken_.size() ? pair + lanes : of;
      if (taken_[pair]) continue;
      auto endpoint = open_pair(pair, with_rtcp);
      if (endpoint || endpoint.error() != NetError::kAddressInUse) return endpoint;
    }
  }
  return base::unexpected(NetError::kNoPorts);
}

base::Result<Endpoint, NetError> EndpointAllocator::open_pair(std::size_t pair, bool with_rtcp) {
  Endpoint endpoint;
  endpoint.rtp = ip_.with_port(static_cast<std::uint16_t>(first_port_ + 2 * pair));
  endpoint.rtcp = with_rtcp ? ip_.with_port(static_cast<std::uint16_t>(endpoint.rtp.port + 1)) : endpoint.rtp;
  const auto opened = factory_.open(endpoint.rtp, with_rtcp);
  if (!opened) return base::unexpected(opened.error());
  endpoint.handles = *opened;
  taken_[pair] = true;
  ++in_use_;
  return endpoint;
}

void EndpointAllocator::close(const Endpoint& endpoint) {
  const std::size_t pair = (endpoint.rtp.port - first_port_) / 2;
  CHECK(endpoint.rtp.port >= first_port_ && pair < taken_.size() && taken_[pair]);
  factory_.close(endpoint.handles);
  taken_[pair] = false;
  --in_use_;
}

}  // namespace tutti::net
