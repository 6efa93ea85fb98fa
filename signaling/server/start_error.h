// StartError: why the server cannot run, as one sentence for whoever started it.
#pragma once

#include <string>

namespace tutti::server {

struct StartError {
  std::string sentence;
};

}  // namespace tutti::server
