// EndpointFactory: opens and closes, outside the cores, what a core later attaches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/base/endpoint_handles.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"

namespace tutti::net {

enum class NetError : std::uint8_t {
  kAddressInUse,
  kAddressNotAvailable,  // not an address of this host
  kNoDescriptors,        // the process or the host is out of them
  kNoPorts,              // the configured range is used up
  kNotPermitted,
  kNotSupported,   // the kernel is too old, or io_uring is switched off
  kFramesRefused,  // loopback does not take frames that come past its sockets
  kOther,
};

// One sentence for people.
std::string_view to_string(NetError error);

// Thread: signaling.
class EndpointFactory {
 public:
  virtual ~EndpointFactory() = default;
  // Opens the RTP port `local` and, if asked, the RTCP port one above it.
  virtual base::Result<base::EndpointHandles, NetError> open(const base::SocketAddress& local,
                                                             bool with_rtcp) = 0;
  // Whether RTP from `remote` to `local` comes to the core of that number by itself, and need not be handed
  // to it by another; true where nobody can tell, or it is no matter.
  virtual bool leads_to(const base::SocketAddress& /*local*/, const base::SocketAddress& /*remote*/,
                        std::size_t /*core*/) const {
    return true;
  }
  // Only after the core has let go of it.
  virtual void close(const base::EndpointHandles& handles) = 0;
};

}  // namespace tutti::net
