// RtpEngine: the RTP side of all callers of a process: their sockets, one thread that sends and receives.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "tools/caller/rtp_listener.h"
#include "tools/caller/rtp_talker.h"

namespace tutti::caller {

enum class LegId : std::uint32_t {};

// What a leg does once the far end is known.
struct LegMedia {
  RtpTalkerConfig talker;
  SampleSource source;
  bool send = true;  // false: listens only
  RtpListenerConfig listener;
  base::SocketAddress remote_rtp;
  base::SocketAddress remote_rtcp;
};

struct LegCounters {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;  // from the far end, on the RTP port
  std::uint64_t strangers = 0;         // from anybody else
  std::uint64_t skipped = 0;           // not sent: this process was more than 200 ms late
  std::uint64_t send_errors = 0;       // refused by the kernel; an ICMP error of an earlier packet counts too
  std::uint64_t rtcp_sender_reports = 0;
  std::uint64_t rtcp_receiver_reports = 0;
  std::uint64_t rtcp_byes = 0;
  std::uint64_t rtcp_malformed = 0;
  base::Duration late_max{};  // how late a packet left at most
};

// A copy of all that a leg has gathered.
struct LegRecord {
  LegCounters counters;
  RtpListener heard{RtpListenerConfig{}};
  std::optional<base::Instant> first_sent;  // when its first packet was due
  std::optional<base::Instant> stopped;
};

// Thread: any, except as said.
class RtpEngine {
 public:
  // Starts the thread. Errors: one sentence.
  static base::Result<std::unique_ptr<RtpEngine>, std::string> start();
  ~RtpEngine();
  RtpEngine(const RtpEngine&) = delete;
  RtpEngine& operator=(const RtpEngine&) = delete;

  // Opens an even RTP port and the RTCP port above it on a local address. Errors: one sentence.
  base::Result<LegId, std::string> open(const base::SocketAddress& local_ip);
  base::SocketAddress rtp_address(LegId leg) const;
  base::SocketAddress rtcp_address(LegId leg) const;

  // Sends and records from now on; a second call changes the far end and keeps streams and recordings.
  void begin(LegId leg, LegMedia media);
  // Whether to send; timestamps advance meanwhile.
  void set_sending(LegId leg, bool send);
  // Sends no more; goes on listening, so that late packets of the far end are seen.
  void stop(LegId leg);
  LegRecord record(LegId leg) const;
  LegCounters counters(LegId leg) const;
  void close(LegId leg);

 private:
  struct Leg;
  RtpEngine() = default;
  void run();
  void send_due(Leg& leg, base::Instant now);
  void send_report(Leg& leg);
  void receive(Leg& leg, bool rtcp);
  Leg& find(LegId leg) const;
  void wake();

  mutable std::mutex mutex_;  // guards legs_ and all in them
  std::map<LegId, std::unique_ptr<Leg>> legs_;
  std::uint32_t next_leg_ = 1;
  std::atomic<bool> stopping_ = false;
  int epoll_ = -1;
  int timer_ = -1;
  int wake_ = -1;
  std::thread thread_;
};

}  // namespace tutti::caller
