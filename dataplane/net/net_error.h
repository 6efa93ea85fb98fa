// From errno to NetError.
#pragma once

#include "dataplane/net/endpoint_factory.h"

namespace tutti::net {

// The nearest NetError to what a system call left in errno.
NetError net_error_from_errno(int error);

}  // namespace tutti::net
