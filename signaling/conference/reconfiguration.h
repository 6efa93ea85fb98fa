// Reconfiguration: another FocusConfig while the focus lives: rooms that came, went or are others now.
#pragma once

#include "signaling/conference/control.h"
#include "signaling/conference/focus_config.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// Rooms of rules that are new or others get their settings and lock at once, with whoever is in them; a room
// whose rule is gone stays until its last participant leaves. Rooms without a rule keep what they have, calls
// the media that was agreed; only the gate is another for all. `config` has no fault; its share_participants
// stays as it was.
void reconfigure(Host& host, Control& control, FocusConfig config);

}  // namespace tutti::conference
