#include "dataplane/dpdk/local_endpoints.h"

#include "dataplane/base/check.h"

namespace tutti::dpdk {

base::Result<base::EndpointHandles, net::NetError> LocalEndpoints::open(const base::SocketAddress& local,
                                                                        bool with_rtcp) {
  const auto address = addresses_.find(local);
  if (!address || local.port == 0 || (with_rtcp && local.port == 65'535)) {
    return base::unexpected(net::NetError::kAddressNotAvailable);
  }
  const LocalPort rtp{*address, local.port};
  const LocalPort rtcp{*address, static_cast<std::uint16_t>(local.port + 1)};
  if (taken_[rtp.index()] || (with_rtcp && taken_[rtcp.index()])) {
    return base::unexpected(net::NetError::kAddressInUse);
  }
  taken_[rtp.index()] = true;
  if (with_rtcp) taken_[rtcp.index()] = true;
  return base::EndpointHandles{rtp.pack(), with_rtcp ? rtcp.pack() : base::EndpointHandles::kNone};
}

bool LocalEndpoints::leads_to(const base::SocketAddress& local, const base::SocketAddress& remote,
                              std::size_t core) const {
  return spread_ == nullptr || spread_->leads_to(remote, local, static_cast<std::uint16_t>(core));
}

void LocalEndpoints::close(const base::EndpointHandles& handles) {
  for (const std::int32_t handle : {handles.rtp, handles.rtcp}) {
    if (handle == base::EndpointHandles::kNone) continue;
    const std::size_t index = LocalPort::unpack(handle).index();
    CHECK(taken_[index]);
    taken_[index] = false;
  }
}

}  // namespace tutti::dpdk
