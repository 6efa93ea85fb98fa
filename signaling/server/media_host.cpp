#include "signaling/server/media_host.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "dataplane/net/packet_sender.h"
#include "dataplane/net/udp_endpoint_factory.h"
#include "dataplane/net/uring_port.h"
#include "signaling/server/log.h"
#include "signaling/server/module_configs.h"

namespace tutti::server {
namespace {

using base::Result;
using conference::MediaError;

// Commands and events that may wait at a core's door, which is emptied 400 times a second. More wait behind
// it, on both sides, in memory that is used only then: core_link.h and core::Outbox.
constexpr std::size_t kMailboxCapacity = 1'024;

constexpr std::uint32_t kReceiveBuffers = 512;

net::PortLimits port_limits(std::uint32_t participants) {
  return {
      .endpoints = participants,
      // Of RTCP, and of RTP until its peer is known; connected RTP has the port's own. They wait for a turn
      // of 2.5 ms: 512 are 200 000 packets a second, as many as a core takes; more wait in their sockets.
      .receive_buffers = kReceiveBuffers,
      // A tick is spread over sub-slots; what does not fit is flushed in between, and a flush of 512 costs as
      // little a packet as one of more.
      .transmit_buffers = std::clamp(participants / 8, 256U, 512U),
  };
}

void warn_of_sockets(const Configuration& configuration, const char* wish, const char* verb,
                     net::NetError error) {
  log::warning(
      fmt::format("{} cannot be had at {}, RTP {} through sockets: {}", wish,
                  base::ip_to_string(configuration.media.address), verb,
                  error == net::NetError::kNotPermitted ? "it needs CAP_NET_RAW" : to_string(error)));
}

// None where RTP leaves through the sockets: by wish, or because frames cannot be sent, which is said.
std::unique_ptr<net::PacketSender> make_sender(const Configuration& configuration,
                                               std::uint32_t participants) {
  if (configuration.cores.tx != "packet") return nullptr;
  // RTP and RTCP have a flow each.
  auto sender = net::PacketSender::make(configuration.media.address, 2 * participants,
                                        port_limits(participants).transmit_buffers);
  if (sender) return std::move(*sender);
  warn_of_sockets(configuration, R"(tx = "packet")", "leaves", sender.error());
  return nullptr;
}

// One for each core, or none, as with the sender.
std::vector<std::unique_ptr<net::PacketReceiver>> make_receivers(const Configuration& configuration,
                                                                 std::size_t cores) {
  std::vector<std::unique_ptr<net::PacketReceiver>> receivers;
  if (configuration.cores.rx != "packet") return receivers;
  const auto& media = configuration.media;
  for (std::uint32_t lane = 0; lane < cores; ++lane) {
    auto receiver =
        net::PacketReceiver::make(net::PortLane::of(media.address, media.rtp_port_low, media.rtp_port_high,
                                                    lane, static_cast<std::uint32_t>(cores)),
                                  configuration.cores.participants_per_core);
    if (!receiver) {
      warn_of_sockets(configuration, R"(rx = "packet")", "comes", receiver.error());
      return {};
    }
    receivers.push_back(std::move(*receiver));
  }
  return receivers;
}

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

MediaHost::MediaHost(const Configuration::Media& media, std::size_t cores,
                     const std::vector<std::unique_ptr<net::PacketReceiver>>& receivers)
    : factory_(std::make_unique<net::UdpEndpointFactory>(
          receivers.empty() ? std::vector<sock_filter>() : net::socket_filter(receivers[0]->interface()))),
      allocator_(
          *factory_,
          {{media.address}, media.rtp_port_low, media.rtp_port_high, static_cast<std::uint32_t>(cores)}) {}

MediaHost::~MediaHost() = default;

Result<std::unique_ptr<MediaHost>, StartError> MediaHost::start(const Configuration& configuration,
                                                                const CpuSet& cpus) {
  if (cpus.size() > mailbox::kCoresMax) {
    return base::unexpected(StartError{fmt::format("media on {} CPUs: a server has at most {} cores for it",
                                                   cpus.size(), mailbox::kCoresMax)});
  }
  auto receivers = make_receivers(configuration, cpus.size());
  std::unique_ptr<MediaHost> host(new MediaHost(configuration.media, cpus.size(), receivers));
  if (auto tried = host->try_address(configuration.media); !tried) return base::unexpected(tried.error());
  host->rings_ = std::make_unique<core::RingDirectory>(static_cast<std::uint32_t>(cpus.size()),
                                                       configuration.cores.conferences_per_core);
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    auto receiver = receivers.empty() ? nullptr : std::move(receivers[i]);
    if (auto started = host->start_core(configuration, cpus[i], std::move(receiver)); !started)
      return base::unexpected(started.error());
  }
  return host;
}

// A wrong address shows at start, not at the first call.
Result<void, StartError> MediaHost::try_address(const Configuration::Media& media) {
  const auto endpoint = allocator_.open(true);
  if (!endpoint) {
    const std::string where = endpoint.error() == net::NetError::kNoPorts
                                  ? fmt::format("{}, ports {}-{}", base::ip_to_string(media.address),
                                                media.rtp_port_low, media.rtp_port_high)
                                  : base::ip_to_string(media.address);
    return base::unexpected(
        StartError{fmt::format("media cannot use {}: {}", where, to_string(endpoint.error()))});
  }
  allocator_.close(*endpoint);
  return {};
}

Result<void, StartError> MediaHost::start_core(const Configuration& configuration, int cpu,
                                               std::unique_ptr<net::PacketReceiver> receiver) {
  const std::uint32_t participants = configuration.cores.participants_per_core;
  auto port = net::UringPort::make(port_limits(participants),
                                   {make_sender(configuration, participants), std::move(receiver)});
  if (!port) {
    return base::unexpected(StartError{fmt::format("io_uring cannot be used: {}", to_string(port.error()))});
  }
  core::CoreThread::Options options;
  options.cpu = cpu;
  options.realtime = to_realtime(configuration.cores.realtime);
  options.core.index = static_cast<std::uint32_t>(cores_.size());
  options.core.rings = rings_.get();
  options.core.capacity = {participants, configuration.cores.conferences_per_core};
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
  doors_.push_back(
      {core.mailbox.get(), &core.thread->counters(), options.core.capacity, &core.thread->reports()});
  cores_.push_back(std::move(core));
  return {};
}

Result<conference::MediaEndpoint, MediaError> MediaHost::open_endpoint(std::size_t core, bool with_rtcp) {
  const auto endpoint = allocator_.open(with_rtcp, core);
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
