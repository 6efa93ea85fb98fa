#include "bench/room_callers.h"

#include <algorithm>
#include <map>
#include <vector>

#include "bench/cable_macs.h"
#include "bench/heard_check.h"
#include "dataplane/base/tick.h"
#include "dataplane/dpdk/eal.h"

namespace tutti::bench {
namespace {

using dpdk::CableCallers;

constexpr std::uint64_t kSeed = 20'261'126;
constexpr auto kTogether = std::chrono::microseconds(20);
constexpr std::uint64_t kPiece = 128;  // packets, between looks at what has come back
constexpr base::Duration kStall = std::chrono::milliseconds(1);  // a round takes some 50 us

// Who asks all the time takes the ring's line from the core that writes it.
void leave_the_ring_alone() {
  for (int i = 0; i < 20; ++i) __builtin_ia32_pause();
}

double milliseconds(base::Duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// The number of a caller's own packet that came back: not above its last one's, with these lower 16 bits.
std::uint64_t number_of(const CableCallers::Heard& heard) {
  return heard.period - static_cast<std::uint16_t>(heard.period - heard.sequence);
}

}  // namespace

std::uint64_t packets_due(base::Duration since, std::uint32_t participants) {
  return static_cast<std::uint64_t>(since.count()) * participants /
         static_cast<std::uint64_t>(base::kTick.count());
}

RoomCallers::RoomCallers(const Options& options)
    : plan_(options.plan),
      pace_(options.pace),
      answer_(options.answer),
      callers_(options.port, kFarMac, kNearMac, voices_, options.buffers) {
  for (std::uint32_t i = 0; i < plan_.participants(); ++i) callers_.add(options.servers[i], plan_.talks(i));
  callers_.begin(kSeed, plan_.listened());
}

void RoomCallers::run(Orders& orders) {
  const dpdk::EalThread known;
  now_ = base::monotonic_now();
  while (true) {
    const Phase phase = orders.phase.load(std::memory_order_acquire);
    if (phase != phase_) enter(phase, orders);
    if (phase_ == Phase::kRest) return;
    if (pace_ == Pace::kSteps) {
      step(orders);
    } else {
      follow_clock(orders);
    }
  }
}

void RoomCallers::enter(Phase phase, Orders& orders) {
  phase_ = phase;
  if (pace_ == Pace::kSteps) {
    while (callers_.receive() != 0) {
    }
  }
  if (phase == Phase::kSend) begun_ = now_;
  if (phase == Phase::kMeasure) {
    callers_.measure();
    measured_from_ = now_;
    lag_max_ = stall_max_ = busy_ = base::Duration{0};
  }
  if (phase == Phase::kRest) {
    callers_.keep_no_more();
    orders.report = report();
  }
  orders.reached.store(phase, std::memory_order_release);
}

void RoomCallers::step(Orders& orders) {
  if (const std::size_t count = callers_.receive(); count != 0) {
    if (count < 32) leave_the_ring_alone();
    patience_.renew();
    return;
  }
  const std::uint64_t wanted = orders.wanted.load(std::memory_order_acquire);
  if (wanted == orders.sent.load(std::memory_order_relaxed)) {
    patience_.wait();
    return;
  }
  patience_.renew();
  callers_.send_until(wanted);
  orders.sent.store(wanted, std::memory_order_release);
}

void RoomCallers::follow_clock(Orders& orders) {
  bool worked = false;
  if (phase_ >= Phase::kSend) {
    // In pieces, so that what comes back is taken between them; those of 20 us together.
    const std::uint64_t wanted = packets_due(now_ - begun_, plan_.participants());
    const std::uint64_t sent = callers_.packets();
    if (wanted - sent > packets_due(kTogether, plan_.participants())) {
      callers_.send_until(std::min(wanted, sent + kPiece));
    }
    worked = callers_.packets() != sent;
    const auto behind = static_cast<std::int64_t>(wanted - callers_.packets());
    lag_max_ = std::max(lag_max_, base::Duration(behind * base::kTick.count() / plan_.participants()));
  }
  std::size_t count = 32;
  for (int i = 0; i < 4 && count >= 32; ++i) {
    count = callers_.receive();
    worked = worked || count != 0;
  }
  if (count < 32) leave_the_ring_alone();
  const base::Instant now = base::monotonic_now();
  const base::Duration round = now - now_;
  stall_max_ = std::max(stall_max_, round);
  if (round > kStall)
    orders.stalled_ns.fetch_add(static_cast<std::uint64_t>(round.count()), std::memory_order_relaxed);
  if (worked) busy_ += round;
  now_ = now;
}

CallersReport RoomCallers::report() const {
  const auto& counts = callers_.counts();
  CallersReport told;
  told.packets_in = counts.sent;
  told.refused = counts.refused;
  told.packets_out = counts.rtp;
  told.rtcp_out = counts.rtcp;
  told.strange = counts.strange;
  told.seconds = std::chrono::duration<double>(now_ - measured_from_).count();
  told.lag_ms_max = milliseconds(lag_max_);
  told.stall_ms_max = milliseconds(stall_max_);
  if (told.seconds > 0) told.busy = std::chrono::duration<double>(busy_).count() / told.seconds;
  listen(told);
  return told;
}

void RoomCallers::listen(CallersReport& told) const {
  std::map<std::uint32_t, std::vector<CableCallers::Heard>> heard;
  for (const auto& one : callers_.heard()) heard[one.caller].push_back(one);
  HeardCheck check;
  for (const std::uint32_t caller : plan_.listened()) {
    ++told.listeners;
    if (answer_ == Answer::kMix) {
      check.add(heard[caller], plan_.talkers_beside(caller), voices_);
      continue;
    }
    for (const auto& one : heard[caller]) {
      ++check.packets;
      const auto& said = voices_.payload(CableCallers::voice(caller, number_of(one)));
      if (plan_.talks(caller) && one.payload != said) ++check.wrong;
    }
  }
  told.audio_packets = check.packets;
  told.audio_wrong = check.wrong;
  told.audio_shifts = check.shifts;
}

}  // namespace tutti::bench
