// Leaving: the one way out, whoever ends the call: the dialog first, then the core, then ports and slots.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "dataplane/mailbox/core_event.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/host.h"
#include "signaling/conference/moderation.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

class Leaving {
 public:
  // 3 ms, as 2,000 took 110 ms; the first turn takes everyone's leave as well, 25 ms: docs/BUDGETS.md.
  static constexpr std::size_t kDialogsPerTurn = 50;

  Leaving(Host& host, Moderation& moderation) : host_(host), moderation_(moderation) {}

  // Its dialog has ended: asks the core to let go of it. No step for who is leaving already.
  void leave(Participant& participant, const std::string& reason);
  // Ends its dialog, with `reason` for the far end, and then the same.
  void dismiss(Participant& participant, const std::string& reason);
  // The same where many may go at one time: it is on its way out at once. The dialogs, each of which costs
  // the event loop a BYE, end so many a turn.
  void dismiss_in_turn(Participant& participant, const std::string& reason);
  // So everyone in it.
  void dismiss_all(Conference& conference, const std::string& reason);
  // A turn's share of the dialogs that are to end.
  void end_next_dialogs();
  // All of them, for the end of the process.
  void end_all_dialogs();
  // Of somebody who has left: it ended before its turn came.
  void forget(sip::DialogId dialog) { to_end_.erase(dialog); }
  // Its dialog has ended, by whom and why the user agent says.
  void on_ended(Participant& participant, const sip::DialogEnd& end);
  // Nothing has come of it for too long.
  void lose_media(Participant& participant);
  // The core has let go of it, or never took it: gives back the ports, the slot and the seat; the last one
  // out closes the conference.
  void on_detached(Participant& participant, const mailbox::ParticipantDetached& event);

  // Its core has not let go of it, and is not waited for any longer: as on_detached(), as far as it was
  // reported, but ports and slot stay taken. For the end of the process.
  void abandon(Participant& participant, const std::string& reason);

  // The seat that it had before it was moved is free; nothing where it was not.
  void give_up_origin(Participant& participant);

  // Begins to end a conference, or ends an empty one. False where its state has no such step.
  bool terminate(Conference& conference, const std::string& reason);
  // Each that has such a step.
  void terminate_all(const std::string& reason);

 private:
  void begin_leave(Participant& participant, const std::string& reason);
  void end_dialogs(std::size_t& share);
  void go(Participant& participant, ParticipantInfo info);
  // Does what is due where nobody is in it any more, and nobody's seat is waited for.
  void look_after(Conference& conference);
  void close(Conference& conference);

  Host& host_;
  Moderation& moderation_;
  std::map<sip::DialogId, std::string> to_end_;  // each with its reason; who came first goes first
  std::size_t share_ = kDialogsPerTurn;          // of this turn, left
};

}  // namespace tutti::conference
