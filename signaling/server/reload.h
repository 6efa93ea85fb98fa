// Reload: which keys of a configuration that was read again can take their new value now.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "signaling/server/configuration.h"

namespace tutti::server {

// Reads the file and the flags again; every error found.
using ReadConfiguration = std::function<base::Result<Configuration, std::vector<ConfigurationError>>()>;

// "rooms.max_rooms", and "room lobby" for a [[room]] that came, went or is another now.
struct ConfigurationChange {
  std::vector<std::string> live;
  std::vector<std::string> restart;
};
ConfigurationChange compare(const Configuration& running, const Configuration& wanted);

// What is in force once everything that is live has been taken from `wanted`.
Configuration take_live(const Configuration& running, const Configuration& wanted);

}  // namespace tutti::server
