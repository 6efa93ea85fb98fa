// CallRecords: keeps a record of every stay and every conference: taken from the events, written by a thread
// of its own, off the event loop and the cores.
//
// A disk that is full or slow holds up nobody: records wait, bounded, and are written once it can be; what no
// longer fits is counted.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/counters.h"
#include "signaling/conference/event_sink.h"
#include "signaling/records/record_sink.h"

namespace tutti::records {

struct RecordsConfig {
  std::chrono::milliseconds flush_every{1'000};  // what a loss of power may cost
  std::chrono::milliseconds retry_every{1'000};  // after an error
  std::size_t waiting_max = 50'000;              // of each sink, some 40 MB; more are lost
};

// Thread: read by any, as the next.
struct RecordCounters {
  base::Counter taken;      // records
  base::Counter overrun;    // that came faster than the thread takes them, or too late; lost
  base::Counter abandoned;  // records that could not be written when their sink was taken away
};

// Of one sink, in records where nothing else is said.
struct SinkCounters {
  std::string_view name;
  base::Counter written;
  base::Counter flushed;  // outlive the host's power, too; not those of a flush that failed
  base::Counter lost;     // for want of room to wait in
  base::Gauge waiting;
  std::array<base::Counter, kRecordFaults> errors;  // of writing and flushing, each try; by RecordFault
};

class CallRecords final : public conference::EventSink {
 public:
  // Calls `tell`, by its own thread, with one sentence when a sink begins to fail, when it is well again, and
  // when one that was taken away left records unwritten. Without sinks none are kept.
  CallRecords(std::vector<std::unique_ptr<RecordSink>> sinks, RecordsConfig config,
              std::function<void(const std::string&)> tell);
  // As finish() with two seconds.
  ~CallRecords() override;

  // Thread: the event loop's.
  void emit(conference::ConferenceEvent event) override;

  // Another sink, or none, from now on for what this name was. What waits is written to the one before, as
  // far as it can be, then to the other. Returns at once. Thread: the event loop's, as the next.
  void change(std::string_view name, std::unique_ptr<RecordSink> sink);
  void set_flush_every(std::chrono::milliseconds period);
  // Has the sinks closed and opened again: whoever moved a file wants so. Thread: any.
  void reopen();
  // Writes and flushes all that was taken, and takes no more. False where not all could be written by then.
  // Thread: any.
  bool finish(std::chrono::milliseconds patience);

  const RecordCounters& counters() const;
  // Of each that there is, in the order of their coming.
  std::vector<std::shared_ptr<const SinkCounters>> sinks() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;  // the thread's too: one that hangs in a write is left behind
};

}  // namespace tutti::records
