#include "tools/load/load_engine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <time.h>

#include "dataplane/base/check.h"

namespace tutti::load {
namespace {

// A caller is read each third tick, whichever slot it sends in: a socket then gives three packets in a call.
// The kernel notes when each of them came.
constexpr std::size_t kReadEvery = 3;
constexpr std::size_t kReadStep = SendSlots::kSlots * kReadEvery;
constexpr base::Duration kStall = std::chrono::milliseconds(5);
constexpr base::Duration kTooLate = std::chrono::milliseconds(200);
constexpr base::Duration kLate = std::chrono::milliseconds(5);
constexpr std::size_t kHeaderBytes = 12;

bool is_rtcp(std::span<const std::byte> bytes) {  // RFC 5761, section 4
  return bytes.size() >= 2 && bytes[1] >= std::byte{192} && bytes[1] <= std::byte{223};
}

void sleep_until(base::Instant instant) {
  const auto since = instant.time_since_epoch().count();
  timespec when{};
  when.tv_sec = since / 1'000'000'000;
  when.tv_nsec = since % 1'000'000'000;
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr) == EINTR) {
  }
}

void write_big_endian(std::byte* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::byte>(value >> (24 - 8 * i) & 0xFFU);
}

}  // namespace

// One caller's streams.
struct LoadEngine::Line {
  std::atomic<LineState> state = LineState::kIdle;
  std::atomic<bool> send = true;
  std::uint8_t payload_type = 0;
  analyser::Law law = analyser::Law::kMu;
  std::uint32_t ssrc = 0;
  std::uint32_t first_timestamp = 0;
  std::uint16_t sequence = 0;
  bool marker = true;
  std::uint64_t ticks = 0;  // packets sent or left out
  Recording* recording = nullptr;
  LineCounters counters;
  StreamCounter stream;
};

LoadEngine::LoadEngine(const LoadPlan& plan, const VoiceBank& bank)
    : plan_(plan), bank_(bank), slots_(plan.callers()), lines_(plan.callers()) {}

base::Result<void, std::string> LoadEngine::open_wire(const base::SocketAddress& local_ip) {
  const bool reaches = packet_wire_reaches(local_ip) && !plan_.allow_remote;
  if (plan_.io != IoChoice::kSockets && reaches) {
    auto wire = open_packet_wire(plan_.callers());
    if (wire) {
      wire_ = std::move(*wire);
      return {};
    }
    if (plan_.io == IoChoice::kPacket) return base::unexpected("--io packet: " + wire.error());
    why_sockets_ = std::move(wire.error());
  }
  auto wire = open_socket_wire(plan_.callers(), local_ip);
  if (!wire) return base::unexpected(wire.error());
  wire_ = std::move(*wire);
  return {};
}

base::Result<std::unique_ptr<LoadEngine>, std::string> LoadEngine::start(const LoadPlan& plan,
                                                                         const VoiceBank& bank,
                                                                         const base::SocketAddress& local_ip,
                                                                         std::vector<std::size_t> sample) {
  std::unique_ptr<LoadEngine> engine(new LoadEngine(plan, bank));
  if (auto opened = engine->open_wire(local_ip); !opened) return base::unexpected(opened.error());
  for (std::size_t i = 0; i < plan.callers(); ++i) {
    Line& line = engine->lines_[i];
    line.law = plan.law_of(i);
    // Each caller's own, the same in every run.
    const auto number = static_cast<std::uint32_t>(i);
    line.ssrc = number * 2'654'435'761U + 1U;
    line.first_timestamp = number * 40'503U;
    line.sequence = static_cast<std::uint16_t>(number * 257U);
  }
  engine->recordings_.reserve(sample.size());
  for (const std::size_t caller : sample) {
    engine->recordings_.emplace_back(caller, plan.law_of(caller));
    engine->lines_[caller].recording = &engine->recordings_.back();
  }
  engine->thread_ = std::thread([raw = engine.get()] { raw->run(); });
  return engine;
}

LoadEngine::~LoadEngine() {
  finish();
}

void LoadEngine::finish() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

base::SocketAddress LoadEngine::address(std::size_t caller) const {
  return wire_->address(caller);
}

void LoadEngine::begin(std::size_t caller, const LineMedia& media) {
  Line& line = lines_[caller];
  if (line.state.load(std::memory_order_relaxed) != LineState::kIdle) return;
  line.payload_type = media.payload_type;
  wire_->set_remote(caller, media.remote);
  line.state.store(LineState::kTalking, std::memory_order_release);
}

void LoadEngine::set_sending(std::size_t caller, bool send) {
  lines_[caller].send.store(send, std::memory_order_relaxed);
}

void LoadEngine::stop(std::size_t caller) {
  LineState talking = LineState::kTalking;
  lines_[caller].state.compare_exchange_strong(talking, LineState::kStopped);
}

void LoadEngine::measure(Measurement measurement) {
  CHECK(!measuring_);
  sweeps_sent_.assign(plan_.rooms * measurement.probes.size(), base::Instant::max());
  for (Recording& recording : recordings_) recording.open(measurement.probes);
  measurement_ = std::move(measurement);
  measuring_.store(true, std::memory_order_release);
}

const LineCounters& LoadEngine::counters(std::size_t caller) const {
  return lines_[caller].counters;
}

const StreamCounter& LoadEngine::stream(std::size_t caller) const {
  return lines_[caller].stream;
}

std::optional<base::Instant> LoadEngine::sweep_sent(std::size_t room, std::size_t probe) const {
  const base::Instant sent = sweeps_sent_[room * measurement_.probes.size() + probe];
  return sent == base::Instant::max() ? std::nullopt : std::optional(sent);
}

void LoadEngine::run() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // nanosecond; the usual 50 us would be a tenth of a slot
  // Where it is allowed no ordinary program delays a packet; the least priority, as a server may have its
  // own.
  sched_param least{};
  least.sched_priority = ::sched_get_priority_min(SCHED_FIFO);
  realtime_ = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &least) == 0;
  const base::Instant start = base::monotonic_now();
  for (std::size_t slot = 0; !stopping_.load(std::memory_order_relaxed); ++slot) {
    const base::Instant due = start + SendSlots::kSlot * static_cast<std::int64_t>(slot);
    if (base::monotonic_now() < due) sleep_until(due);
    const base::Instant now = base::monotonic_now();
    follow_measurement(now);
    stalls_.turn(due, now);
    for (const std::uint32_t caller : slots_.in(slot)) send(lines_[caller], caller, due);
    wire_->flush();
    wire_->receive(slot % kReadStep, kReadStep, *this);
  }
  wire_->receive(0, 1, *this);
  overruns_ = wire_->overruns();
  for (Line& line : lines_) line.stream.close(base::monotonic_now());
}

void LoadEngine::follow_measurement(base::Instant now) {
  if (!measuring_.load(std::memory_order_acquire)) return;
  if (!opened_) {
    opened_ = true;
    stalls_.open(measurement_.from, measurement_.from + base::kTick * std::int64_t{measurement_.packets});
    for (Line& line : lines_) {
      if (line.state.load(std::memory_order_acquire) != LineState::kIdle) {
        line.stream.open(measurement_.from, measurement_.packets);
      }
    }
  }
  const base::Duration cpu = base::thread_cpu_time();
  const base::Instant end = measurement_.from + base::kTick * std::int64_t{measurement_.packets};
  if (now < measurement_.from) {
    cpu_from_ = cpu;
    wall_from_ = now;
  } else if (now < end && now > wall_from_) {
    load_ = std::chrono::duration<double>(cpu - cpu_from_) / std::chrono::duration<double>(now - wall_from_);
  }
  while (probe_ < measurement_.probes.size() && now >= measurement_.probes[probe_] + Probe::kLength) ++probe_;
}

std::span<const std::byte> LoadEngine::next_payload(const Line& line, std::size_t caller, base::Instant due) {
  if (!plan_.talks(caller)) return bank_.silence(line.law);
  const std::size_t room = plan_.room_of(caller);
  const std::size_t seat = plan_.seat_of(caller);
  if (opened_ && probe_ < measurement_.probes.size() && seat == marking_seat(plan_, probe_) &&
      due >= measurement_.probes[probe_]) {
    const auto packet = static_cast<std::size_t>((due - measurement_.probes[probe_]) / base::kTick);
    if (packet < VoiceBank::kSweepPackets) {
      if (packet == 0) sweeps_sent_[room * measurement_.probes.size() + probe_] = base::monotonic_now();
      return bank_.sweep_packet(line.law, packet);
    }
  }
  return bank_.tone_packet(line.law, bank_.tone_of(room, seat), line.ticks);
}

void LoadEngine::send(Line& line, std::size_t caller, base::Instant due) {
  if (line.state.load(std::memory_order_acquire) != LineState::kTalking) return;
  if (!line.send.load(std::memory_order_relaxed)) {
    ++line.ticks;
    line.marker = true;
    return;
  }
  const base::Duration late = base::monotonic_now() - due;
  if (late > kTooLate) {
    ++line.counters.skipped;
    ++line.ticks;
    line.marker = true;
    return;
  }
  if (late > kLate) ++line.counters.sent_late;
  line.counters.sent_late_max = std::max(line.counters.sent_late_max, late);
  std::array<std::byte, kHeaderBytes + kPacketSamples> packet;  // RFC 3550, section 5.1
  write_big_endian(&packet[0], 0x8000'0000U | (line.marker ? 0x0080'0000U : 0U) |
                                   static_cast<std::uint32_t>(line.payload_type) << 16 | line.sequence);
  write_big_endian(&packet[4],
                   line.first_timestamp + static_cast<std::uint32_t>(line.ticks * kPacketSamples));
  write_big_endian(&packet[8], line.ssrc);
  const std::span<const std::byte> payload = next_payload(line, caller, due);
  std::copy(payload.begin(), payload.end(), packet.begin() + kHeaderBytes);
  wire_->send(caller, packet);
  ++line.counters.sent;
  sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  line.marker = false;
  ++line.sequence;
  ++line.ticks;
}

void LoadEngine::take(const Arrived& arrived) {
  Line& line = lines_[arrived.caller];
  if (line.state.load(std::memory_order_acquire) == LineState::kIdle) return;
  if (is_rtcp(arrived.bytes)) {
    ++line.counters.rtcp;  // wherever from: its port is often another than RTP's
    return;
  }
  if (arrived.stranger) {
    ++line.counters.strangers;
    return;
  }
  const auto packet = analyser::parse_rtp_strictly(arrived.bytes);
  if (!packet || packet->payload_type != line.payload_type || packet->payload.size() != kPacketSamples) {
    ++line.counters.malformed;
    return;
  }
  ++line.counters.received;
  received_.store(received_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  line.stream.receive(*packet, arrived.at);
  if (line.recording != nullptr && opened_) line.recording->receive(*packet, arrived.at);
}

}  // namespace tutti::load
