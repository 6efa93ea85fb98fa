#include "tools/load/load_engine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/base/check.h"

namespace tutti::load {
namespace {

// A tick is cut into slots; each caller has one of them, as phones do not send all at once.
constexpr std::size_t kSlots = 40;
constexpr base::Duration kSlot = base::kTick / kSlots;  // 500 us
// 17 is coprime to 40: neighbours in number, that is in a room, are far apart in time.
constexpr std::size_t kSlotStep = 17;
constexpr std::size_t kSlotStepInverse = 33;
static_assert(kSlotStep * kSlotStepInverse % kSlots == 1);
// A socket is read each third tick: three packets a call. The kernel notes when each of them came.
constexpr std::size_t kReadEvery = 3;
constexpr base::Duration kTooLate = std::chrono::milliseconds(200);
constexpr base::Duration kLate = std::chrono::milliseconds(5);
constexpr std::size_t kBatch = 16;
constexpr std::size_t kBytesMax = 512;  // what is longer is no G.711; its rest is cut off
constexpr std::size_t kHeaderBytes = 12;
constexpr rlim_t kOtherDescriptors = 64;  // SIP, timers, the terminal

// The least number of a caller whose slot this is, caller x kSlotStep mod kSlots; the others follow each
// kSlots.
std::size_t first_in(std::size_t slot) {
  return slot * kSlotStepInverse % kSlots;
}

bool is_rtcp(std::span<const std::byte> bytes) {  // RFC 5761, section 4
  return bytes.size() >= 2 && bytes[1] >= std::byte{192} && bytes[1] <= std::byte{223};
}

base::Duration to_duration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + base::Duration(time.tv_nsec);
}

base::Duration read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return to_duration(time);
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

// Empty when this process may open that many descriptors, or can be allowed to.
std::string lack_of_descriptors(std::size_t callers) {
  rlimit limit{};
  const rlim_t needed = static_cast<rlim_t>(callers) + kOtherDescriptors;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return {};
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed) {
    return fmt::format(
        "{} callers need {} descriptors, one a caller and {} besides; this process may have {}: raise the "
        "hard limit (ulimit -Hn), or ask for fewer callers",
        callers, needed, kOtherDescriptors, limit.rlim_max);
  }
  limit.rlim_cur = needed;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0
             ? std::string()
             : fmt::format("cannot raise the limit of descriptors to {}: {}", needed, std::strerror(errno));
}

}  // namespace

// One caller's socket and streams.
struct LoadEngine::Line {
  std::atomic<LineState> state = LineState::kIdle;
  bool send = true;
  std::uint8_t payload_type = 0;
  analyser::Law law = analyser::Law::kMu;
  int fd = -1;
  bool connected = false;  // to the far end, from its first packet on: sending is cheaper by a quarter
  std::uint32_t ssrc = 0;
  std::uint32_t first_timestamp = 0;
  std::uint16_t sequence = 0;
  bool marker = true;
  std::uint64_t ticks = 0;  // packets sent or left out
  sockaddr_storage remote{};
  socklen_t remote_length = 0;
  base::SocketAddress remote_address;
  Recording* recording = nullptr;
  LineCounters counters;
  StreamCounter stream;

  ~Line() {
    if (fd >= 0) ::close(fd);
  }
};

// What recvmmsg fills.
struct LoadEngine::Batch {
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_storage, kBatch> sources{};
  std::array<std::array<std::byte, kBytesMax>, kBatch> bytes{};
  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(timespec))> bytes{};
  };
  std::array<Control, kBatch> controls{};

  // The kernel writes the lengths; they are set anew before each call.
  void prepare(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      parts[i] = {bytes[i].data(), bytes[i].size()};
      msghdr& header = messages[i].msg_hdr;
      header.msg_name = &sources[i];
      header.msg_namelen = sizeof sources[i];
      header.msg_iov = &parts[i];
      header.msg_iovlen = 1;
      header.msg_control = controls[i].bytes.data();
      header.msg_controllen = controls[i].bytes.size();
    }
  }
};

LoadEngine::LoadEngine(const LoadPlan& plan, const VoiceBank& bank)
    : plan_(plan), bank_(bank), lines_(plan.callers()), batch_(std::make_unique<Batch>()) {
  batch_->prepare(kBatch);
}

base::Result<std::unique_ptr<LoadEngine>, std::string> LoadEngine::start(const LoadPlan& plan,
                                                                         const VoiceBank& bank,
                                                                         const base::SocketAddress& local_ip,
                                                                         std::vector<std::size_t> sample) {
  if (std::string lack = lack_of_descriptors(plan.callers()); !lack.empty()) return base::unexpected(lack);
  std::unique_ptr<LoadEngine> engine(new LoadEngine(plan, bank));
  sockaddr_storage address{};
  const socklen_t length = base::to_sockaddr(local_ip.with_port(0), address);
  for (std::size_t i = 0; i < plan.callers(); ++i) {
    Line& line = engine->lines_[i];
    line.fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line.fd < 0 || ::bind(line.fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      return base::unexpected(fmt::format("no UDP port at {} for caller {} of {}: {}",
                                          base::ip_to_string(local_ip), i, plan.callers(),
                                          std::strerror(errno)));
    }
    const int on = 1;
    ::setsockopt(line.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
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
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(lines_[caller].fd, reinterpret_cast<sockaddr*>(&address), &length);
  return base::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length);
}

void LoadEngine::begin(std::size_t caller, const LineMedia& media) {
  Line& line = lines_[caller];
  if (line.state.load(std::memory_order_relaxed) != LineState::kIdle) return;
  line.payload_type = media.payload_type;
  line.send = media.send;
  line.remote_address = media.remote;
  line.remote_length = base::to_sockaddr(media.remote, line.remote);
  line.state.store(LineState::kTalking, std::memory_order_release);
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
    const base::Instant due = start + kSlot * static_cast<std::int64_t>(slot);
    if (base::monotonic_now() < due) sleep_until(due);
    follow_measurement(base::monotonic_now());
    for (std::size_t caller = first_in(slot); caller < lines_.size(); caller += kSlots) {
      send(lines_[caller], caller, due);
    }
    // Half a tick after its own slot a caller's turn to read may come.
    const base::Duration real_ahead = read_clock(CLOCK_REALTIME) - base::monotonic_now().time_since_epoch();
    for (std::size_t caller = first_in(slot + kSlots / 2); caller < lines_.size(); caller += kSlots) {
      if ((caller / kSlots + slot / kSlots) % kReadEvery == 0) receive(lines_[caller], real_ahead);
    }
  }
  const base::Duration real_ahead = read_clock(CLOCK_REALTIME) - base::monotonic_now().time_since_epoch();
  for (Line& line : lines_) {
    receive(line, real_ahead);
    line.stream.close(base::monotonic_now());
  }
}

void LoadEngine::follow_measurement(base::Instant now) {
  if (!measuring_.load(std::memory_order_acquire)) return;
  if (!opened_) {
    opened_ = true;
    for (Line& line : lines_) {
      if (line.state.load(std::memory_order_acquire) != LineState::kIdle) {
        line.stream.open(measurement_.from, measurement_.packets);
      }
    }
  }
  const base::Duration cpu = read_clock(CLOCK_THREAD_CPUTIME_ID);
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
  if (line.state.load(std::memory_order_acquire) != LineState::kTalking || !line.send) return;
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
  const auto* remote = line.connected ? nullptr : reinterpret_cast<const sockaddr*>(&line.remote);
  const socklen_t remote_length = line.connected ? 0 : line.remote_length;
  if (::sendto(line.fd, packet.data(), packet.size(), 0, remote, remote_length) >= 0) {
    ++line.counters.sent;
    sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  } else {
    ++line.counters.send_errors;
  }
  line.marker = false;
  ++line.sequence;
  ++line.ticks;
}

void LoadEngine::receive(Line& line, base::Duration real_ahead) {
  if (line.state.load(std::memory_order_acquire) == LineState::kIdle) return;
  // As much as a second held back; the rest waits for the next turn, so that a flood stops nobody else.
  constexpr int kCallsMax = 4;
  for (int call = 0; call < kCallsMax; ++call) {
    const int count = ::recvmmsg(line.fd, batch_->messages.data(), kBatch, 0, nullptr);
    if (count <= 0) return;
    const base::Instant now = base::monotonic_now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      msghdr& header = batch_->messages[i].msg_hdr;
      base::Instant arrival = now;
      const cmsghdr* note = CMSG_FIRSTHDR(&header);
      if (note != nullptr && note->cmsg_level == SOL_SOCKET && note->cmsg_type == SCM_TIMESTAMPNS) {
        timespec stamp{};
        std::memcpy(&stamp, CMSG_DATA(note), sizeof stamp);
        arrival = std::min(arrival, base::Instant(to_duration(stamp) - real_ahead));
      }
      const bool stranger = base::from_sockaddr(reinterpret_cast<const sockaddr*>(&batch_->sources[i]),
                                                header.msg_namelen) != line.remote_address;
      take(line, std::span(batch_->bytes[i]).first(batch_->messages[i].msg_len), stranger, arrival);
    }
    batch_->prepare(static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < kBatch) return;
  }
}

void LoadEngine::take(Line& line, std::span<const std::byte> bytes, bool stranger, base::Instant arrival) {
  if (is_rtcp(bytes)) {
    ++line.counters.rtcp;  // wherever from: its port is often another than RTP's
    return;
  }
  if (stranger) {
    ++line.counters.strangers;
    return;
  }
  const auto packet = analyser::parse_rtp_strictly(bytes);
  if (!packet || packet->payload_type != line.payload_type || packet->payload.size() != kPacketSamples) {
    ++line.counters.malformed;
    return;
  }
  // Not sooner: that the far end sends from elsewhere shows as strangers. From now on the kernel keeps them
  // out.
  if (!line.connected) {
    line.connected =
        ::connect(line.fd, reinterpret_cast<const sockaddr*>(&line.remote), line.remote_length) == 0;
  }
  ++line.counters.received;
  received_.store(received_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  line.stream.receive(*packet, arrival);
  if (line.recording != nullptr && opened_) line.recording->receive(*packet, arrival);
}

}  // namespace tutti::load
