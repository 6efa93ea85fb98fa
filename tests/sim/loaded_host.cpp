#include "tests/sim/loaded_host.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/base/realtime.h"
#include "signaling/sdp/session_description.h"

namespace tutti::sim {
namespace {

constexpr base::Duration kStep = std::chrono::microseconds(500);
constexpr std::uint16_t kFirstPort = 20'000;
constexpr std::size_t kHeaderBytes = 12;

const base::SocketAddress kServer = *base::parse_ip("10.9.0.1");
const base::SocketAddress kCallers = *base::parse_ip("10.0.0.1");

std::string offer(std::uint16_t port) {
  return "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio " +
         std::to_string(port) + " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
}

// 20 ms of a loud constant, so that it passes the gate.
std::array<std::byte, kHeaderBytes + 160> packet(std::uint16_t sequence, std::uint32_t ssrc) {
  std::array<std::byte, kHeaderBytes + 160> bytes;
  bytes.fill(std::byte{0x20});
  const std::uint32_t timestamp = sequence * 160U;
  bytes[0] = std::byte{0x80};
  bytes[1] = std::byte{0};
  for (std::size_t i = 0; i < 2; ++i) bytes[2 + i] = std::byte(sequence >> (8 - 8 * i) & 0xFF);
  for (std::size_t i = 0; i < 4; ++i) bytes[4 + i] = std::byte(timestamp >> (24 - 8 * i) & 0xFF);
  for (std::size_t i = 0; i < 4; ++i) bytes[8 + i] = std::byte(ssrc >> (24 - 8 * i) & 0xFF);
  return bytes;
}

}  // namespace

std::int64_t LoadedHost::Core::packets() const {
  return static_cast<std::int64_t>(port->counters().packets_received.value() +
                                   port->counters().packets_sent.value());
}

LoadedHost::LoadedHost(const LoadedHostConfig& config)
    : network_({.seed = 7, .packets = 32'768, .socket_queue = 256}),
      endpoints_(network_.endpoint_factory(), {{kServer}, 16'384, 65'535}),
      host_(network_.make_host(kCallers)) {
  packet_cost = config.packet_cost;
  const mailbox::CoreCapacity capacity{config.participants_per_core, config.participants_per_core};
  for (std::size_t i = 0; i < config.cores; ++i) {
    Core& core = cores_.emplace_back();
    core.port = network_.make_port({.endpoints = capacity.participants});
    core::CoreOptions options;
    options.capacity = capacity;
    // A turn that has begun at t and moved n packets is at t + n x cost.
    options.clock = [] {
      return turning->turn_begin + packet_cost * (turning->packets() - turning->packets_before);
    };
    options.work_clock = [] {
      return base::Duration(std::chrono::seconds(1)) + packet_cost * turning->packets();
    };
    core.core = std::make_unique<core::MediaCore>(options, *core.port, core.mailbox);
    doors_.push_back({&core.mailbox, &core.core->counters(), capacity, &core.core->reports()});
  }
  conference::FocusConfig focus;
  focus.admission = config.admission;
  focus.share_participants = config.share_participants;
  focus.media.silence_timeout_s = 0;
  focus_ = std::make_unique<conference::Focus>(*this, focus);
  focus_->connect(dialogs_, dialogs_.counters());
  focus_->poll(network_.now());
}

base::Result<conference::MediaEndpoint, conference::MediaError> LoadedHost::open_endpoint(
    std::size_t, bool with_rtcp, conference::PortRange, const base::SocketAddress&) {
  const auto endpoint = endpoints_.open(with_rtcp);
  if (!endpoint) return base::unexpected(conference::MediaError::kNoPorts);
  return conference::MediaEndpoint{endpoint->handles, endpoint->rtp, endpoint->rtcp};
}

void LoadedHost::close_endpoint(const conference::MediaEndpoint& endpoint) {
  endpoints_.close({endpoint.handles, endpoint.rtp, endpoint.rtcp});
}

void LoadedHost::dial(const std::string& room) {
  Caller caller;
  caller.port = static_cast<std::uint16_t>(kFirstPort + callers_.size());
  sip::IncomingInvite invite;
  caller.dialog = invite.dialog = dialogs_.begin();
  invite.user = room;
  invite.offer = offer(caller.port);
  focus_->on_invite(invite);
  if (dialogs_[caller.dialog].state == conference::FakeDialogs::State::kRejected) {
    const sip::Rejection& rejection = dialogs_[caller.dialog].rejection;
    ++refused_;
    if (rejection.status != 503 || !rejection.retry_after) ++refused_wrongly_;
    return;
  }
  static_cast<void>(host_->open(caller.port));
  callers_.push_back(caller);
}

void LoadedHost::hang_up(std::size_t caller) {
  callers_[caller].gone = true;
  dialogs_.end(callers_[caller].dialog);
  focus_->on_ended(callers_[caller].dialog, {});
}

void LoadedHost::run_for(base::Duration duration) {
  const base::Instant end = network_.now() + duration;
  while (network_.now() < end) {
    network_.advance_to(network_.now() + kStep);
    run_cores();
    if (network_.now() >= poll_at_) {
      poll_at_ = network_.now() + conference::Focus::kPollPeriod;
      focus_->poll(network_.now());
      answer_callers();
    }
    talk_and_listen();
  }
}

void LoadedHost::run_cores() {
  for (Core& core : cores_) {
    if (network_.now() < core.due) continue;
    turning = &core;
    core.turn_begin = network_.now();
    core.packets_before = core.packets();
    base::Instant next;
    {
      const base::RealtimeSection turn;
      next = core.core->run_once(core.turn_begin);
    }
    // It is not free again before it is done.
    core.due = std::max(next, core.turn_begin + packet_cost * (core.packets() - core.packets_before));
  }
}

void LoadedHost::answer_callers() {
  for (Caller& caller : callers_) {
    if (caller.talking || caller.gone) continue;
    const auto& dialog = dialogs_[caller.dialog];
    if (dialog.state != conference::FakeDialogs::State::kAccepted) continue;
    const auto answer = sdp::parse(dialog.sdp);
    CHECK(answer.has_value());
    caller.server = kServer.with_port(answer->media[0].port);
    caller.talking = true;
    dialogs_.establish(caller.dialog);
    focus_->on_established(caller.dialog);
  }
}

void LoadedHost::talk_and_listen() {
  const auto step = static_cast<std::size_t>(network_.now().time_since_epoch() / kStep);
  constexpr std::size_t kStepsPerTick = base::kTick / kStep;
  for (std::size_t i = 0; i < callers_.size(); ++i) {
    Caller& caller = callers_[i];
    if (!caller.talking || caller.gone) continue;
    if (step % kStepsPerTick == i % kStepsPerTick) {
      const auto bytes = packet(caller.sent++, static_cast<std::uint32_t>(0xCA11'0000 + i));
      host_->send(caller.port, caller.server, bytes, network_.now());
    }
    while (const auto datagram = host_->receive(caller.port)) {
      if (datagram->payload.size() < kHeaderBytes || (datagram->payload[1] & std::byte{0x7F}) != std::byte{0})
        continue;
      const auto sequence = static_cast<std::uint16_t>(std::to_integer<unsigned>(datagram->payload[2]) << 8 |
                                                       std::to_integer<unsigned>(datagram->payload[3]));
      if (caller.received++ > 0) {
        if (static_cast<std::uint16_t>(caller.last_sequence + 1) != sequence) ++caller.breaks;
        caller.longest_gap = std::max(caller.longest_gap, datagram->arrival - caller.last_arrival);
      }
      caller.last_sequence = sequence;
      caller.last_arrival = datagram->arrival;
    }
  }
}

std::size_t LoadedHost::present() const {
  return static_cast<std::size_t>(
      std::count_if(callers_.begin(), callers_.end(), [](const Caller& c) { return c.talking && !c.gone; }));
}

std::uint64_t LoadedHost::late_ticks() const {
  std::uint64_t late = 0;
  for (const Core& core : cores_) late += core.core->counters().late_ticks.value();
  return late;
}

}  // namespace tutti::sim
