// Parts: what the focus consists of, and what its operations reach into.
#pragma once

#include <utility>

#include "signaling/conference/dial_out.h"
#include "signaling/conference/host.h"
#include "signaling/conference/joining.h"
#include "signaling/conference/leaving.h"
#include "signaling/conference/limits.h"
#include "signaling/conference/moderation.h"
#include "signaling/conference/moving.h"
#include "signaling/conference/pin_entry.h"
#include "signaling/conference/renegotiation.h"

namespace tutti::conference {

struct Parts {
  Parts(MediaPlane& media, FocusConfig config, EventSink* sink) : host(media, std::move(config), sink) {}

  Host host;
  Moderation moderation{host};
  Leaving leaving{host, moderation};
  PinEntry pins{host, moderation, leaving};
  Joining joining{host, moderation, pins};
  Renegotiation renegotiation{host, moderation, leaving};
  Moving moving{host, moderation, leaving};
  DialOut dial_out{host, moderation, leaving};
  Limits limits{host, leaving, pins, dial_out, renegotiation};
};

}  // namespace tutti::conference
