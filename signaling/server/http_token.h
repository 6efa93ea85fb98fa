// HttpToken: the secret that HTTP's callers bring, from the configuration or from its file.
#pragma once

#include <string>

#include "dataplane/base/result.h"
#include "signaling/server/configuration.h"

namespace tutti::server {

// Empty where none is asked for. Errors, as one sentence: a file that others than its owner (this user or
// root) may read or write, is too long, or holds something else than a token; and no token where HTTP
// listens for others than this host.
base::Result<std::string, std::string> http_token(const Configuration& configuration);

}  // namespace tutti::server
