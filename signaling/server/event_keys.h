// EventKeys: the keys of [events], [records] and [[webhook]], a part of the table in configuration_keys.h.
#pragma once

#include <vector>

#include "signaling/server/configuration_keys.h"

namespace tutti::server {

std::vector<Key<Configuration>> event_keys();
const std::vector<Key<Configuration::Webhook>>& webhook_keys();

}  // namespace tutti::server
