// EventHandlers: functions of this process that are told of events, by name.
//
// Each has a thread of its own and reads the journal at its own pace: a slow one delays nobody, and misses
// nothing that the journal still holds.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "signaling/conference/event_reader.h"

namespace tutti::conference {

// Thread: the handler's own; one call at a time, in order of each conference. Neither may throw: it ends the
// process.
struct EventHandler {
  std::function<void(const ConferenceEvent& event)> on_event;
  // So many events are gone, because the handler was too slow; 0 = nobody knows how many. May be null.
  std::function<void(std::uint64_t lost)> on_gap;
};

class EventHandlers {
 public:
  // `journal` outlives it.
  explicit EventHandlers(EventJournal& journal);
  // Removes all. Thread: any but a handler's.
  ~EventHandlers();
  EventHandlers(const EventHandlers&) = delete;
  EventHandlers& operator=(const EventHandlers&) = delete;

  // Tells the handler what comes from now on. False where there is one of that name. Thread: any.
  bool add(const std::string& name, EventHandler handler, EventFilter filter = {});
  // No call begins after it and none is under way; called from a handler it does not wait for one that is.
  // False where there is none of that name. Thread: any.
  bool remove(const std::string& name);
  std::vector<std::string> names() const;

 private:
  class Runner;
  std::vector<std::unique_ptr<Runner>> take_removed();

  EventJournal& journal_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Runner>> runners_;
  std::vector<std::unique_ptr<Runner>> removed_;  // whose threads are to be joined
};

}  // namespace tutti::conference
