// Reload: which keys of a configuration that was read again can take their new value now.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "signaling/api/api.h"
#include "signaling/conference/focus_config.h"
#include "signaling/server/configuration.h"
#include "signaling/server/records_opening.h"

namespace tutti::server {

// Reads the file and the flags again; every error found.
using ReadConfiguration = std::function<base::Result<Configuration, std::vector<ConfigurationError>>()>;

// "rooms.max_rooms", and "room lobby" for a [[room]] that came, went or is another now; a [[webhook]] alike,
// by what may be shown of its URL.
struct ConfigurationChange {
  std::vector<std::string> live;
  std::vector<std::string> restart;
};
ConfigurationChange compare(const Configuration& running, const Configuration& wanted);

// What is in force once everything that is live has been taken from `wanted`.
Configuration take_live(const Configuration& running, const Configuration& wanted);

using ReloadDone = std::function<void(const api::Reloaded&)>;

// What was read and found good, while its files are opened.
struct PendingReload {
  Configuration next;
  ConfigurationChange change;
  conference::FocusConfig focus;
  std::string token;  // HTTP's
  RecordsOpening opening;
  ReloadDone done;
};

}  // namespace tutti::server
