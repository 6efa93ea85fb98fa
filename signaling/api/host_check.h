// HostCheck: which Host headers mean this server.
//
// A page of a foreign site may have its own name resolve to our address (DNS rebinding): the browser then
// takes our answers for that site's, and sends an Origin of the same name. Only Host tells.
#pragma once

#include <string_view>

namespace tutti::api {

// Whether a Host header's value, a port aside, is a literal address, localhost, or `name` where that is not
// empty. Source: RFC 9110, 7.2; what is none is answered 421 (15.5.20).
bool is_own_host(std::string_view host, std::string_view name);

}  // namespace tutti::api
