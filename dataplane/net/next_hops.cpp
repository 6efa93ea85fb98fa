#include "dataplane/net/next_hops.h"

#include <cstring>
#include <map>

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

NextHops::NextHops(const LocalInterface& interface, std::uint32_t places)
    : count_(places),
      places_(std::make_unique<Place[]>(places)),
      query_(interface),
      answered_(std::make_unique<std::uint16_t[]>(places)),
      thread_([this] { run(); }) {}

NextHops::~NextHops() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
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

void NextHops::answer_all(bool again) {
  std::map<std::array<std::uint8_t, 16>, std::optional<MacAddress>> known;  // of this moment
  for (std::uint32_t i = 0; i < count_; ++i) {
    const auto asked = read(places_[i]);
    if (!asked || (!again && answered_[i] == asked->first)) continue;
    const auto [found, is_new] = known.try_emplace(asked->second.ip);
    if (is_new) found->second = query_.ask(asked->second);
    answered_[i] = asked->first;
    places_[i].answer.store(found->second ? pack(asked->first, *found->second) : 0,
                            std::memory_order_relaxed);
  }
}

void NextHops::run() {
  std::unique_lock lock(mutex_);
  auto again_at = std::chrono::steady_clock::now() + kAgain;
  while (!wake_.wait_for(lock, kNewEvery, [this] { return stop_; })) {
    const auto now = std::chrono::steady_clock::now();
    const bool again = now >= again_at;
    if (again) again_at = now + kAgain;
    answer_all(again);
  }
}

}  // namespace tutti::net
