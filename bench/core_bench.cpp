// What a core's turn costs for a participant and a tick, without packets: a network that takes and brings
// at once, out of one buffer.
//
// Everything else of the real turn is in it: demux, RTP checks, jitter buffer, decode, sum, N-1, encode,
// headers, RTCP, the wheel. Items are participant-frames: one packet in and one out.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "dataplane/core/media_core.h"
#include "dataplane/rtp/rtp_packet.h"
#include "mixer/kernel/kernels.h"

namespace {

using namespace tutti;

constexpr std::size_t kPacketBytes = rtp::kRtpHeaderBytes + base::kFrameSamples;

// Brings a packet of every endpoint once a tick, in order of their numbers, as a kernel or a card would
// have left it in memory; every `talkers`-th of `of` speaks, the others send silence.
class LoopPort final : public net::PacketPort {
 public:
  LoopPort(std::uint32_t endpoints, std::uint32_t talkers, std::uint32_t of)
      : endpoints_(endpoints), datagrams_(endpoints) {
    for (std::uint32_t i = 0; i < endpoints; ++i) {
      for (std::size_t at = rtp::kRtpHeaderBytes; at < kPacketBytes; ++at) {
        datagrams_[i][at] = i % of < talkers ? static_cast<std::byte>(i * 37 + at * 11) : std::byte{0xFF};
      }
    }
  }

  // A tick of packets is there to be received.
  void arrive(base::Instant now) {
    now_ = now;
    next_ = 0;
    ++sequence_;
  }

  bool attach(net::EndpointId, const base::EndpointHandles&) TUTTI_REALTIME override { return true; }
  void detach(net::EndpointId) TUTTI_REALTIME override {}
  std::optional<net::EndpointId> next_detached() TUTTI_REALTIME override { return std::nullopt; }
  void connect(net::EndpointId, net::Flow, const base::SocketAddress&) TUTTI_REALTIME override {}
  void disconnect(net::EndpointId, net::Flow) TUTTI_REALTIME override {}

  std::span<const net::ReceivedPacket> receive() TUTTI_REALTIME override {
    std::size_t count = 0;
    for (; next_ < endpoints_ && count < kReceiveBatch; ++next_, ++count) {
      rtp::RtpHeader header;
      header.sequence_number = rtp::SequenceNumber(static_cast<std::uint16_t>(sequence_));
      header.timestamp = rtp::RtpTimestamp(sequence_ * static_cast<std::uint32_t>(base::kFrameSamples));
      header.ssrc = rtp::Ssrc{next_};
      rtp::write_rtp_header(datagrams_[next_], header);
      batch_[count] = {net::EndpointId{next_}, net::Flow::kRtp, {}, now_, datagrams_[next_]};
    }
    return std::span(batch_).first(count);
  }

  std::span<std::byte> reserve() TUTTI_REALTIME override { return out_; }
  void send(net::EndpointId, net::Flow, const base::SocketAddress&,
            std::size_t bytes) TUTTI_REALTIME override {
    benchmark::DoNotOptimize(out_.data());
    sent_ += bytes != 0 ? 1 : 0;
  }
  void flush() TUTTI_REALTIME override {}
  void wait_until(base::Instant) override {}
  const Counters& counters() const TUTTI_REALTIME override { return counters_; }
  std::uint64_t sent() const { return sent_; }

 private:
  const std::uint32_t endpoints_;
  std::vector<std::array<std::byte, kPacketBytes>> datagrams_;
  std::array<net::ReceivedPacket, kReceiveBatch> batch_;
  std::array<std::byte, net::kPayloadBytesMax> out_;
  base::Instant now_;
  std::uint32_t next_ = UINT32_MAX;
  std::uint32_t sequence_ = 0;
  std::uint64_t sent_ = 0;
  Counters counters_;
};

// range(0) participants in conferences of range(1), of whom range(2) speak.
void turn(benchmark::State& state) {
  const auto participants = static_cast<std::uint32_t>(state.range(0));
  const auto size = static_cast<std::uint32_t>(state.range(1));
  const auto talkers = static_cast<std::uint32_t>(state.range(2));
  LoopPort port(participants, talkers, size);
  mailbox::Mailbox mailbox(2 * participants + 16);
  core::CoreOptions options;
  options.capacity = {participants, participants / size + 1};
  core::MediaCore core(options, port, mailbox);
  for (std::uint32_t i = 0; i < participants; ++i) {
    const mailbox::ConferenceHandle conference{i / size, 1};
    if (i % size == 0 && !mailbox.post(mailbox::OpenConference{conference})) state.SkipWithError("mailbox");
    mailbox::AttachParticipant attach;
    attach.participant = {i, 1};
    attach.conference = conference;
    attach.media.remote_rtp = attach.media.remote_rtcp = *base::parse_address_and_port("192.0.2.1:4000");
    attach.media.codecs[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
    attach.media.codec_count = 1;
    attach.ssrc = rtp::Ssrc{1'000'000 + i};
    if (!mailbox.post(attach)) state.SkipWithError("mailbox");
  }
  base::Instant now(std::chrono::seconds(1));
  const auto tick = [&] {
    port.arrive(now);
    for (std::uint32_t i = 0; i < core::kSubSlots; ++i) {
      core.run_once(now);
      now += core::kSubSlot;
    }
  };
  // Everyone attached, every jitter buffer at its delay.
  for (std::uint32_t i = 0; i < participants / 512 + 10; ++i) tick();
  const std::uint64_t sent = port.sent();
  for (auto _ : state) tick();
  const auto frames = state.iterations() * state.range(0);
  state.SetItemsProcessed(frames);
  state.counters["ns_per_frame"] = benchmark::Counter(
      static_cast<double>(frames) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["sent_per_frame"] = static_cast<double>(port.sent() - sent) / static_cast<double>(frames);
}

BENCHMARK(turn)
    ->ArgNames({"participants", "size", "talkers"})
    ->Args({64, 8, 8})
    ->Args({4'000, 8, 8})
    ->Args({4'000, 8, 2})
    ->Args({4'000, 4'000, 4})
    ->Args({32'000, 8, 8})
    ->Args({32'000, 32'000, 4});

}  // namespace

BENCHMARK_MAIN();
