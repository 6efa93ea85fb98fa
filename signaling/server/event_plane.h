// EventPlane: where the conferences' events go: into the journal for whoever reads it, and into call records.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "signaling/api/event_streams.h"
#include "signaling/api/webhooks.h"
#include "signaling/conference/event_handlers.h"
#include "signaling/conference/event_journal.h"
#include "signaling/records/call_records.h"
#include "signaling/server/configuration.h"
#include "signaling/server/metrics.h"
#include "signaling/server/records_opening.h"

namespace tutti::server {

class EventPlane final : public conference::EventSink {
 public:
  // Starts its threads: off the media CPUs where the calling one is.
  explicit EventPlane(const Configuration& configuration);

  void emit(conference::ConferenceEvent event) override;

  // Its readers. Thread: any.
  conference::EventJournal& journal() { return journal_; }
  conference::EventHandlers& handlers() { return handlers_; }
  // `name_of` as EventStreams has it; once.
  void add_routes(api::Router& router, api::EventStreams::NameOf name_of);

  // None before add_routes().
  StreamCounts streams() const;
  // Thread: any, as the next.
  std::vector<api::WebhookStatus> webhooks() const { return webhooks_.status(); }
  // Of webhooks that a reload ended.
  std::uint64_t abandoned_by_webhooks() const { return webhooks_.abandoned(); }
  // Null: none are kept, and none were.
  const records::CallRecords* records() const;

  // Takes what is other in `now` than in `before`: webhooks, the journal's bounds, call records into
  // `opened`, which are the files that are others. Thread: the control thread's. Errors: why nothing has
  // changed.
  base::Result<void, std::string> reconfigure(const Configuration& before, const Configuration& now,
                                              OpenedRecords opened);

  // Opens the files of call records again: whoever moved them wants so. Thread: any.
  void reopen_files();
  // Writes what is left of call records, and lets webhooks deliver what they can. False where not all records
  // could be written within the time.
  bool finish(std::chrono::milliseconds patience);

 private:
  conference::EventJournal journal_;
  conference::EventHandlers handlers_;
  std::unique_ptr<api::EventStreams> streams_;
  api::Webhooks webhooks_;
  records::CallRecords records_;
};

}  // namespace tutti::server
