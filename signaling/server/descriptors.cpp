#include "signaling/server/descriptors.h"

#include <algorithm>

#include <sys/resource.h>

namespace tutti::server {

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

std::uint64_t calls_configured(const Configuration& configuration, std::size_t cores) {
  const std::uint64_t first_even = configuration.media.rtp_port_low + configuration.media.rtp_port_low % 2;
  const std::uint64_t pairs = (configuration.media.rtp_port_high + 1U - first_even) / 2;
  return std::min<std::uint64_t>(pairs * media_addresses(configuration).size(),
                                 cores * configuration.cores.participants_per_core);
}

std::uint64_t sip_connections_that_fit(std::uint64_t limit) {
  return std::max(kSipConnectionsLeast, limit / 8);
}

std::uint64_t calls_that_fit(std::uint64_t limit) {
  const std::uint64_t others = kDescriptorsReserved + sip_connections_that_fit(limit);
  return limit <= others ? 0 : (limit - others) / kDescriptorsPerCall;
}

}  // namespace tutti::server
