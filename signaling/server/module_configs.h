// ModuleConfigs: what each module is given of the configuration.
#pragma once

#include "signaling/api/http_server.h"
#include "signaling/conference/focus_config.h"
#include "signaling/server/configuration.h"
#include "signaling/sip/user_agent.h"

namespace tutti::server {

mailbox::Listening listening(const Configuration& configuration);
conference::FocusConfig focus_config(const Configuration& configuration);
sip::UserAgentConfig user_agent_config(const Configuration& configuration);
// `token` is http_token()'s.
api::HttpLimits http_limits(const Configuration& configuration, std::string token);

}  // namespace tutti::server
