#include "signaling/sip/resolver_guard_impl.h"

#include <cerrno>

#include <netinet/in.h>
#include <resolv.h>
#include <sofia-resolv/sres.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signaling/sip/interposition_impl.h"

namespace tutti::sip {
namespace {

// Whether a datagram would find a way; nothing is sent. As the host names it: a link-local one has a scope,
// which no SocketAddress has.
bool can_be_asked(const sockaddr* server, socklen_t length) {
  const int fd = socket(server->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool connected = connect(fd, server, length) == 0;
  close(fd);
  return connected;
}

// Of those that the host's configuration names at this moment.
bool any_can_be_asked() {
  struct __res_state configuration {};
  if (res_ninit(&configuration) != 0) return false;
  bool found = false;
  for (int i = 0; i < configuration.nscount && !found; ++i) {
    const sockaddr_in& v4 = configuration.nsaddr_list[i];
    const sockaddr_in6* v6 = configuration._u._ext.nsaddrs[i];
    if (v4.sin_family == AF_INET) {
      found = can_be_asked(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
    } else if (v6 != nullptr) {
      found = can_be_asked(reinterpret_cast<const sockaddr*>(v6), sizeof *v6);
    }
  }
  res_nclose(&configuration);
  return found;
}

}  // namespace

bool resolver_guard_is_in_place() {
  return is_interposed("sres_query", &sres_query);
}

}  // namespace tutti::sip

// Takes the place of the library's function of this name, as msg_extract does. Theirs goes round among its
// servers for as long as not one of them has a route.
extern "C" sres_query_t* sres_query(sres_resolver_t* resolver, sres_answer_f* callback,
                                    sres_context_t* context, uint16_t type, const char* domain) {
  static const auto library = tutti::sip::library_function<decltype(sres_query)>("sres_query");
  if (!tutti::sip::any_can_be_asked()) {
    errno = ENETUNREACH;
    return nullptr;
  }
  return library(resolver, callback, context, type, domain);
}
