#include "dataplane/net/next_hops.h"

#include <algorithm>
#include <cstring>
#include <vector>

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
      memory_(places * sizeof(Place), base::Pages::kPlain),
      places_(static_cast<Place*>(memory_.data())) {
  CHECK(places > 0);
}

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
  if (!new_.try_push(place)) more_new_.store(true, std::memory_order_release);
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

void NextHops::ask(std::uint32_t place, NeighbourResolver& resolver, base::Instant now) {
  const auto asked = read(places_[place]);
  if (!asked) {
    waiting_.erase(place);
    return;
  }
  const auto found = resolver.ask(asked->second, now);
  places_[place].answer.store(found ? pack(asked->first, *found) : 0, std::memory_order_relaxed);
  if (found) {
    waiting_.erase(place);
  } else {
    waiting_.insert(place);
  }
}

void NextHops::answer(NeighbourResolver& resolver, base::Instant now) {
  // Those without an answer before the new ones, which have just been asked for.
  const std::uint64_t changes = resolver.changes();
  if (changes != changes_ && !waiting_.empty()) {
    const std::vector<std::uint32_t> waiting(waiting_.begin(), waiting_.end());
    for (const std::uint32_t place : waiting) ask(place, resolver, now);
  }
  changes_ = changes;
  std::uint32_t place = 0;
  for (std::size_t i = 0; i < kNewAtOnce && new_.try_pop(place); ++i) ask(place, resolver, now);

  const bool again = again_at_ && now >= *again_at_;
  if (again || !again_at_) again_at_ = now + kAgain;
  if (more_new_.exchange(false, std::memory_order_acquire) || again) anew_left_ = count_;
  const std::uint32_t anew = std::min(anew_left_, kAnewAtOnce);
  for (std::uint32_t i = 0; i < anew; ++i) {
    ask(anew_at_, resolver, now);
    anew_at_ = anew_at_ + 1 == count_ ? 0 : anew_at_ + 1;
  }
  anew_left_ -= anew;
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
