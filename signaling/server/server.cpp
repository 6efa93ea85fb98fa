#include "signaling/server/server.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "signaling/server/descriptors.h"
#include "signaling/server/dpdk_keys.h"
#include "signaling/server/heap.h"
#include "signaling/server/http_token.h"
#include "signaling/server/module_configs.h"
#include "signaling/server/start_pages.h"

namespace tutti::server {
namespace {

using base::Result;

template <typename... Arguments>
base::unexpected<StartError> cannot(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
  return base::unexpected(StartError{fmt::format(form, std::forward<Arguments>(arguments)...)});
}

Result<CpuSet, StartError> choose_cpus(const CpuSet& wanted) {
  const CpuSet allowed = allowed_cpus();
  if (wanted.empty()) return default_media_cpus(allowed);
  for (const int cpu : wanted) {
    if (std::binary_search(allowed.begin(), allowed.end(), cpu)) continue;
    return cannot("CPU {} is not one that this process may use ({}): choose others with --cores", cpu,
                  to_string(allowed));
  }
  return wanted;
}

Result<void, StartError> check_descriptors(std::uint64_t limit) {
  if (calls_that_fit(limit) > 0) return {};
  return cannot("{} file descriptors are not enough, {} are the least: raise the limit (ulimit -n)", limit,
                kDescriptorsLeast);
}

// How many participants a core can have: what is configured, or less where descriptors are fewer.
std::uint32_t participants_that_fit(const Configuration& configuration, std::size_t cores,
                                    std::uint64_t limit) {
  if (configuration.cores.backend == "dpdk") return configuration.cores.participants_per_core;
  const std::uint64_t fit = calls_that_fit(limit);
  const std::uint64_t configured = calls_configured(configuration, cores);
  if (fit < configured) {
    log::warning(
        fmt::format("{} file descriptors are enough for {} calls at a time, of the {} that ports and cores "
                    "have room for: raise the limit (ulimit -n)",
                    limit, fit, configured));
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(fit, configuration.cores.participants_per_core));
}

}  // namespace

Server::Server(const Configuration& configuration, std::uint64_t descriptors, std::string version,
               ReadConfiguration again)
    : started_at_(base::monotonic_now()),
      descriptors_(descriptors),
      version_(std::move(version)),
      read_again_(std::move(again)),
      running_(configuration) {
  if (const auto addresses = media_addresses(configuration); !addresses.empty()) facts_.media = addresses[0];
  facts_.rtp_port_low = configuration.media.rtp_port_low;
  facts_.rtp_port_high = configuration.media.rtp_port_high;
  facts_.backend = configuration.cores.backend;
  facts_.pid = getpid();
}

// The members' own order of dying is the order to stop in; only the timers, which use all, go first.
Server::~Server() {
  status_timer_.cancel();
  poll_timer_.cancel();
}

Result<std::unique_ptr<Server>, StartError> Server::start(const Configuration& configuration,
                                                          std::string version, ReadConfiguration again) {
  log::set_format(configuration.log.format);
  log::set_level(configuration.log.level);
  // First of all, for the server's own event loop wants some, too.
  const std::uint64_t descriptors = raise_descriptor_limit();
  if (auto enough = check_descriptors(descriptors); !enough) return base::unexpected(enough.error());
  std::unique_ptr<Server> server(
      new Server(configuration, descriptors, std::move(version), std::move(again)));
  for (const auto step : {&Server::start_media, &Server::start_sip, &Server::start_http}) {
    if (auto done = (server.get()->*step)(configuration); !done)
      return base::unexpected(std::move(done.error()));
  }
  give_back_start_pages();
  return server;
}

Result<void, StartError> Server::start_media(const Configuration& configuration) {
  const auto cpus = choose_cpus(configuration.cores.cpus);
  if (!cpus) return base::unexpected(cpus.error());
  facts_.media_cpus = *cpus;
  facts_.control_cpus = control_cpus(allowed_cpus(), *cpus);
  Configuration bounded = configuration;
  bounded.cores.participants_per_core = participants_that_fit(configuration, cpus->size(), descriptors_);
  auto media = MediaHost::start(bounded, *cpus);
  if (!media) return base::unexpected(std::move(media.error()));
  media_ = std::move(*media);
  facts_.realtime = media_->realtime();
  // Threads made from now on, HTTP's and the signals', stay off the media CPUs as well.
  set_thread_affinity(facts_.control_cpus);
  give_back_free_memory();
  log_writer_ = std::make_unique<log::Writer>();
  return {};
}

Result<void, StartError> Server::start_sip(const Configuration& configuration) {
  conference::FocusConfig config = focus_config(configuration);
  if (const auto fault = conference::find_fault(config)) return cannot("{}", *fault);
  events_ = std::make_unique<EventPlane>(configuration);
  focus_ = std::make_unique<conference::Focus>(*media_, std::move(config), events_.get());
  sip::UserAgentConfig user_agent_settings = user_agent_config(configuration);
  user_agent_settings.limits.connections = sip_connections_that_fit(descriptors_);
  auto user_agent = sip::UserAgent::start(loop_, std::move(user_agent_settings), *focus_);
  if (!user_agent) {
    return cannot("SIP cannot listen on {}: {}", base::to_string(configuration.sip.listen),
                  user_agent.error().message);
  }
  user_agent_ = std::move(*user_agent);
  focus_->connect(*user_agent_, user_agent_->counters());
  facts_.sip = user_agent_->bound().front();
  // A free port that the kernel gave may be one of the calls'.
  Configuration as_bound = configuration;
  as_bound.sip.listen = facts_.sip;
  if (const auto fault = find_dpdk_fault(as_bound)) return cannot("{}", fault->text);
  poll_timer_ = loop_.every(conference::Focus::kPollPeriod, [this] {
    const base::Instant now = base::monotonic_now();
    focus_->poll(now);
    tell_refusals(now);
    if (reload_ && reload_->opening.done()) end_reload();
  });
  return {};
}

Result<void, StartError> Server::start_http(const Configuration& configuration) {
  if (!configuration.http.listen.valid()) return {};
  auto token = http_token(configuration);
  if (!token) return cannot("{}", token.error());
  api::ApiSources sources;
  sources.control = &focus_->control();
  sources.default_settings = [this] { return running_.rooms.settings; };
  sources.status.health = [this] {
    const auto uptime = base::monotonic_now() - started_at_;
    return api::Health{draining_, std::chrono::duration_cast<std::chrono::seconds>(uptime),
                       running_.rooms.dial_out};
  };
  sources.status.ledger = [this] { return focus_->ledger(); };
  sources.status.cores = [this] { return cores(); };
  sources.status.webhooks = [this] { return events_->webhooks(); };
  sources.metrics = [this] { return tell_metrics(); };
  sources.reload = [this](auto done) { begin_reload(std::move(done)); };
  api::Router router = api::make_router(std::move(sources));
  events_->add_routes(router, [this](const std::string& room) {
    const auto found = focus_->control().find_conference(room);
    return found ? found->name : room;
  });
  auto http = api::HttpServer::start(
      configuration.http.listen, std::move(router),
      [this](std::function<void()> task) { loop_.post(std::move(task)); },
      http_limits(configuration, std::move(*token)));
  if (!http) {
    return cannot("HTTP cannot listen on {}: {}", base::to_string(configuration.http.listen),
                  http.error().message());
  }
  http_ = std::move(*http);
  facts_.http = http_->bound();
  return {};
}

std::string Server::tell_metrics() const {
  MetricsSources sources;
  sources.version = version_;
  sources.now = base::monotonic_now();
  sources.draining = draining_;
  sources.cores = media_->cores();
  sources.cpus = facts_.media_cpus;
  sources.card = media_->card();
  sources.ledger = focus_->ledger();
  sources.rooms = focus_->conferences();
  sources.refused_for_load = focus_->refused_for_load();
  sources.messages_kept_out = sip::UserAgent::messages_kept_out();
  sources.sip = &user_agent_->counters();
  sources.http = http_ ? &http_->counters() : nullptr;
  sources.journal = &events_->journal().counters();
  sources.streams = events_->streams();
  sources.webhooks = events_->webhooks();
  sources.webhook_events_abandoned = events_->abandoned_by_webhooks();
  sources.records = events_->records();
  sources.reloads = reloads_;
  sources.process = read_process_facts();
  return metrics(sources);
}

std::vector<api::CoreStatus> Server::cores() const {
  std::vector<api::CoreStatus> all;
  const auto doors = media_->cores();
  for (std::size_t i = 0; i < doors.size(); ++i) {
    const mailbox::CoreCounters& counters = *doors[i].counters;
    api::CoreStatus& core = all.emplace_back();
    core.cpu = facts_.media_cpus[i];
    core.packets_received = counters.packets_received.value();
    core.packets_sent = counters.packets_sent.value();
    core.drops = counters.drops.total();
    core.ticks = counters.ticks.value();
    core.late_ticks = counters.late_ticks.value();
    core.load_permille = counters.load_permille.value();
    core.used_p99_permille = counters.used_p99_permille.value();
    core.tick_time_us_p99 = base::percentile(counters.tick_time_us, 990);
    core.lateness_us_p99 = base::percentile(counters.lateness_us, 990);
    core.participants = counters.participants.value();
    core.conferences = counters.conferences.value();
    core.peer_ticks_mixed = counters.peer_ticks_mixed.value();
    core.peer_ticks_missed = counters.peer_ticks_missed.value();
  }
  return all;
}

StatusSample Server::sample() const {
  StatusSample sample;
  sample.taken = base::monotonic_now();
  const conference::Ledger ledger = focus_->ledger();
  sample.calls = ledger.participants;
  sample.rooms = ledger.rooms;
  sample.refused = focus_->refused_for_load();
  for (const api::CoreStatus& core : cores()) {
    sample.packets_received += core.packets_received;
    sample.packets_sent += core.packets_sent;
    sample.drops += core.drops;
    sample.late_ticks += core.late_ticks;
    sample.load_permille.push_back(core.load_permille);
  }
  return sample;
}

// At once, and then at most every kRefusalsToldEvery: under a flood the log must not be the next to suffer.
void Server::tell_refusals(base::Instant now) {
  const std::uint64_t refused = focus_->refused_for_load();
  if (refused == refusals_told_ || now < tell_refusals_at_) return;
  std::string used;
  for (const api::CoreStatus& core : cores()) {
    used += fmt::format("{}CPU {}: {} calls use {:.0f} %", used.empty() ? "" : ", ", core.cpu,
                        core.participants, static_cast<double>(core.used_p99_permille) / 10);
  }
  log::warning(fmt::format("{} calls refused for want of headroom ({})", refused - refusals_told_, used));
  refusals_told_ = refused;
  tell_refusals_at_ = now + kRefusalsToldEvery;
}

void Server::watch(std::function<void(const std::string&)> show) {
  status_timer_ =
      loop_.every(std::chrono::seconds(1), [this, show = std::move(show), before = sample()]() mutable {
        StatusSample now = sample();
        show(status_text(before, now, facts_.media_cpus));
        before = std::move(now);
      });
}

void Server::run() {
  loop_.run();
  focus_->conclude();
  if (!events_->finish(kRecordsTime)) log::error("not all call records could be written");
}

void Server::drain() {
  loop_.post([this] { begin_drain(); });
}

void Server::reload() {
  loop_.post([this] { begin_reload([](const auto&) {}); });
}

void Server::end() {
  loop_.stop();
}

void Server::begin_drain() {
  if (draining_) return;
  draining_ = true;
  log::info(fmt::format("draining {} calls", focus_->ledger().participants));
  user_agent_->refuse_new_calls();
  focus_->drain(base::monotonic_now() + kDrainTime, [this](const conference::Ledger& left) {
    if (!left.zero()) {
      log::warning(fmt::format(
          "gave up after {} s on {} dialogs, {} participants, {} ports, {} streams, {} rooms",
          kDrainTime.count(), left.dialogs, left.participants, left.ports, left.streams, left.rooms));
    }
    loop_.stop();
  });
}

}  // namespace tutti::server
