#include "signaling/server/event_plane.h"

#include <system_error>
#include <utility>
#include <vector>

#include "signaling/server/log.h"

namespace tutti::server {
namespace {

// For those that are well, at the end.
constexpr std::chrono::milliseconds kWebhookTime{1'000};

void warn(const std::string& sentence) {
  log::warning(sentence);
}

conference::JournalLimits journal_limits(const Configuration& configuration) {
  conference::JournalLimits limits;
  limits.events = configuration.events.journal;
  limits.bytes = std::size_t{configuration.events.journal_mb} * 1024 * 1024;
  limits.kept = std::chrono::seconds(configuration.events.keep_s);
  return limits;
}

std::vector<api::WebhookConfig> webhook_configs(const Configuration& configuration) {
  std::vector<api::WebhookConfig> all;
  for (const Configuration::Webhook& hook : configuration.webhook) {
    // The configuration took only what is a URL.
    all.push_back({*api::parse_webhook_url(hook.url), {hook.rooms, hook.events}, hook.secret, hook.ca_file});
  }
  return all;
}

std::vector<std::unique_ptr<records::RecordSink>> record_sinks(const Configuration::Records& wanted) {
  std::vector<std::unique_ptr<records::RecordSink>> sinks;
  if (!wanted.file.empty()) sinks.push_back(records::make_line_file(wanted.file));
  if (!wanted.sqlite.empty()) sinks.push_back(records::make_database(wanted.sqlite));
  return sinks;
}

records::RecordsConfig records_config(const Configuration::Records& wanted) {
  records::RecordsConfig config;
  config.flush_every = std::chrono::milliseconds(wanted.flush_ms);
  return config;
}

}  // namespace

EventPlane::EventPlane(const Configuration& configuration)
    : journal_(journal_limits(configuration)),
      handlers_(journal_),
      webhooks_(journal_, webhook_configs(configuration), {}, &warn),
      records_(record_sinks(configuration.records), records_config(configuration.records), &warn) {}

void EventPlane::emit(conference::ConferenceEvent event) {
  records_.emit(event);
  journal_.emit(std::move(event));
}

void EventPlane::add_routes(api::Router& router, api::EventStreams::NameOf name_of) {
  streams_ = std::make_unique<api::EventStreams>(journal_, std::move(name_of));
  streams_->add_routes(router);
}

StreamCounts EventPlane::streams() const {
  if (!streams_) return {};
  return {streams_->open(), streams_->counters().overtaken.value()};
}

const records::CallRecords* EventPlane::records() const {
  return records_.sinks().empty() && records_.counters().taken.value() == 0 ? nullptr : &records_;
}

base::Result<void, std::string> EventPlane::reconfigure(const Configuration& before, const Configuration& now,
                                                        OpenedRecords opened) {
  if (before.webhook != now.webhook) {
    try {
      webhooks_.replace(webhook_configs(now));
    } catch (const std::system_error& error) {
      return base::unexpected("there are no threads for more webhooks: " + error.code().message());
    }
  }
  if (before.events != now.events) journal_.set_limits(journal_limits(now));
  for (auto& [name, sink] : opened) records_.change(name, std::move(sink));
  records_.set_flush_every(records_config(now.records).flush_every);
  return {};
}

void EventPlane::reopen_files() {
  records_.reopen();
}

bool EventPlane::finish(std::chrono::milliseconds patience) {
  const bool written = records_.finish(patience);
  journal_.settle();
  webhooks_.settle(kWebhookTime);
  return written;
}

}  // namespace tutti::server
