#include "signaling/server/metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "signaling/api/metrics_text.h"
#include "signaling/server/card_metrics.h"
#include "signaling/server/log.h"

namespace tutti::server {
namespace {

using api::MetricsText;

// What all participants say of what they receive, as their cores reported last.
struct Receptions {
  std::uint64_t talkers = 0;
  std::vector<double> jitter_s;
  std::vector<double> loss;  // of the last seconds, 0 to 1
};

Receptions look_at(const MetricsSources& sources) {
  constexpr std::chrono::seconds kFresh{1};  // written 5 times a second: what is older has left
  Receptions all;
  for (const conference::CoreDoor& core : sources.cores) {
    if (core.reports == nullptr) continue;
    std::int64_t missing = core.counters->participants.value();
    for (std::uint32_t slot = 0; slot < core.capacity.participants && missing > 0; ++slot) {
      const auto report = core.reports->look(slot);
      if (!report || sources.now - report->at > kFresh) continue;
      --missing;
      all.talkers += report->talking ? 1 : 0;
      if (!report->has_source) continue;
      all.jitter_s.push_back(report->jitter_us * 1e-6);
      all.loss.push_back(report->recent_loss_x65536 / 65'536.0);
    }
  }
  return all;
}

void tell_spread(MetricsText& text, std::string_view name, std::string_view help,
                 std::vector<double> values) {
  text.family(name, "gauge", help);
  std::sort(values.begin(), values.end());
  const std::pair<std::string_view, std::size_t> places[] = {
      {"median", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};
  for (const auto& [place, percent] : places) {
    const std::size_t at = values.empty() ? 0 : (values.size() - 1) * percent / 100;
    text.sample(values.empty() ? 0.0 : values[at], {{"of", place}});
  }
}

void tell_process(MetricsText& text, const MetricsSources& sources) {
  text.family("tutti_build_info", "gauge", "What runs; always 1.");
  text.sample(std::uint64_t{1}, {{"version", sources.version}});
  text.family("process_start_time_seconds", "gauge", "Start of the process since the unix epoch in seconds.");
  text.sample(sources.process.started_at);
  text.family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
  text.sample(sources.process.resident_bytes);
  text.family("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.");
  text.sample(sources.process.virtual_bytes);
  text.family("process_open_fds", "gauge", "Number of open file descriptors.");
  text.sample(sources.process.descriptors);
  text.family("process_max_fds", "gauge", "Maximum number of open file descriptors.");
  text.sample(sources.process.descriptors_max);
  text.family("process_cpu_seconds_total", "counter", "Total user and system CPU time in seconds.");
  text.sample(sources.process.cpu_seconds);
}

void tell_calls(MetricsText& text, const MetricsSources& sources) {
  const conference::Ledger& ledger = sources.ledger;
  text.family("tutti_draining", "gauge", "1 while no new call is taken because the server ends.");
  text.sample(std::uint64_t{sources.draining ? 1U : 0U});
  text.family("tutti_calls", "gauge", "SIP dialogs, from INVITE until the last BYE is answered.");
  text.sample(std::uint64_t{ledger.dialogs});
  text.family("tutti_rooms", "gauge", "Rooms that exist, permanent ones too.");
  text.sample(std::uint64_t{sources.rooms});
  text.family("tutti_participants", "gauge", "Participants, joining and leaving ones too.");
  text.sample(std::uint64_t{ledger.participants});
  text.family("tutti_ledger", "gauge",
              "What is held now; all zero when nobody is in a call, or something leaks.");
  text.sample(std::uint64_t{ledger.dialogs}, {{"of", "dialogs"}});
  text.sample(std::uint64_t{ledger.participants}, {{"of", "participants"}});
  text.sample(std::uint64_t{ledger.ports}, {{"of", "ports"}});
  text.sample(std::uint64_t{ledger.streams}, {{"of", "streams"}});
  text.sample(std::uint64_t{ledger.rooms}, {{"of", "rooms"}});

  const Receptions receptions = look_at(sources);
  text.family("tutti_talkers", "gauge", "Participants who talk now.");
  text.sample(receptions.talkers);
  tell_spread(text, "tutti_participant_jitter_seconds",
              "Interarrival jitter (RFC 3550) of those who send, over all of them.", receptions.jitter_s);
  tell_spread(text, "tutti_participant_loss_ratio",
              "Share of packets lost in the last seconds of those who send, over all of them.",
              receptions.loss);
}

void tell_statuses(MetricsText& text, const base::StatusCounters& counters) {
  for (int status = base::StatusCounters::kFirst; status <= base::StatusCounters::kLast; ++status) {
    if (const std::uint64_t value = counters.value(status))
      text.sample(value, {{"status", std::to_string(status)}});
  }
}

void tell_methods(MetricsText& text, const std::array<base::Counter, sip::kMethodCount>& counters) {
  for (std::size_t i = 0; i < sip::kMethodCount; ++i) {
    text.sample(counters[i].value(), {{"method", sip::to_string(static_cast<sip::Method>(i))}});
  }
}

void tell_sip(MetricsText& text, const MetricsSources& sources) {
  const sip::SipCounters& sip = *sources.sip;
  text.family("tutti_sip_requests_received_total", "counter",
              "SIP requests taken, retransmissions not counted.");
  tell_methods(text, sip.requests_received);
  text.family("tutti_sip_requests_sent_total", "counter", "SIP requests sent, retransmissions not counted.");
  tell_methods(text, sip.requests_sent);
  text.family("tutti_sip_responses_sent_total", "counter", "SIP responses sent, by status.");
  tell_statuses(text, sip.responses_sent);
  text.family("tutti_sip_responses_received_total", "counter", "SIP responses taken, by status.");
  tell_statuses(text, sip.responses_received);
  text.family("tutti_sip_pending_invites", "gauge", "INVITEs without a final answer or its ACK.");
  text.sample(sip.pending_invites.value());
  text.family("tutti_sip_shed_total", "counter",
              "INVITEs answered 503 at once: too many pending, draining or overloaded.");
  text.sample(sip.shed.value());
  text.family("tutti_sip_shed_stateless_total", "counter",
              "Of the shed ones, those in a flood, of which nothing was kept.");
  text.sample(sip.shed_stateless.value());
  text.family("tutti_sip_connections", "gauge", "TCP connections that others have opened to SIP.");
  text.sample(sip.connections.value());
  text.family("tutti_sip_connections_refused_total", "counter", "TCP connections closed at once.");
  text.sample(sip.refused_connections.value(), {{"reason", "connections"}});
  text.sample(sip.refused_address.value(), {{"reason", "address"}});
  text.family("tutti_sip_messages_kept_out_total", "counter",
              "SIP messages thrown away: too long, malformed, or too many of one call.");
  text.sample(sources.messages_kept_out);
  text.family("tutti_refused_for_load_total", "counter",
              "Calls refused because no core had room and headroom.");
  text.sample(sources.refused_for_load);
}

class CoreFamilies {
 public:
  CoreFamilies(MetricsText& text, const MetricsSources& sources) : text_(text), sources_(sources) {
    for (const int cpu : sources.cpus) cpus_.push_back(std::to_string(cpu));
  }

  // `tell(counters, cpu, door)` writes the core's samples.
  template <typename Tell>
  void family(std::string_view name, std::string_view type, std::string_view help, Tell tell) {
    text_.family(name, type, help);
    for (std::size_t i = 0; i < sources_.cores.size(); ++i) {
      tell(*sources_.cores[i].counters, std::string_view(cpus_[i]), sources_.cores[i]);
    }
  }
  void counter(std::string_view name, std::string_view help, base::Counter mailbox::CoreCounters::*member) {
    family(name, "counter", help, [&](const auto& counters, auto cpu, const auto&) {
      text_.sample((counters.*member).value(), {{"cpu", cpu}});
    });
  }
  void gauge(std::string_view name, std::string_view help, base::Gauge mailbox::CoreCounters::*member,
             double scale) {
    family(name, "gauge", help, [&](const auto& counters, auto cpu, const auto&) {
      text_.sample(static_cast<double>((counters.*member).value()) * scale, {{"cpu", cpu}});
    });
  }

 private:
  MetricsText& text_;
  const MetricsSources& sources_;
  std::vector<std::string> cpus_;
};

void tell_cores(MetricsText& text, const MetricsSources& sources) {
  using Counters = mailbox::CoreCounters;
  CoreFamilies cores(text, sources);
  cores.counter("tutti_packets_received_total", "RTP and RTCP packets, before any check.",
                &Counters::packets_received);
  cores.counter("tutti_packets_sent_total", "RTP and RTCP packets.", &Counters::packets_sent);
  cores.counter("tutti_received_bytes_total", "Bytes of RTP and RTCP, without headers below.",
                &Counters::bytes_received);
  cores.counter("tutti_sent_bytes_total", "Bytes of RTP and RTCP, without headers below.",
                &Counters::bytes_sent);
  cores.family("tutti_packets_dropped_total", "counter", "Packets that were not used, by reason.",
               [&](const Counters& counters, auto cpu, const auto&) {
                 for (std::size_t i = 0; i < base::kDropReasons; ++i) {
                   const auto reason = static_cast<base::DropReason>(i);
                   text.sample(counters.drops.value(reason), {{"cpu", cpu}, {"reason", to_string(reason)}});
                 }
               });
  cores.counter("tutti_ticks_total", "Conference ticks done, of 20 ms each.", &Counters::ticks);
  cores.counter("tutti_late_ticks_total",
                "Ticks whose last packet left more than 5 ms after it was due, or never.",
                &Counters::late_ticks);
  cores.counter("tutti_ticks_moved_total", "Conferences that went to another sub-slot, after their talkers.",
                &Counters::ticks_moved);
  cores.counter("tutti_frames_mixed_total", "Frames of participants that went into a mix.",
                &Counters::frames_mixed);
  cores.counter("tutti_frames_concealed_total", "Frames made up for packets that did not come in time.",
                &Counters::frames_concealed);
  cores.counter("tutti_peer_ticks_mixed_total", "Ticks of other shares of a room that were heard here.",
                &Counters::peer_ticks_mixed);
  cores.counter("tutti_peer_ticks_missed_total",
                "Ticks of other shares of a room that were not there in time.", &Counters::peer_ticks_missed);
  cores.gauge("tutti_core_participants", "Participants attached.", &Counters::participants, 1);
  cores.gauge("tutti_core_conferences", "Shares of rooms that are open.", &Counters::conferences, 1);
  cores.gauge("tutti_core_load_ratio", "Share of the last second that was work.", &Counters::load_permille,
              1e-3);
  cores.family(
      "tutti_core_headroom_ratio", "gauge", "What 99 of 100 ticks of the last seconds left of their time.",
      [&](const Counters& counters, auto cpu, const auto&) {
        text.sample(1.0 - static_cast<double>(counters.used_p99_permille.value()) * 1e-3, {{"cpu", cpu}});
      });
  cores.family(
      "tutti_core_queue_depth", "gauge",
      "Commands that wait for the core, and events that wait for signaling.",
      [&](const Counters&, auto cpu, const conference::CoreDoor& door) {
        text.sample(std::uint64_t{door.mailbox->commands_waiting()}, {{"cpu", cpu}, {"queue", "commands"}});
        text.sample(std::uint64_t{door.mailbox->events_waiting()}, {{"cpu", cpu}, {"queue", "events"}});
      });
  cores.family("tutti_tick_time_seconds", "histogram", "Work of a whole tick, of its 20 ms.",
               [&](const Counters& counters, auto cpu, const auto&) {
                 text.histogram_us(counters.tick_time_us, {{"cpu", cpu}});
               });
  cores.family("tutti_tick_lateness_seconds", "histogram",
               "From when a sub-slot was due until its last packet left.",
               [&](const Counters& counters, auto cpu, const auto&) {
                 text.histogram_us(counters.lateness_us, {{"cpu", cpu}});
               });
}

void tell_http(MetricsText& text, const api::HttpCounters& http) {
  text.family("tutti_http_requests_total", "counter", "HTTP requests that came in whole.");
  text.sample(http.requests.value());
  text.family("tutti_http_responses_total", "counter", "HTTP responses, by status.");
  tell_statuses(text, http.answers);
  text.family("tutti_http_refused_total", "counter", "What was refused before it was looked at.");
  text.sample(http.refused_rate.value(), {{"reason", "rate"}});
  text.sample(http.refused_token.value(), {{"reason", "token"}});
  text.sample(http.refused_connections.value(), {{"reason", "connections"}});
  text.sample(http.refused_address.value(), {{"reason", "address"}});
  text.family("tutti_http_connections_total", "counter", "Connections taken.");
  text.sample(http.connections.value());
  text.family("tutti_http_connections", "gauge", "Connections open now.");
  text.sample(http.open_connections.value());
}

void tell_events(MetricsText& text, const MetricsSources& sources) {
  const conference::JournalCounters& journal = *sources.journal;
  text.family("tutti_events_total", "counter", "Events of conferences.");
  text.sample(journal.emitted.value());
  text.family("tutti_events_lost_total", "counter", "Events that the journal had no room for.");
  text.sample(journal.lost.value());
  text.family("tutti_journal_events", "gauge", "Events that readers can still have.");
  text.sample(journal.events.value());
  text.family("tutti_journal_bytes", "gauge", "Memory of these.");
  text.sample(journal.bytes.value());
  text.family("tutti_event_streams", "gauge", "Streams of events that somebody reads.");
  text.sample(std::uint64_t{sources.streams.open});
  text.family("tutti_event_streams_overtaken_total", "counter", "Streams whose reader was too slow.");
  text.sample(sources.streams.overtaken);
}

// Which webhook: its number in the configuration, and where it goes.
class WebhookFamilies {
 public:
  WebhookFamilies(MetricsText& text, const MetricsSources& sources)
      : text_(text), webhooks_(sources.webhooks) {}

  // `tell(webhook, number)` writes one's samples.
  template <typename Tell>
  void family(std::string_view name, std::string_view type, std::string_view help, Tell tell) {
    text_.family(name, type, help);
    std::size_t number = 0;
    for (const api::WebhookStatus& webhook : webhooks_) tell(webhook, std::to_string(++number));
  }
  void plain(std::string_view name, std::string_view type, std::string_view help,
             std::uint64_t api::WebhookStatus::*member) {
    family(name, type, help, [&](const api::WebhookStatus& webhook, const std::string& number) {
      text_.sample(webhook.*member, {{"webhook", number}, {"receiver", webhook.receiver}});
    });
  }

 private:
  MetricsText& text_;
  const std::vector<api::WebhookStatus>& webhooks_;
};

void tell_webhooks(MetricsText& text, const MetricsSources& sources) {
  using Status = api::WebhookStatus;
  WebhookFamilies webhooks(text, sources);
  webhooks.plain("tutti_webhook_events_delivered_total", "counter", "Events that the receiver has taken.",
                 &Status::delivered);
  webhooks.plain("tutti_webhook_events_lost_total", "counter",
                 "Events that the journal had forgotten before the receiver took them.", &Status::lost);
  webhooks.plain("tutti_webhook_events_waiting", "gauge",
                 "Events behind the receiver's place in the journal.", &Status::waiting);
  webhooks.plain("tutti_webhook_posts_total", "counter", "POSTs, each try.", &Status::posts);
  webhooks.plain("tutti_webhook_posts_failed_total", "counter", "POSTs that were not taken.",
                 &Status::failures);
  webhooks.plain("tutti_webhook_posts_retried_total", "counter", "POSTs that were made again.",
                 &Status::retries);
  webhooks.family("tutti_webhook_failing", "gauge", "1 while the last POST was in vain.",
                  [&](const Status& webhook, const std::string& number) {
                    text.sample(std::uint64_t{webhook.tries_in_vain > 0 ? 1U : 0U},
                                {{"webhook", number}, {"receiver", webhook.receiver}});
                  });
}

void tell_records(MetricsText& text, const records::CallRecords& records) {
  using Sink = records::SinkCounters;
  text.family("tutti_call_records_total", "counter", "Records of stays and of rooms, when these were over.");
  text.sample(records.counters().taken.value());
  text.family("tutti_call_records_overrun_total", "counter",
              "Records that came faster than they can be taken, and are lost.");
  text.sample(records.counters().overrun.value());
  text.family("tutti_call_records_abandoned_total", "counter",
              "Records that could not be written when a reload took their file away, and are lost.");
  text.sample(records.counters().abandoned.value());
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto tell) {
    text.family(name, type, help);
    for (const auto& sink : records.sinks()) tell(*sink);
  };
  const auto counter = [&](std::string_view name, std::string_view help, base::Counter Sink::*member) {
    each(name, "counter", help, [&](const Sink& sink) {
      text.sample((sink.*member).value(), {{"sink", sink.name}});
    });
  };
  counter("tutti_call_records_written_total", "Records written: they outlive this process.", &Sink::written);
  counter("tutti_call_records_flushed_total",
          "Records synced: they outlive the host's power. Of a sync that failed none are.", &Sink::flushed);
  counter("tutti_call_records_lost_total", "Records for which there was no room to wait.", &Sink::lost);
  each("tutti_call_records_waiting", "gauge", "Records that could not be written yet.",
       [&](const Sink& sink) {
         text.sample(sink.waiting.value(), {{"sink", sink.name}});
       });
  each("tutti_call_records_errors_total", "counter", "Tries to write or sync that failed, by reason.",
       [&](const Sink& sink) {
         for (std::size_t i = 0; i < records::kRecordFaults; ++i) {
           const auto fault = static_cast<records::RecordFault>(i);
           text.sample(sink.errors[i].value(), {{"sink", sink.name}, {"reason", to_string(fault)}});
         }
       });
}

void tell_operation(MetricsText& text, const MetricsSources& sources) {
  text.family("tutti_config_reloads_total", "counter", "Reloads of the configuration, by what came of them.");
  text.sample(sources.reloads.done, {{"result", "done"}});
  text.sample(sources.reloads.failed, {{"result", "failed"}});
  const log::Counts lines = log::counts();
  text.family("tutti_log_lines_total", "counter", "Lines written to the log, by level.");
  text.sample(lines.errors, {{"level", "error"}});
  text.sample(lines.warnings, {{"level", "warning"}});
  text.sample(lines.infos, {{"level", "info"}});
  text.family("tutti_log_suppressed_total", "counter",
              "Lines that were not written because there were too many.");
  text.sample(lines.suppressed);
}

}  // namespace

std::string metrics(const MetricsSources& sources) {
  MetricsText text;
  tell_process(text, sources);
  tell_calls(text, sources);
  tell_cores(text, sources);
  if (sources.card) tell_card(text, *sources.card, sources.cpus);
  tell_sip(text, sources);
  if (sources.http != nullptr) tell_http(text, *sources.http);
  if (sources.journal != nullptr) tell_events(text, sources);
  if (!sources.webhooks.empty()) tell_webhooks(text, sources);
  text.family("tutti_webhook_events_abandoned_total", "counter",
              "Events that waited for a webhook that a reload took away, and did not reach it.");
  text.sample(sources.webhook_events_abandoned);
  if (sources.records != nullptr) tell_records(text, *sources.records);
  tell_operation(text, sources);
  return text.take();
}

}  // namespace tutti::server
