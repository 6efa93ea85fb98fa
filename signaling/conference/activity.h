// Activity: who talks, whose media is there, who is the active speaker: told in pairs, whatever the cores
// say.
#pragma once

#include <string>

#include "dataplane/base/socket_address.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// TalkingStarted or TalkingStopped, and perhaps ActiveSpeakerChanged; nothing where it is so already.
void set_talking(Host& host, Participant& participant, bool talking);

// Packets of it come from there now.
void begin_media(Host& host, Participant& participant, const base::SocketAddress& source);
// No more of them; nothing where there were none.
void end_media(Host& host, Participant& participant, const std::string& reason);

}  // namespace tutti::conference
