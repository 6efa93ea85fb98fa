#include "dataplane/mailbox/participant_report.h"

#include <cstring>
#include <numeric>
#include <type_traits>

#include "dataplane/base/check.h"

namespace tutti::mailbox {

static_assert(std::is_trivially_copyable_v<ReportedState>);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

namespace {

// Nobody writes twice in so short a time that a reader would be disturbed more often.
constexpr int kTries = 16;

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
  const std::uint32_t version = record.version.load(std::memory_order_relaxed);
  record.version.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  record.generation.store(tenant.generation, std::memory_order_relaxed);
  for (auto& drops : record.drops) drops.store(0, std::memory_order_relaxed);
  store(record, {.at = now});
  record.version.store(version + 2, std::memory_order_release);
}

void ParticipantReports::write(const ParticipantHandle& tenant, const ReportedState& state) TUTTI_REALTIME {
  DCHECK(tenant.slot < participants_);
  Record& record = records_[tenant.slot];
  const std::uint32_t version = record.version.load(std::memory_order_relaxed);
  record.version.store(version + 1, std::memory_order_relaxed);
  // Whoever sees a word of the new state also sees that the record is being written.
  std::atomic_thread_fence(std::memory_order_release);
  store(record, state);
  record.version.store(version + 2, std::memory_order_release);
}

void ParticipantReports::store(Record& record, const ReportedState& state) TUTTI_REALTIME {
  std::array<std::uint64_t, kWords> words;
  std::memcpy(words.data(), &state, sizeof words);
  for (std::size_t i = 0; i < kWords; ++i) record.words[i].store(words[i], std::memory_order_relaxed);
}

void ParticipantReports::count_drop(const ParticipantHandle& tenant, base::DropReason reason) TUTTI_REALTIME {
  auto& drops = records_[tenant.slot].drops[static_cast<std::size_t>(reason)];
  // One writer: a plain load and store, no locked instruction.
  drops.store(drops.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

ReportedState ParticipantReports::last(const ParticipantHandle& tenant) const TUTTI_REALTIME {
  const Record& record = records_[tenant.slot];
  std::array<std::uint64_t, kWords> words;
  for (std::size_t i = 0; i < kWords; ++i) words[i] = record.words[i].load(std::memory_order_relaxed);
  ReportedState state;
  std::memcpy(&state, words.data(), sizeof words);
  return state;
}

std::optional<ParticipantReport> ParticipantReports::read(const ParticipantHandle& tenant) const {
  if (tenant.slot >= participants_) return std::nullopt;
  const Record& record = records_[tenant.slot];
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t version = record.version.load(std::memory_order_acquire);
    if (version == 0) return std::nullopt;
    if (version % 2 != 0) continue;
    const std::uint32_t generation = record.generation.load(std::memory_order_relaxed);
    ParticipantReport report;
    static_cast<ReportedState&>(report) = last(tenant);
    for (std::size_t drop = 0; drop < report.drops.size(); ++drop) {
      report.drops[drop] = record.drops[drop].load(std::memory_order_relaxed);
    }
    // Unchanged behind the copy: no word of a later state is in it.
    std::atomic_thread_fence(std::memory_order_acquire);
    if (record.version.load(std::memory_order_relaxed) != version) continue;
    if (generation != tenant.generation) return std::nullopt;
    return report;
  }
  return std::nullopt;
}

}  // namespace tutti::mailbox
