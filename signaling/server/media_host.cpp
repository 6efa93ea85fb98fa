#include "signaling/server/media_host.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "signaling/server/huge_pages.h"
#include "signaling/server/log.h"
#include "signaling/server/module_configs.h"

namespace tutti::server {
namespace {

using base::Result;
using conference::MediaError;

// Commands and events that may wait at a core's door, which is emptied 400 times a second. More wait behind
// it, on both sides, in memory that is used only then: core_link.h and core::Outbox.
constexpr std::size_t kMailboxCapacity = 1'024;

core::Realtime to_realtime(Configuration::Realtime wish) {
  switch (wish) {
    case Configuration::Realtime::kOn:
      return core::Realtime::kOn;
    case Configuration::Realtime::kOff:
      return core::Realtime::kOff;
    case Configuration::Realtime::kAuto:
      break;
  }
  return core::Realtime::kAuto;
}

conference::MediaEndpoint to_media_endpoint(const net::Endpoint& endpoint) {
  return {endpoint.handles, endpoint.rtp, endpoint.rtcp};
}

}  // namespace

MediaHost::MediaHost(std::unique_ptr<MediaBackend> backend, const Configuration::Media& media,
                     std::size_t cores)
    : backend_(std::move(backend)),
      allocator_(backend_->factory(), {backend_->addresses(), media.rtp_port_low, media.rtp_port_high,
                                       static_cast<std::uint32_t>(cores)}) {}

MediaHost::~MediaHost() {
  backend_->stop();
}

Result<std::unique_ptr<MediaHost>, StartError> MediaHost::start(const Configuration& configuration,
                                                                const CpuSet& cpus) {
  if (cpus.size() > mailbox::kCoresMax) {
    return base::unexpected(StartError{fmt::format("media on {} CPUs: a server has at most {} cores for it",
                                                   cpus.size(), mailbox::kCoresMax)});
  }
  auto backend = make_media_backend(configuration, cpus.size());
  if (!backend) return base::unexpected(std::move(backend.error()));
  std::unique_ptr<MediaHost> host(new MediaHost(std::move(*backend), configuration.media, cpus.size()));
  if (auto tried = host->try_address(configuration.media); !tried) return base::unexpected(tried.error());
  host->rings_ = std::make_unique<core::RingDirectory>(static_cast<std::uint32_t>(cpus.size()),
                                                       configuration.cores.conferences_per_core);
  for (const int cpu : cpus) {
    if (auto started = host->start_core(configuration, cpu); !started)
      return base::unexpected(started.error());
  }
  host->backend_->start();
  return host;
}

// A wrong address shows at start, not at the first call.
Result<void, StartError> MediaHost::try_address(const Configuration::Media& media) {
  const auto endpoint = allocator_.open(true);
  if (!endpoint) {
    const std::string ip = base::ip_to_string(backend_->addresses()[0]);
    const std::string where =
        endpoint.error() == net::NetError::kNoPorts
            ? fmt::format("{}, ports {}-{}", ip, media.rtp_port_low, media.rtp_port_high)
            : ip;
    return base::unexpected(
        StartError{fmt::format("media cannot use {}: {}", where, to_string(endpoint.error()))});
  }
  allocator_.close(*endpoint);
  return {};
}

Result<void, StartError> MediaHost::start_core(const Configuration& configuration, int cpu) {
  auto port = backend_->make_port(cores_.size());
  if (!port) return base::unexpected(std::move(port.error()));
  core::CoreThread::Options options;
  options.cpu = cpu;
  options.realtime = to_realtime(configuration.cores.realtime);
  options.core.index = static_cast<std::uint32_t>(cores_.size());
  options.core.rings = rings_.get();
  options.core.capacity = {configuration.cores.participants_per_core,
                           configuration.cores.conferences_per_core};
  const mailbox::Listening wanted = listening(configuration);
  options.core.jitter_delay = std::chrono::milliseconds(wanted.jitter_ms);
  options.core.gate.threshold = wanted.gate_peak;
  options.core.clock = &base::monotonic_now;
  options.core.work_clock = &base::thread_cpu_time;
  Core core{std::make_unique<mailbox::Mailbox>(kMailboxCapacity), nullptr};
  auto thread = core::CoreThread::start(options, std::move(*port), *core.mailbox);
  if (!thread) {
    return base::unexpected(
        StartError{fmt::format("CPU {} cannot carry media: {}", cpu, core::to_string(thread.error()))});
  }
  core.thread = std::move(*thread);
  const std::string line = huge_page_line(cpu, core.thread->huge_pages(), reserved_huge_pages());
  if (!line.empty()) log::info(line);
  doors_.push_back(
      {core.mailbox.get(), &core.thread->counters(), options.core.capacity, &core.thread->reports()});
  cores_.push_back(std::move(core));
  return {};
}

Result<conference::MediaEndpoint, MediaError> MediaHost::open_endpoint(std::size_t core, bool with_rtcp,
                                                                       conference::PortRange within,
                                                                       const base::SocketAddress& remote) {
  const auto endpoint = allocator_.open(with_rtcp, core, {within.low, within.high}, remote);
  if (endpoint) return to_media_endpoint(*endpoint);
  switch (endpoint.error()) {
    case net::NetError::kNoPorts:
      return base::unexpected(MediaError::kNoPorts);
    case net::NetError::kNoDescriptors:
      return base::unexpected(MediaError::kNoDescriptors);
    default:
      return base::unexpected(MediaError::kOther);
  }
}

void MediaHost::close_endpoint(const conference::MediaEndpoint& endpoint) {
  allocator_.close({endpoint.handles, endpoint.rtp, endpoint.rtcp});
}

bool MediaHost::realtime() const {
  return std::all_of(cores_.begin(), cores_.end(), [](const Core& core) { return core.thread->realtime(); });
}

}  // namespace tutti::server
