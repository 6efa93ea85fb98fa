// Leaving: the one way out, whoever ends the call: the dialog first, then the core, then ports and slots.
#pragma once

#include <string>

#include "dataplane/mailbox/core_event.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

class Leaving {
 public:
  explicit Leaving(Host& host) : host_(host) {}

  // Its dialog has ended: asks the core to let go of it. No step for who is leaving already.
  void leave(Participant& participant);
  // Ends its dialog, with `reason` for the far end, and then the same.
  void dismiss(Participant& participant, const std::string& reason);
  // The core has let go of it, or never took it: gives back the ports, the slot and the seat; the last one
  // out closes the conference.
  void on_detached(Participant& participant, const mailbox::ParticipantDetached& event);

  // Begins to end a conference, or ends an empty one. False where its state has no such step.
  bool terminate(Conference& conference, const std::string& reason);

 private:
  // Nobody is in it any more.
  void close(Conference& conference);

  Host& host_;
};

}  // namespace tutti::conference
