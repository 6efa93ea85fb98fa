// Announcer: gives what happens its time and its conference, and tells the sink.
#pragma once

#include "signaling/conference/event_sink.h"

namespace tutti::conference {

class Conference;
class Participant;

// Thread: the event loop's.
class Announcer {
 public:
  // Null: nobody is told.
  explicit Announcer(EventSink* sink) : sink_(sink) {}

  void tell(const Conference& conference, EventDetail detail) const;
  void tell(const Participant& participant, EventDetail detail) const;

 private:
  EventSink* const sink_;
};

}  // namespace tutti::conference
