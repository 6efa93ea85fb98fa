// Metrics: everything that is counted, as GET /metrics tells it; docs/grafana.json draws it.
//
// No label is of a participant, a room or anything else that a stranger names: what there is to a family is
// bounded by the cores, the reasons and the statuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "signaling/api/http_counters.h"
#include "signaling/api/webhook_status.h"
#include "signaling/conference/event_journal.h"
#include "signaling/conference/ledger.h"
#include "signaling/conference/media_plane.h"
#include "signaling/records/call_records.h"
#include "signaling/server/card_facts.h"
#include "signaling/server/cpu_set.h"
#include "signaling/server/process_facts.h"
#include "signaling/sip/sip_counters.h"

namespace tutti::server {

struct ReloadCounts {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
};

struct StreamCounts {
  std::size_t open = 0;
  std::uint64_t overtaken = 0;
};

struct MetricsSources {
  std::string version;
  base::Instant now;  // MonotonicClock's, as reports are stamped
  bool draining = false;
  std::span<const conference::CoreDoor> cores;
  CpuSet cpus;                    // of the cores, in their order
  std::optional<CardFacts> card;  // none where the kernel has it
  conference::Ledger ledger;
  std::size_t rooms = 0;
  std::uint64_t refused_for_load = 0;
  std::uint64_t messages_kept_out = 0;
  const sip::SipCounters* sip = nullptr;
  const api::HttpCounters* http = nullptr;  // null where HTTP is off
  const conference::JournalCounters* journal = nullptr;
  StreamCounts streams;
  std::vector<api::WebhookStatus> webhooks;  // in the order of the configuration
  std::uint64_t webhook_events_abandoned = 0;
  const records::CallRecords* records = nullptr;  // null where none are kept
  ReloadCounts reloads;
  ProcessFacts process;
};

std::string metrics(const MetricsSources& sources);

}  // namespace tutti::server
