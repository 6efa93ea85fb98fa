// CardMetrics: what GET /metrics tells of a card that DPDK drives.
#pragma once

#include <string_view>

#include "signaling/api/metrics_text.h"
#include "signaling/server/card_facts.h"
#include "signaling/server/cpu_set.h"

namespace tutti::server {

// The driver's own counters of which there is a sample: some drivers have hundreds.
inline constexpr std::size_t kDeviceCountersMax = 64;

// Whether a driver's name for a counter is one for a label, and not of one queue: those the cores count.
bool is_device_counter(std::string_view name);

// Shapes: a CPU for each queue.
void tell_card(api::MetricsText& text, const CardFacts& card, const CpuSet& cpus);

}  // namespace tutti::server
