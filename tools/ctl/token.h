// Token: what tuttictl shows to a server that lets not everybody in.
#pragma once

#include <string>

#include "dataplane/base/result.h"

namespace tutti::ctl {

// The first line of a file, or, where its name is empty, what TUTTI_TOKEN holds (empty: no token), without
// white space around it: what Windows wrote ends its lines with CR LF. Errors: one sentence; there is none in
// the file, or what is there would break a header.
base::Result<std::string, std::string> read_token(const std::string& file);

}  // namespace tutti::ctl
