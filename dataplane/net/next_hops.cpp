#include "dataplane/net/next_hops.h"

#include <cstring>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

constexpr std::uint64_t kMacMask = (std::uint64_t{1} << 48) - 1;

std::uint64_t pack(std::uint16_t version, const MacAddress& mac) {
  std::uint64_t packed = version;
  for (const std::uint8_t byte : mac) packed = packed << 8 | byte;
  return packed;
}

}  // namespace

NextHops::NextHops(std::uint32_t places)
    : count_(places),
      places_(std::make_unique<Place[]>(places)),
      answered_(std::make_unique<std::uint16_t[]>(places)) {}

void NextHops::set(std::uint32_t place, const base::SocketAddress& to) TUTTI_REALTIME {
  DCHECK(place < count_ && to.valid());
  Place& asked = places_[place];
  std::uint64_t halves[2];
  static_assert(sizeof(halves) == sizeof(to.ip));
  std::memcpy(halves, to.ip.data(), sizeof(halves));
  asked.version.store(0, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  asked.ip_high.store(halves[0], std::memory_order_relaxed);
  asked.ip_low.store(halves[1], std::memory_order_relaxed);
  asked.family.store(static_cast<std::uint8_t>(to.family), std::memory_order_relaxed);
  if (++asked.last_version == 0) ++asked.last_version;
  asked.version.store(asked.last_version, std::memory_order_release);
  sets_.store(sets_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

void NextHops::clear(std::uint32_t place) TUTTI_REALTIME {
  DCHECK(place < count_);
  places_[place].version.store(0, std::memory_order_relaxed);
}

std::optional<MacAddress> NextHops::find(std::uint32_t place) const TUTTI_REALTIME {
  const Place& asked = places_[place];
  const std::uint64_t answer = asked.answer.load(std::memory_order_relaxed);
  const std::uint16_t version = asked.version.load(std::memory_order_relaxed);
  if (version == 0 || answer >> 48 != version) return std::nullopt;
  MacAddress mac;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    mac[i] = static_cast<std::uint8_t>((answer & kMacMask) >> (40 - 8 * i));
  }
  return mac;
}

std::optional<std::pair<std::uint16_t, base::SocketAddress>> NextHops::read(const Place& place) const {
  const std::uint16_t version = place.version.load(std::memory_order_acquire);
  if (version == 0) return std::nullopt;
  const std::uint64_t halves[2] = {place.ip_high.load(std::memory_order_relaxed),
                                   place.ip_low.load(std::memory_order_relaxed)};
  base::SocketAddress to;
  std::memcpy(to.ip.data(), halves, sizeof(halves));
  to.family = static_cast<base::AddressFamily>(place.family.load(std::memory_order_relaxed));
  std::atomic_thread_fence(std::memory_order_acquire);
  if (place.version.load(std::memory_order_relaxed) != version) return std::nullopt;
  return std::pair(version, to);
}

void NextHops::answer(NeighbourResolver& resolver, base::Instant now) {
  const bool again = now >= again_at_;
  if (again) again_at_ = now + kAgain;
  const bool more = resolver.changes() != changes_;
  changes_ = resolver.changes();
  const std::uint64_t sets = sets_.load(std::memory_order_acquire);
  if (!again && !more && sets == seen_sets_) return;
  seen_sets_ = sets;
  for (std::uint32_t i = 0; i < count_; ++i) {
    const auto asked = read(places_[i]);
    if (!asked) continue;
    const bool is_new = answered_[i] != asked->first;
    const bool without = places_[i].answer.load(std::memory_order_relaxed) == 0;
    if (!again && !is_new && !(more && without)) continue;
    const auto found = resolver.ask(asked->second, now);
    answered_[i] = asked->first;
    places_[i].answer.store(found ? pack(asked->first, *found) : 0, std::memory_order_relaxed);
  }
}

NextHopThread::NextHopThread(NextHops& hops, std::unique_ptr<NeighbourResolver> resolver)
    : hops_(hops), resolver_(std::move(resolver)), thread_([this] { run(); }) {}

NextHopThread::~NextHopThread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void NextHopThread::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, NextHops::kNewEvery, [this] { return stop_; })) {
    hops_.answer(*resolver_, base::monotonic_now());
  }
}

}  // namespace tutti::net
