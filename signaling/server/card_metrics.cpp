#include "signaling/server/card_metrics.h"

#include <algorithm>
#include <string>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"

namespace tutti::server {
namespace {

using api::MetricsText;

constexpr std::size_t kNameMax = 64;

void tell_queues(MetricsText& text, const CardFacts& card, const CpuSet& cpus) {
  using Counters = net::QueueCounters;
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto tell) {
    text.family(name, type, help);
    for (std::size_t i = 0; i < card.queues.size(); ++i) tell(card.queues[i], std::to_string(cpus[i]));
  };
  const auto counter = [&](std::string_view name, std::string_view help, base::Counter Counters::*member) {
    each(name, "counter", help, [&](const net::PacketBypass::Queue& queue, const std::string& cpu) {
      text.sample((queue.counters->*member).value(), {{"cpu", cpu}});
    });
  };
  counter("tutti_dpdk_polls_total", "Looks of a core at its receive queue.", &Counters::polls);
  counter("tutti_dpdk_empty_polls_total", "Looks that brought nothing.", &Counters::empty_polls);
  each("tutti_dpdk_burst_packets", "histogram", "Packets of a look that brought some.",
       [&](const net::PacketBypass::Queue& queue, const std::string& cpu) {
         text.histogram_of_bursts(queue.counters->bursts, {{"cpu", cpu}});
       });
  counter("tutti_dpdk_handed_over_total", "Packets that came on this core's queue and were another's.",
          &Counters::handed_over);
  counter("tutti_dpdk_taken_over_total", "Packets that came on another core's queue.", &Counters::taken_over);
  counter("tutti_dpdk_hand_over_full_total", "Packets lost between two cores.", &Counters::hand_over_full);
  counter("tutti_dpdk_exceptions_total", "Frames that are no media, to the slow path.",
          &Counters::exceptions);
  counter("tutti_dpdk_exceptions_lost_total", "Frames for which the slow path had no room.",
          &Counters::exceptions_lost);
  counter("tutti_dpdk_queue_full_total", "Times that the transmit queue had no room for all there was.",
          &Counters::queue_full);
  counter("tutti_dpdk_held_total", "Packets held until a neighbour has told its MAC address.",
          &Counters::held);
  counter("tutti_dpdk_no_next_hop_total", "Packets lost because the neighbour's MAC address was not known.",
          &Counters::no_next_hop);
  counter("tutti_dpdk_no_buffers_total", "Times that no buffer was free to write a packet into.",
          &Counters::no_buffers);
  each("tutti_dpdk_longest_sleep_seconds", "gauge",
       "What a core allows itself before it looks at its receive queue again.",
       [&](const net::PacketBypass::Queue& queue, const std::string& cpu) {
         text.sample(static_cast<double>(queue.counters->longest_sleep_ns.value()) * 1e-9, {{"cpu", cpu}});
       });
  each("tutti_dpdk_buffers", "gauge", "Packet buffers of a core.",
       [&](const net::PacketBypass::Queue& queue, const std::string& cpu) {
         text.sample(std::uint64_t{queue.receive_buffers}, {{"cpu", cpu}, {"queue", "receive"}});
         text.sample(std::uint64_t{queue.transmit_buffers}, {{"cpu", cpu}, {"queue", "transmit"}});
       });
  each("tutti_dpdk_buffers_free", "gauge", "Those that nobody has.",
       [&](const net::PacketBypass::Queue& queue, const std::string& cpu) {
         text.sample(std::uint64_t{queue.receive_buffers_free}, {{"cpu", cpu}, {"queue", "receive"}});
         text.sample(std::uint64_t{queue.transmit_buffers_free}, {{"cpu", cpu}, {"queue", "transmit"}});
       });
}

void tell_slow_path(MetricsText& text, const net::PacketBypass::SlowPath& slow_path) {
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help,
                          std::uint64_t value) {
    text.family(name, type, help);
    text.sample(value);
  };
  family("tutti_dpdk_link_up", "gauge", "1 while the card's link is up, looked at five times a second.",
         slow_path.link_up ? 1 : 0);
  family("tutti_dpdk_link_downs_total", "counter", "Times that the card's link went down.",
         slow_path.link_downs);
  family("tutti_dpdk_slow_path_sent_total", "counter", "Frames that the slow path sent.",
         slow_path.frames_sent);
  family("tutti_dpdk_slow_path_lost_total", "counter", "Frames for which it had no buffer or no room.",
         slow_path.frames_lost);
  family("tutti_dpdk_to_kernel_total", "counter", "Frames given to the kernel beside us.",
         slow_path.to_kernel);
  family("tutti_dpdk_from_kernel_total", "counter", "Frames that the kernel beside us sent.",
         slow_path.from_kernel);
  family("tutti_dpdk_slow_path_buffers", "gauge", "Packet buffers of the slow path.", slow_path.buffers);
  family("tutti_dpdk_slow_path_buffers_free", "gauge", "Those that nobody has.", slow_path.buffers_free);
}

void tell_host(MetricsText& text, const net::IpHost::Counters& host) {
  using Counters = net::IpHost::Counters;
  const auto counter = [&](std::string_view name, std::string_view help, base::Counter Counters::*member) {
    text.family(name, "counter", help);
    text.sample((host.*member).value());
  };
  counter("tutti_dpdk_host_frames_received_total", "Frames that are no media, looked at by the slow path.",
          &Counters::frames_received);
  counter("tutti_dpdk_host_frames_sent_total", "Answers and questions of ours.", &Counters::frames_sent);
  counter("tutti_dpdk_neighbours_answered_total", "ARP requests and neighbour solicitations answered.",
          &Counters::neighbours_answered);
  counter("tutti_dpdk_echoes_answered_total", "Pings answered.", &Counters::echoes_answered);
  counter("tutti_dpdk_probes_sent_total", "Questions of ours for neighbours.", &Counters::probes_sent);
  counter("tutti_dpdk_duplicate_addresses_total", "Times that another station had an address of ours.",
          &Counters::duplicates);
  counter("tutti_dpdk_icmp_errors_total", "ICMP errors about packets of ours.", &Counters::icmp_errors);
  counter("tutti_dpdk_router_advertisements_total", "Router advertisements, which are not followed.",
          &Counters::router_advertisements);
  counter("tutti_dpdk_group_reports_total", "Reports of ours of the IPv6 groups that we listen to (MLD).",
          &Counters::group_reports);
  text.family("tutti_dpdk_host_dropped_total", "counter", "Frames of the slow path not used, by reason.");
  for (std::size_t i = 0; i < base::kDropReasons; ++i) {
    const auto reason = static_cast<base::DropReason>(i);
    text.sample(host.drops.value(reason), {{"reason", to_string(reason)}});
  }
}

void tell_neighbours(MetricsText& text, const net::NeighbourTable::Counters& neighbours) {
  text.family("tutti_dpdk_neighbours", "gauge", "Neighbours that are known or asked for.");
  text.sample(neighbours.neighbours.value());
  text.family("tutti_dpdk_neighbour_changes_total", "counter", "What became of neighbours, by kind.");
  text.sample(neighbours.learned.value(), {{"kind", "learned"}});
  text.sample(neighbours.moved.value(), {{"kind", "moved"}});
  text.sample(neighbours.failed.value(), {{"kind", "failed"}});
  text.sample(neighbours.contested.value(), {{"kind", "contested"}});
  text.sample(neighbours.refused.value(), {{"kind", "refused"}});
}

void tell_device(MetricsText& text, const CardFacts& card) {
  text.family("tutti_dpdk_device", "untyped", "The driver's own counters, by its names.");
  std::size_t told = 0;
  for (const auto& [name, value] : card.device) {
    if (told == kDeviceCountersMax || !is_device_counter(name)) continue;
    text.sample(value, {{"counter", name}});
    ++told;
  }
}

}  // namespace

bool is_device_counter(std::string_view name) {
  if (name.empty() || name.size() > kNameMax) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!base::is_digit(c) && !base::is_letter(c) && c != '_') return false;
    // "rx_q0_packets"
    if (c == 'q' && i > 0 && name[i - 1] == '_' && i + 1 < name.size() && base::is_digit(name[i + 1]))
      return false;
  }
  return true;
}

void tell_card(MetricsText& text, const CardFacts& card, const CpuSet& cpus) {
  CHECK(card.queues.size() <= cpus.size());
  tell_queues(text, card, cpus);
  tell_slow_path(text, card.slow_path);
  if (card.host != nullptr) tell_host(text, *card.host);
  if (card.neighbours != nullptr) tell_neighbours(text, *card.neighbours);
  tell_device(text, card);
}

}  // namespace tutti::server
