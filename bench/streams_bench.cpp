// What a participant's two streams cost for a tick, and what one more takes in memory.
//
// The streams of many participants are walked in turn, so that their state comes from the cache level
// that it would come from on a core.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "dataplane/rtp/rtp_packet.h"
#include "dataplane/stream/inbound_stream.h"
#include "dataplane/stream/outbound_stream.h"
#include "mixer/codec/codec.h"

namespace {

using namespace tutti;

constexpr std::size_t kPacketBytes = rtp::kRtpHeaderBytes + base::kFrameSamples;

stream::ReceiveFormats receive_formats() {
  stream::ReceiveFormats formats;
  formats.audio[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
  return formats;
}

// A packet in and a frame out for each of range(0) participants, range(1) % of the packets lost.
void inbound(benchmark::State& state) {
  const auto participants = static_cast<std::size_t>(state.range(0));
  const auto loss_percent = static_cast<std::uint32_t>(state.range(1));
  std::vector<stream::Concealer::State> concealers(participants);
  std::vector<stream::InboundStream> streams(concealers.begin(), concealers.end());
  stream::PayloadPool pool(static_cast<std::uint32_t>(participants * 6 + 64), 64);
  for (auto& stream : streams) stream.attach(receive_formats(), std::chrono::milliseconds(40));
  std::array<std::byte, kPacketBytes> datagram;
  for (std::size_t i = 0; i < datagram.size(); ++i) datagram[i] = static_cast<std::byte>(i * 37);
  base::Frame frame;
  base::Instant now;
  std::uint32_t random = 1;
  rtp::RtpHeader header;
  for (auto _ : state) {
    rtp::write_rtp_header(datagram, header);
    for (auto& stream : streams) {
      random = random * 1'664'525 + 1'013'904'223;
      const bool lost = (random >> 16) % 100 < loss_percent;
      if (const auto packet = rtp::parse_rtp(datagram); packet && !lost) {
        benchmark::DoNotOptimize(stream.receive(*packet, now, pool));
      }
      benchmark::DoNotOptimize(stream.pop(frame, pool));
    }
    header.sequence_number = header.sequence_number + 1;
    header.timestamp = header.timestamp + 160;
    now += base::kTick;
  }
  for (auto& stream : streams) stream.detach(pool);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes"] = sizeof(stream::InboundStream);
}
BENCHMARK(inbound)->Args({64, 0})->Args({4'096, 0})->Args({4'096, 2});

// A tick and, where one is due, the half tick after it; range(1) is the ptime in ms.
void outbound(benchmark::State& state) {
  const auto participants = static_cast<std::size_t>(state.range(0));
  std::vector<stream::Packetizer::Room> rooms(participants);
  std::vector<stream::OutboundStream> streams(rooms.begin(), rooms.end());
  stream::SendFormat format;
  format.audio = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
  format.ptime_ms = static_cast<std::uint8_t>(state.range(1));
  for (auto& stream : streams) stream.attach({}, format);
  base::Frame frame;
  for (std::size_t i = 0; i < frame.samples.size(); ++i)
    frame.samples[i] = static_cast<std::int16_t>(i * 199);
  std::array<std::byte, stream::OutboundStream::kPacketBytesMax> out;
  std::array<std::byte, stream::Packetizer::kFrameBytes> encoded;
  base::Instant now;
  for (auto _ : state) {
    for (auto& stream : streams) {
      if (stream.whole_frame_due()) {
        const auto whole = std::span(out).first<rtp::kRtpHeaderBytes + base::kFrameSamples>();
        stream.pass_frame(now, whole.first<rtp::kRtpHeaderBytes>());
        codec::encode(codec::CodecId::kPcmu, frame.samples, whole.subspan<rtp::kRtpHeaderBytes>());
      } else {
        codec::encode(codec::CodecId::kPcmu, frame.samples, encoded);
        benchmark::DoNotOptimize(stream.tick(encoded, now, out));
      }
      if (stream.half_tick_due()) benchmark::DoNotOptimize(stream.half_tick(out));
    }
    now += base::kTick;
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes"] = sizeof(stream::OutboundStream);
}
BENCHMARK(outbound)->Args({64, 20})->Args({4'096, 20})->Args({4'096, 10})->Args({4'096, 60});

}  // namespace

BENCHMARK_MAIN();
