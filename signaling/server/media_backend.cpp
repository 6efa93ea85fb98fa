#include "signaling/server/media_backend.h"

#include "signaling/server/dpdk_backend.h"
#include "signaling/server/dpdk_keys.h"
#include "signaling/server/uring_backend.h"

namespace tutti::server {

base::Result<std::unique_ptr<MediaBackend>, StartError> make_media_backend(const Configuration& configuration,
                                                                           std::size_t cores) {
  if (auto fault = find_dpdk_fault(configuration))
    return base::unexpected(StartError{std::move(fault->text)});
  if (configuration.cores.backend == "dpdk") return DpdkBackend::start(configuration, cores);
  return std::make_unique<UringBackend>(configuration, cores);
}

}  // namespace tutti::server
