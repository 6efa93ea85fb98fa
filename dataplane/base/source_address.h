// SourceAddress: from where this host would send to another.
#pragma once

#include "dataplane/base/socket_address.h"

namespace tutti::base {

// By the kernel's routes as they are now, without a port. Not valid() where none leads there. Asks the
// kernel, and sends nothing.
SocketAddress source_address(const SocketAddress& destination);

}  // namespace tutti::base
