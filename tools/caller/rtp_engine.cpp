#include "tools/caller/rtp_engine.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/base/bound_address.h"
#include "dataplane/base/check.h"
#include "tools/caller/rtcp_count.h"

namespace tutti::caller {
namespace {

constexpr base::Duration kReportEvery = std::chrono::seconds(5);  // RFC 3550, 6.2: the usual least interval
constexpr base::Duration kTooLate = std::chrono::milliseconds(200);
constexpr std::size_t kBytesMax = 2'048;  // more than Ethernet carries
constexpr int kReceivedAtOnce = 64;       // of one socket, before the others have their turn
constexpr std::uint64_t kWakeTag = 0;
constexpr std::uint64_t kTimerTag = 1;  // legs' tags are 2 x id and 2 x id + 1, id >= 1

// A bound, non-blocking UDP socket, or -1 with errno.
int bind_udp(const base::SocketAddress& local) {
  sockaddr_storage address{};
  const socklen_t length = base::to_sockaddr(local, address);
  const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  // Room for a second of packets: this process may not be scheduled for a while.
  const int bytes = 256 * 1'024;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  // The kernel notes when a packet came, so that this process's own lateness is not taken for jitter.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    const int error = errno;
    ::close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

bool send_to(int fd, const base::SocketAddress& to, std::span<const std::byte> packet) {
  sockaddr_storage address{};
  const socklen_t length = base::to_sockaddr(to, address);
  return ::sendto(fd, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&address), length) ==
         static_cast<ssize_t>(packet.size());
}

struct Datagram {
  std::span<const std::byte> bytes;
  base::SocketAddress source;
  base::Instant arrival;
};

// The next datagram that waits at a socket. None: there is none; errno says why.
std::optional<Datagram> receive_from(int fd, std::span<std::byte> buffer) {
  sockaddr_storage address{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control{};
  iovec part{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t bytes = ::recvmsg(fd, &message, 0);
  if (bytes < 0) return std::nullopt;
  Datagram datagram;
  datagram.bytes = buffer.first(static_cast<std::size_t>(bytes));
  datagram.source = base::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), message.msg_namelen);
  datagram.arrival = base::monotonic_now();
  const cmsghdr* note = CMSG_FIRSTHDR(&message);
  if (note != nullptr && note->cmsg_level == SOL_SOCKET && note->cmsg_type == SCM_TIMESTAMPNS) {
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(note), sizeof stamp);
    timespec real{};
    ::clock_gettime(CLOCK_REALTIME, &real);
    const auto waited =
        std::chrono::seconds(real.tv_sec - stamp.tv_sec) + base::Duration(real.tv_nsec - stamp.tv_nsec);
    if (waited > base::Duration::zero()) datagram.arrival -= waited;
  }
  return datagram;
}

}  // namespace

struct RtpEngine::Leg {
  LegId id{};
  int rtp = -1;
  int rtcp = -1;
  base::SocketAddress local_rtp;
  base::SocketAddress local_rtcp;
  base::SocketAddress remote_rtp;
  base::SocketAddress remote_rtcp;
  std::optional<RtpTalker> talker;
  RtpListener listener{RtpListenerConfig{}};
  bool sending = false;
  base::Instant first_due;
  base::Duration spacing{};
  std::uint64_t due = 0;  // packets sent or skipped
  base::Instant report_due;
  LegCounters counters;
  std::optional<base::Instant> stopped;

  base::Instant next_due() const {
    return talker && !stopped ? first_due + spacing * static_cast<std::int64_t>(due) : base::Instant::max();
  }
  ~Leg() {
    if (rtp >= 0) ::close(rtp);
    if (rtcp >= 0) ::close(rtcp);
  }
};

base::Result<std::unique_ptr<RtpEngine>, std::string> RtpEngine::start() {
  std::unique_ptr<RtpEngine> engine(new RtpEngine);
  engine->epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  engine->timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  engine->wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (engine->epoll_ < 0 || engine->timer_ < 0 || engine->wake_ < 0) {
    return base::unexpected(fmt::format("no descriptors for the RTP thread: {}", std::strerror(errno)));
  }
  for (const auto& [fd, tag] : {std::pair(engine->wake_, kWakeTag), std::pair(engine->timer_, kTimerTag)}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    ::epoll_ctl(engine->epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  engine->thread_ = std::thread([raw = engine.get()] { raw->run(); });
  return engine;
}

RtpEngine::~RtpEngine() {
  stopping_ = true;
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  for (const int fd : {epoll_, timer_, wake_}) {
    if (fd >= 0) ::close(fd);
  }
}

void RtpEngine::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

base::Result<LegId, std::string> RtpEngine::open(const base::SocketAddress& local_ip) {
  auto leg = std::make_unique<Leg>();
  // The kernel names a free port; it is ours when it is even and the one above is free too.
  constexpr int kTries = 200;
  for (int i = 0; i < kTries && leg->rtcp < 0; ++i) {
    if (leg->rtp >= 0) ::close(leg->rtp);
    leg->rtp = bind_udp(local_ip.with_port(0));
    if (leg->rtp < 0) break;
    const std::uint16_t port = base::bound_address(leg->rtp).port;
    if (port % 2 != 0) continue;
    leg->local_rtp = local_ip.with_port(port);
    leg->local_rtcp = local_ip.with_port(static_cast<std::uint16_t>(port + 1));
    leg->rtcp = bind_udp(leg->local_rtcp);
  }
  if (leg->rtcp < 0) {
    return base::unexpected(
        fmt::format("no pair of UDP ports at {}: {}", base::ip_to_string(local_ip), std::strerror(errno)));
  }
  const std::lock_guard lock(mutex_);
  leg->id = LegId{next_leg_++};
  const std::uint64_t tag = 2 * static_cast<std::uint64_t>(leg->id);
  for (const auto& [fd, flow] : {std::pair(leg->rtp, 0U), std::pair(leg->rtcp, 1U)}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag + flow;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  const LegId id = leg->id;
  legs_.emplace(id, std::move(leg));
  return id;
}

RtpEngine::Leg& RtpEngine::find(LegId leg) const {
  const auto found = legs_.find(leg);
  CHECK(found != legs_.end());
  return *found->second;
}

base::SocketAddress RtpEngine::rtp_address(LegId leg) const {
  const std::lock_guard lock(mutex_);
  return find(leg).local_rtp;
}

base::SocketAddress RtpEngine::rtcp_address(LegId leg) const {
  const std::lock_guard lock(mutex_);
  return find(leg).local_rtcp;
}

void RtpEngine::begin(LegId id, LegMedia media) {
  const std::lock_guard lock(mutex_);
  Leg& leg = find(id);
  leg.remote_rtp = media.remote_rtp;
  leg.remote_rtcp = media.remote_rtcp;
  leg.sending = media.send;
  if (leg.talker) return;
  leg.talker.emplace(media.talker, std::move(media.source));
  leg.listener = RtpListener(media.listener);
  leg.spacing = std::chrono::microseconds(125) * static_cast<std::int64_t>(media.talker.samples_per_packet);
  leg.first_due = base::monotonic_now();
  leg.report_due = leg.first_due + kReportEvery;
  wake();
}

void RtpEngine::set_sending(LegId id, bool send) {
  const std::lock_guard lock(mutex_);
  find(id).sending = send;
}

void RtpEngine::stop(LegId id) {
  const std::lock_guard lock(mutex_);
  Leg& leg = find(id);
  if (!leg.stopped) leg.stopped = base::monotonic_now();
}

LegRecord RtpEngine::record(LegId id) const {
  const std::lock_guard lock(mutex_);
  const Leg& leg = find(id);
  LegRecord record;
  record.counters = leg.counters;
  record.heard = leg.listener;
  if (leg.talker) record.first_sent = leg.first_due;
  record.stopped = leg.stopped;
  return record;
}

LegCounters RtpEngine::counters(LegId id) const {
  const std::lock_guard lock(mutex_);
  return find(id).counters;
}

void RtpEngine::close(LegId id) {
  const std::lock_guard lock(mutex_);
  legs_.erase(id);
}

void RtpEngine::send_due(Leg& leg, base::Instant now) {
  while (leg.next_due() <= now) {
    const base::Duration late = now - leg.next_due();
    ++leg.due;
    if (!leg.sending || late > kTooLate) {
      leg.talker->skip();
      if (leg.sending) ++leg.counters.skipped;
      continue;
    }
    leg.counters.late_max = std::max(leg.counters.late_max, late);
    if (send_to(leg.rtp, leg.remote_rtp, leg.talker->next_packet())) {
      ++leg.counters.packets_sent;
    } else {
      ++leg.counters.send_errors;
    }
  }
  if (leg.talker && !leg.stopped && now >= leg.report_due) {
    leg.report_due = now + kReportEvery;
    send_report(leg);
  }
}

void RtpEngine::send_report(Leg& leg) {
  SenderReport report;
  report.ssrc = leg.talker->ssrc();
  report.ntp = base::ntp_now();
  report.timestamp = leg.talker->timestamp();
  report.packets = static_cast<std::uint32_t>(leg.counters.packets_sent);
  report.octets = static_cast<std::uint32_t>(leg.counters.packets_sent * leg.talker->samples_per_packet());
  const auto packet = write_sender_report(
      report,
      fmt::format("tutti-caller-{}@{}", static_cast<unsigned>(leg.id), base::ip_to_string(leg.local_rtp)));
  if (!send_to(leg.rtcp, leg.remote_rtcp, packet)) ++leg.counters.send_errors;
}

void RtpEngine::receive(Leg& leg, bool rtcp) {
  std::array<std::byte, kBytesMax> buffer;
  for (int i = 0; i < kReceivedAtOnce; ++i) {
    const auto datagram = receive_from(rtcp ? leg.rtcp : leg.rtp, buffer);
    if (!datagram) return;
    if (rtcp) {
      const RtcpContent content = read_rtcp(datagram->bytes);
      leg.counters.rtcp_sender_reports += content.sender_reports;
      leg.counters.rtcp_receiver_reports += content.receiver_reports;
      leg.counters.rtcp_byes += content.byes;
      if (!content.well_formed) ++leg.counters.rtcp_malformed;
    } else if (!leg.talker || datagram->source != leg.remote_rtp) {
      ++leg.counters.strangers;
    } else {
      ++leg.counters.packets_received;
      leg.listener.receive(datagram->bytes, datagram->arrival);
    }
  }
}

void RtpEngine::run() {
  std::vector<epoll_event> events(256);
  while (!stopping_) {
    base::Instant next = base::Instant::max();
    {
      const std::lock_guard lock(mutex_);
      const base::Instant now = base::monotonic_now();
      for (auto& [id, leg] : legs_) {
        send_due(*leg, now);
        next = std::min(next, leg->next_due());
      }
    }
    itimerspec when{};  // zero: never
    if (next != base::Instant::max()) {
      const auto since = next.time_since_epoch().count();
      when.it_value.tv_sec = since / 1'000'000'000;
      when.it_value.tv_nsec = since % 1'000'000'000;
    }
    ::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
      if (tag == kWakeTag || tag == kTimerTag) {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const ssize_t got =
            ::read(tag == kWakeTag ? wake_ : timer_, &ignored, sizeof ignored);
        continue;
      }
      // A leg may be gone since the event was told.
      const auto found = legs_.find(LegId{static_cast<std::uint32_t>(tag / 2)});
      if (found != legs_.end()) receive(*found->second, tag % 2 == 1);
    }
  }
}

}  // namespace tutti::caller
