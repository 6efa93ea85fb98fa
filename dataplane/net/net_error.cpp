#include "dataplane/net/net_error.h"

#include <cerrno>

namespace tutti::net {

NetError net_error_from_errno(int error) {
  switch (error) {
    case EADDRINUSE:
      return NetError::kAddressInUse;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case ENODEV:  // an IPv6 address without its interface
      return NetError::kAddressNotAvailable;
    case EMFILE:
    case ENFILE:
      return NetError::kNoDescriptors;
    case EACCES:
    case EPERM:
      return NetError::kNotPermitted;
    case ENOSYS:
    case EOPNOTSUPP:
      return NetError::kNotSupported;
    default:
      return NetError::kOther;
  }
}

std::string_view to_string(NetError error) {
  switch (error) {
    case NetError::kAddressInUse:
      return "the address is in use";
    case NetError::kAddressNotAvailable:
      return "the address does not belong to this host";
    case NetError::kNoDescriptors:
      return "out of file descriptors (raise the limit of open files)";
    case NetError::kNoPorts:
      return "every port of the configured range is in use";
    case NetError::kNotPermitted:
      return "the system does not permit it";
    case NetError::kNotSupported:
      return "the kernel is too old for it (6.1 is needed), or io_uring is switched off";
    case NetError::kFramesRefused:
      return "loopback takes no frames past its sockets (set net.ipv4.conf.lo.accept_local and "
             "net.ipv4.conf.lo.route_localnet to 1)";
    case NetError::kOther:
      break;
  }
  return "the system refused for another reason";
}

}  // namespace tutti::net
