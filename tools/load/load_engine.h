// LoadEngine: the RTP of thousands of callers on one thread: an absolute clock, no allocation while it runs.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "tools/load/load_plan.h"
#include "tools/load/recording.h"
#include "tools/load/send_slots.h"
#include "tools/load/stall_meter.h"
#include "tools/load/stream_counter.h"
#include "tools/load/voice_bank.h"
#include "tools/load/wire.h"

namespace tutti::load {

// What a call agreed on.
struct LineMedia {
  std::uint8_t payload_type = 0;
  base::SocketAddress remote;
};

// The time that is measured.
struct Measurement {
  base::Instant from;
  std::uint32_t packets = 0;          // due to each caller
  std::vector<base::Instant> probes;  // when each begins
};

struct LineCounters {
  std::uint64_t sent = 0;
  std::uint64_t skipped = 0;    // not sent: this program was more than 200 ms late
  std::uint64_t sent_late = 0;  // more than 5 ms
  std::uint64_t received = 0;   // RTP, from first to last
  std::uint64_t rtcp = 0;
  std::uint64_t strangers = 0;  // from another address than the answer named
  std::uint64_t malformed = 0;  // no RTP, another payload type, or not 20 ms of G.711
  base::Duration sent_late_max{};
};

class LoadEngine final : private ArrivedSink {
 public:
  // Opens a UDP port for each caller and starts the thread. `plan` and `bank` outlive it.
  // Errors: one sentence; descriptors that do not suffice are one, and an --io that cannot be had.
  static base::Result<std::unique_ptr<LoadEngine>, std::string> start(const LoadPlan& plan,
                                                                      const VoiceBank& bank,
                                                                      const base::SocketAddress& local_ip,
                                                                      std::vector<std::size_t> sample);
  ~LoadEngine();
  LoadEngine(const LoadEngine&) = delete;
  LoadEngine& operator=(const LoadEngine&) = delete;

  // Thread of these: one, the caller's.
  base::SocketAddress address(std::size_t caller) const;
  // Sends and receives from now on. Once for each caller; a later change of the far end is not followed.
  void begin(std::size_t caller, const LineMedia& media);
  // Whether it sends, before begin() and after; timestamps advance meanwhile.
  void set_sending(std::size_t caller, bool send);
  // Sends no more; goes on receiving.
  void stop(std::size_t caller);
  // Once.
  void measure(Measurement measurement);
  std::uint64_t packets_sent() const { return sent_.load(std::memory_order_relaxed); }
  std::uint64_t packets_received() const { return received_.load(std::memory_order_relaxed); }
  // Ends the thread; what follows may be asked only after it.
  void finish();

  const LineCounters& counters(std::size_t caller) const;
  const StreamCounter& stream(std::size_t caller) const;
  // When the sweep of a room's talker left. None: it was not sent.
  std::optional<base::Instant> sweep_sent(std::size_t room, std::size_t probe) const;
  const std::vector<Recording>& recordings() const { return recordings_; }
  // The thread's share of a CPU while it measured; 1 is all of one.
  double load() const { return load_; }
  bool realtime() const { return realtime_; }
  const Stalls& stalls() const { return stalls_.stalls(); }
  const char* io() const { return wire_->name(); }
  const std::string& why_sockets() const {
    return why_sockets_;
  }  // of auto, in words; empty: they were chosen
  std::uint64_t send_errors() const { return wire_->send_errors(); }
  std::uint64_t overruns() const { return overruns_; }  // packets that came and were not read in time

 private:
  struct Line;
  enum class LineState : std::uint8_t { kIdle, kTalking, kStopped };

  LoadEngine(const LoadPlan& plan, const VoiceBank& bank);
  base::Result<void, std::string> open_wire(const base::SocketAddress& local_ip);
  void run();
  void follow_measurement(base::Instant now);
  void send(Line& line, std::size_t caller, base::Instant due);
  std::span<const std::byte> next_payload(const Line& line, std::size_t caller, base::Instant due);
  void take(const Arrived& packet) override;

  const LoadPlan& plan_;
  const VoiceBank& bank_;
  const SendSlots slots_;
  std::vector<Line> lines_;
  std::vector<Recording> recordings_;
  std::unique_ptr<Wire> wire_;
  std::string why_sockets_;
  Measurement measurement_;  // written before measuring_ is set
  std::atomic<bool> measuring_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> sent_ = 0;  // written by the thread alone
  std::atomic<std::uint64_t> received_ = 0;
  // The thread's own.
  bool opened_ = false;                     // every stream's counter was told of the measurement
  std::size_t probe_ = 0;                   // the one under way, or the next
  std::vector<base::Instant> sweeps_sent_;  // room by room, a probe each
  base::Duration cpu_from_{};
  base::Instant wall_from_;
  double load_ = 0.0;
  StallMeter stalls_;
  std::uint64_t overruns_ = 0;
  bool realtime_ = false;
  std::thread thread_;
};

}  // namespace tutti::load
