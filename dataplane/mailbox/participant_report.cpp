#include "dataplane/mailbox/participant_report.h"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "dataplane/base/check.h"

namespace tutti::mailbox {
namespace {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

using Word = std::atomic<std::uint64_t>;

void put(Word& word, std::uint64_t value) TUTTI_REALTIME {
  word.store(value, std::memory_order_relaxed);
}
std::uint64_t get(const Word& word) {
  return word.load(std::memory_order_relaxed);
}
std::uint64_t nanoseconds(base::Instant at) TUTTI_REALTIME {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}
std::uint64_t tenancy(const ParticipantHandle& tenant) TUTTI_REALTIME {
  return std::uint64_t{tenant.generation} << 1 | 1U;
}

constexpr std::uint64_t kTalking = 1;
constexpr std::uint64_t kGateOpen = 2;
constexpr std::uint64_t kMayTalk = 4;
constexpr std::uint64_t kAmongLoudest = 8;
constexpr std::uint64_t kInMix = 16;

// A sample at 8 000 Hz, which is every codec's clock so far.
constexpr std::uint32_t kUsPerSample = 125;

std::uint64_t voice_word(const ReportedState& state) TUTTI_REALTIME {
  const std::uint64_t flags = (state.talking ? kTalking : 0U) | (state.gate_open ? kGateOpen : 0U) |
                              (state.may_talk ? kMayTalk : 0U) | (state.among_loudest ? kAmongLoudest : 0U) |
                              (state.in_mix ? kInMix : 0U);
  return state.packets_sent | std::uint64_t{state.buffer_delay_ms} << 32 |
         std::uint64_t{state.level_dbov} << 48 | flags << 56;
}

void read_voice(std::uint64_t word, ReportedState& state) {
  state.packets_sent = static_cast<std::uint32_t>(word);
  state.buffer_delay_ms = static_cast<std::uint16_t>(word >> 32);
  state.level_dbov = static_cast<std::uint8_t>(word >> 48);
  const std::uint64_t flags = word >> 56;
  state.talking = (flags & kTalking) != 0;
  state.gate_open = (flags & kGateOpen) != 0;
  state.may_talk = (flags & kMayTalk) != 0;
  state.among_loudest = (flags & kAmongLoudest) != 0;
  state.in_mix = (flags & kInMix) != 0;
}

void read_stream(std::uint64_t counts, std::uint64_t quality, ReportedState& state) {
  state.packets_received = static_cast<std::uint32_t>(counts);
  state.packets_lost = static_cast<std::uint32_t>(counts >> 32);
  state.frames_concealed = static_cast<std::uint32_t>(quality);
  state.jitter_us = static_cast<std::uint16_t>(quality >> 32) * kUsPerSample;
  state.recent_loss_x65536 = static_cast<std::uint16_t>(quality >> 48);
}

}  // namespace

std::uint32_t ParticipantReport::packets_dropped() const {
  return std::accumulate(drops.begin(), drops.end(), std::uint32_t{0});
}

ParticipantReports::ParticipantReports(std::uint32_t participants)
    : participants_(participants),
      memory_(participants * sizeof(Record), base::Pages::kPlain),
      records_(static_cast<Record*>(memory_.data())) {
  // Zero is the initial value of all of it, and so pages that nobody uses stay untouched.
  static_assert(std::is_trivially_destructible_v<Record>);
}

void ParticipantReports::begin(const ParticipantHandle& tenant, base::Instant now) TUTTI_REALTIME {
  DCHECK(tenant.slot < participants_);
  Record& record = records_[tenant.slot];
  put(record.tenant, 0);
  // Whoever sees a word of the new tenant also sees that the old one is gone.
  std::atomic_thread_fence(std::memory_order_release);
  put(record.at, nanoseconds(now));
  put(record.voice, voice_word({}));
  for (Word* word : {&record.counts, &record.quality, &record.packet_at, &record.round_trip}) put(*word, 0);
  for (auto& drops : record.drops) drops.store(0, std::memory_order_relaxed);
  record.tenant.store(tenancy(tenant), std::memory_order_release);
}

void ParticipantReports::write_voice(const ParticipantHandle& tenant,
                                     const ReportedState& state) TUTTI_REALTIME {
  put(records_[tenant.slot].at, nanoseconds(state.at));
  put(records_[tenant.slot].voice, voice_word(state));
}

void ParticipantReports::write_stream(const ParticipantHandle& tenant, const ReportedState& state,
                                      base::Instant packet) TUTTI_REALTIME {
  Record& record = records_[tenant.slot];
  const std::uint64_t jitter = std::min<std::uint32_t>(state.jitter_us / kUsPerSample, UINT16_MAX);
  put(record.counts, state.packets_received | std::uint64_t{state.packets_lost} << 32);
  put(record.quality, state.frames_concealed | jitter << 32 | std::uint64_t{state.recent_loss_x65536} << 48);
  put(record.packet_at, nanoseconds(packet));
}

void ParticipantReports::write_round_trip(const ParticipantHandle& tenant,
                                          base::Duration time) TUTTI_REALTIME {
  const auto us = std::clamp<std::int64_t>(time / std::chrono::microseconds(1), 0, UINT32_MAX - 1);
  put(records_[tenant.slot].round_trip, static_cast<std::uint64_t>(us) + 1);
}

void ParticipantReports::count_drop(const ParticipantHandle& tenant, base::DropReason reason) TUTTI_REALTIME {
  DCHECK(static_cast<std::size_t>(reason) < base::kParticipantDropReasons);
  auto& drops = records_[tenant.slot].drops[static_cast<std::size_t>(reason)];
  // One writer: a plain load and store, no locked instruction.
  drops.store(drops.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void ParticipantReports::write(const ParticipantHandle& tenant, const ReportedState& state) {
  write_voice(tenant, state);
  if (state.ms_since_packet != ReportedState::kNever) {
    write_stream(tenant, state, state.at - std::chrono::milliseconds(state.ms_since_packet));
  }
  if (state.round_trip_us != ReportedState::kNever) {
    write_round_trip(tenant, std::chrono::microseconds(state.round_trip_us));
  }
}

std::optional<ParticipantReport> ParticipantReports::read(const ParticipantHandle& tenant) const {
  if (tenant.slot >= participants_) return std::nullopt;
  const Record& record = records_[tenant.slot];
  if (record.tenant.load(std::memory_order_acquire) != tenancy(tenant)) return std::nullopt;
  ParticipantReport report;
  const std::uint64_t at = get(record.at);
  report.at = base::Instant(base::Duration(static_cast<std::int64_t>(at)));
  read_voice(get(record.voice), report);
  read_stream(get(record.counts), get(record.quality), report);
  if (const std::uint64_t packet_at = get(record.packet_at); packet_at != 0) {
    report.has_source = true;
    // A packet may have come since the tick.
    const std::uint64_t since = at > packet_at ? at - packet_at : 0;
    report.ms_since_packet = static_cast<std::uint32_t>(since / 1'000'000);
  }
  if (const std::uint64_t time = get(record.round_trip); time != 0) {
    report.round_trip_us = static_cast<std::uint32_t>(time - 1);
  }
  for (std::size_t i = 0; i < report.drops.size(); ++i) {
    report.drops[i] = record.drops[i].load(std::memory_order_relaxed);
  }
  // The same tenant behind the copy: no word of a later one is in it.
  std::atomic_thread_fence(std::memory_order_acquire);
  if (get(record.tenant) != tenancy(tenant)) return std::nullopt;
  return report;
}

std::optional<ParticipantReport> ParticipantReports::look(std::uint32_t slot) const {
  if (slot >= participants_) return std::nullopt;
  const std::uint64_t tenant = get(records_[slot].tenant);
  if (tenant == 0) return std::nullopt;
  return read({slot, static_cast<std::uint32_t>(tenant >> 1)});
}

}  // namespace tutti::mailbox
