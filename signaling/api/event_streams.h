// EventStreams: GET /events and GET /rooms/{room}/events: what happens, as server-sent events, from the
// journal.
//
// A stream begins with what comes from now on, or behind the event that Last-Event-ID or ?after= names; what
// is gone since is one event "gap". Who reads so slowly that the journal overtakes it is told "gap" and let
// go. Source: WHATWG HTML, 9.2 (server-sent events).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "dataplane/base/counters.h"
#include "signaling/api/event_id.h"
#include "signaling/api/router.h"
#include "signaling/conference/event_journal.h"
#include "signaling/conference/event_reader.h"

namespace tutti::api {

struct EventStreamCounters {
  base::Counter overtaken;  // let go because the journal had overtaken them
};

class EventStreams {
 public:
  // The name of the room that a path means, by name or id; its own text where there is none.
  // Thread: the control thread's.
  using NameOf = std::function<std::string(const std::string& room)>;

  // `journal` outlives it, and every stream.
  EventStreams(conference::EventJournal& journal, NameOf name_of);
  // No handler of the routes is called any more.
  ~EventStreams();

  void add_routes(Router& router);
  // Streams that somebody reads now. Thread: any, as counters().
  std::size_t open() const;
  const EventStreamCounters& counters() const;

 private:
  class Stream;
  struct Hub;

  Response answer(const Request& request, const std::string& room);
  bool seek(conference::EventReader& reader, const EventId& id, const std::string* room) const;

  conference::EventJournal& journal_;
  const NameOf name_of_;
  const std::shared_ptr<Hub> hub_;
  std::shared_ptr<void> subscription_;
};

}  // namespace tutti::api
