#include "signaling/sip/route_guard_impl.h"

#include <string_view>

#include "signaling/sip/interposition_impl.h"
#include "signaling/sip/sofia_impl.h"
#include "signaling/sip/text.h"

namespace tutti::sip {
namespace {

// One of a list, as a header of `kind`; nothing when there is no memory. Theirs looked at the parameters of
// the one before for whether this one has any.
sip_route_t* copy_route(su_home_t* home, msg_hclass_t* kind, const sip_route_t& route) {
  sip_route_t copy[1];
  sip_route_init(copy);
  copy->r_common->h_class = kind;
  *copy->r_url = *route.r_url;
  copy->r_params = route.r_params;
  // Without <>, what was meant for the URI counts as the header's.
  const msg_param_t* parameters = route.r_params;
  if (!route.r_url->url_params && parameters && parameters[0] && uri_parameter(parameters[0], "lr")) {
    copy->r_url->url_params = parameters[0];
    copy->r_params = parameters + 1;
  }
  return reinterpret_cast<sip_route_t*>(
      msg_header_dup_as(home, kind, reinterpret_cast<const msg_header_t*>(copy)));
}

void free_routes(su_home_t* home, sip_route_t* routes) {
  msg_header_free_all(home, reinterpret_cast<msg_header_t*>(routes));
}

}  // namespace

bool route_guard_is_in_place() {
  return is_interposed("sip_route_fixdup_as", &sip_route_fixdup_as) &&
         is_interposed("sip_route_reverse_as", &sip_route_reverse_as) &&
         is_interposed("url_param", &url_param);
}

}  // namespace tutti::sip

// These take the place of the library's functions of these names, as msg_extract does.

// A route set in the order of the list: a server's.
extern "C" sip_route_t* sip_route_fixdup_as(su_home_t* home, msg_hclass_t* kind, const sip_route_t* route) {
  sip_route_t* first = nullptr;
  sip_route_t** last = &first;
  for (; route; route = route->r_next, last = &(*last)->r_next) {
    *last = tutti::sip::copy_route(home, kind, *route);
    if (!*last) {
      tutti::sip::free_routes(home, first);
      return nullptr;
    }
  }
  return first;
}

// A route set in the reverse order: a client's.
extern "C" sip_route_t* sip_route_reverse_as(su_home_t* home, msg_hclass_t* kind, const sip_route_t* route) {
  sip_route_t* first = nullptr;
  for (; route; route = route->r_next) {
    sip_route_t* const copy = tutti::sip::copy_route(home, kind, *route);
    if (!copy) {
      tutti::sip::free_routes(home, first);
      return nullptr;
    }
    copy->r_next = first;
    first = copy;
  }
  return first;
}

// Returns one more than the length of the value, which is copied with a NUL behind it where there is room; 0
// when there is no such parameter. `tag` may end with '='. Theirs went on behind the end where the last
// parameter's name only begins like the one sought.
extern "C" isize_t url_param(const char* params, const char* tag, char value[], isize_t room) {
  if (!params) return 0;
  std::string_view name(tag);
  if (name.ends_with('=')) name.remove_suffix(1);
  const auto found = tutti::sip::uri_parameter(params, name);
  if (!found) return 0;
  const auto size = static_cast<isize_t>(found->size());  // of a message, which is not that long
  if (size < room) value[found->copy(value, found->size())] = '\0';
  return size + 1;
}
