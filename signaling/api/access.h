// Access: the bearer token, and who may do without.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/socket_address.h"
#include "signaling/api/router.h"

namespace tutti::api {

// What a token may be: 16 to 256 characters of RFC 6750's b64token.
bool is_token(std::string_view text);

// Whether a request may go on. `authorization` is its header as it was sent; `token` empty: none is asked.
// Source: RFC 6750, 2.1.
bool may_ask(std::string_view authorization, std::string_view token, Reach reach,
             const base::SocketAddress& client);

}  // namespace tutti::api
