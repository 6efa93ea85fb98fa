#include "tools/load/recording.h"

#include <algorithm>

#include "tools/load/load_plan.h"

namespace tutti::load {
namespace {

// What a probe's length holds, and a fifth more that a stall may hold back until then.
constexpr std::size_t kPacketsPerProbe = 6 * static_cast<std::size_t>(Probe::kLength / base::kTick) / 5;

}  // namespace

void Recording::open(std::span<const base::Instant> probes) {
  probes_.assign(probes.begin(), probes.end());
  kept_.reserve(probes_.size() * kPacketsPerProbe);
}

void Recording::receive(const analyser::RtpPacketView& packet, base::Instant arrival) {
  while (now_ < probes_.size() && arrival >= probes_[now_] + Probe::kLength) ++now_;
  if (now_ == probes_.size() || arrival < probes_[now_]) return;
  if (packet.payload.size() != kBytes || kept_.size() == kept_.capacity()) return;
  Kept kept{arrival, packet.timestamp, packet.ssrc, static_cast<std::uint32_t>(now_), {}};
  std::copy(packet.payload.begin(), packet.payload.end(), kept.codes.begin());
  kept_.push_back(kept);
}

HeardProbe Recording::heard(std::size_t probe, std::size_t samples) const {
  HeardProbe heard;
  heard.samples_.resize(samples);
  const Kept* first = nullptr;
  for (const Kept& kept : kept_) {
    if (kept.probe != probe) continue;
    if (first == nullptr) first = &kept;
    const auto at = std::int64_t{static_cast<std::int32_t>(kept.timestamp - first->timestamp)};
    if (kept.ssrc != first->ssrc || at < 0 || at + std::int64_t{kBytes} > static_cast<std::int64_t>(samples))
      continue;
    const auto place = static_cast<std::size_t>(at);
    analyser::decode_g711(law_, kept.codes, std::span(heard.samples_).subspan(place, kBytes));
    heard.arrivals_.push_back({place, kept.arrival});
  }
  std::stable_sort(heard.arrivals_.begin(), heard.arrivals_.end(),
                   [](const auto& one, const auto& other) { return one.sample < other.sample; });
  return heard;
}

std::optional<base::Instant> HeardProbe::time_of(std::size_t sample) const {
  const auto after =
      std::upper_bound(arrivals_.begin(), arrivals_.end(), sample,
                       [](std::size_t value, const Arrival& arrival) { return value < arrival.sample; });
  if (after == arrivals_.begin()) return std::nullopt;
  const Arrival& packet = *std::prev(after);
  return packet.at + std::chrono::microseconds(125) * static_cast<std::int64_t>(sample - packet.sample);
}

}  // namespace tutti::load
