// What a conference that sits on several cores costs each of them in a tick: its share published, and those
// of so many peers read and added.

#include <cstdint>
#include <memory>

#include <benchmark/benchmark.h>

#include "dataplane/core/peer_mixes.h"

namespace {

using namespace tutti;

// range(0) peers, each with range(1) voices in its share.
void exchange(benchmark::State& state) {
  const auto peers = static_cast<std::uint32_t>(state.range(0));
  core::RingDirectory rings(peers + 1, 1);
  mailbox::CoreCounters counters;
  const auto mixes = std::make_unique<core::PeerMixes>(rings, 0, 1, counters);
  core::Conference conference;
  mixer::ConferenceMixer mixer;
  mixer::MixPart part;
  part.contributors = static_cast<std::uint32_t>(state.range(1));
  const base::SumFrame sum;
  if (peers != 0) rings.attach_reader(0, 0);  // as the peers would
  const base::Frame own;
  for (std::uint32_t peer = 1; peer <= peers; ++peer) {
    rings.open(peer, 0).pass_to(0);
    mixes->link(conference, peer, peer, {0, 0});
  }
  // The peers' ticks are there beforehand; what is measured is ours.
  constexpr std::uint64_t kBatch = mixer::MixRing::kTicks - 1;
  std::uint64_t tick = 0;
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    for (std::uint32_t peer = 1; peer <= peers; ++peer) {
      for (std::uint64_t i = 0; i < kBatch; ++i) rings.open(peer, 0).publish(tick + i, part, sum);
    }
    state.ResumeTiming();
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      mixer.begin_tick();
      mixer.add(own);
      mixes->exchange(conference, {tick++, 4, {}}, mixer);
      benchmark::DoNotOptimize(mixer.sum());
    }
  }
  state.counters["missed"] = static_cast<double>(counters.peer_ticks_missed.value());
}
BENCHMARK(exchange)->ArgNames({"peers", "voices"})->ArgsProduct({{0, 1, 7, 63}, {0, 1}});

}  // namespace

BENCHMARK_MAIN();
