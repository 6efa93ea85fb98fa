// EventSink: who is told what happens in conferences, one event after the other: the journal.
#pragma once

#include "signaling/conference/conference_event.h"

namespace tutti::conference {

// Thread: the event loop's. Called in the order in which it happened, in the middle of what makes it happen:
// it keeps the event, and calls nothing of Control or Focus before it returns.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // All but `number` is filled in.
  virtual void emit(ConferenceEvent event) = 0;
};

}  // namespace tutti::conference
