// What a core's turn costs for a participant and a tick, without packets: a network that takes and brings
// at once, out of one buffer.
//
// Names: turn/<target>/participants:N/size:S/talkers:T[/strewn], for the best target of this processor and
// for AVX2. N participants in conferences of S, of whom T speak; strewn: a conference's slots lie far apart,
// as where callers of many rooms come in turn; classes: what is heard has five gains and leaves in packets of
// 10, 20, 30 and 60 ms, each by each. Counters, ns a participant-frame (one packet in and one out):
//   tick_ns_per_frame       the tick: take, gate, decode, sum, N-1, encode, header, RTCP, the wheel, eight
//                           turns
//   reception_ns_per_frame  demux, RTP checks, statistics, jitter buffer; and the port that writes
//                           the packets
//   ns_per_frame            both, and all else of the turns: nothing is left out
// Not in it: the network's own work, and the cache misses of its buffers: all packets leave from one, or from
// sixteen that are taken together; a payload that many share is copied there.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "dataplane/core/media_core.h"
#include "dataplane/net/packet_pieces.h"
#include "dataplane/rtp/rtp_packet.h"
#include "mixer/kernel/kernels.h"

namespace {

using namespace tutti;

constexpr std::size_t kPacketBytes = rtp::kRtpHeaderBytes + base::kFrameSamples;

struct Load {
  std::uint32_t participants;
  std::uint32_t size;
  std::uint32_t talkers;
  bool strewn = false;
  bool classes = false;

  // The participant who joins as the i-th of all, room after room.
  std::uint32_t slot(std::uint32_t i) const {
    const std::uint32_t rooms = participants / size;
    return strewn ? i % size * rooms + i / size : i;
  }
  bool talks(std::uint32_t slot) const {
    return (strewn ? slot / (participants / size) : slot % size) < talkers;
  }
};

// Brings a packet of every endpoint once a tick, in order of their numbers, as a kernel or a card would
// have left it in memory; who does not talk sends silence.
class LoopPort final : public net::PacketPort {
 public:
  explicit LoopPort(const Load& load) : endpoints_(load.participants), datagrams_(load.participants) {
    for (std::uint32_t i = 0; i < endpoints_; ++i) {
      for (std::size_t at = rtp::kRtpHeaderBytes; at < kPacketBytes; ++at) {
        datagrams_[i][at] = load.talks(i) ? static_cast<std::byte>(i * 37 + at * 11) : std::byte{0xFF};
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
  bool send(net::EndpointId, net::Flow, const base::SocketAddress&, std::span<const std::byte> head,
            std::span<const std::byte> payload) TUTTI_REALTIME override {
    net::copy_pieces(out_.data(), head, payload);
    benchmark::DoNotOptimize(out_.data());
    ++sent_;
    return true;
  }
  std::size_t send(std::span<const net::PacketHead> heads,
                   std::span<const std::byte> payload) TUTTI_REALTIME override {
    for (const net::PacketHead& head : heads) {
      net::copy_pieces(out_.data(), head.bytes, payload);
      benchmark::DoNotOptimize(out_.data());
    }
    sent_ += heads.size();
    return heads.size();
  }
  std::size_t reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME override {
    const std::size_t count = std::min(places.size(), several_.size());
    for (std::size_t i = 0; i < count; ++i) places[i] = several_[i].payload.data();
    return count;
  }
  void send_reserved(std::span<const net::PacketHead> heads, std::size_t) TUTTI_REALTIME override {
    for (std::size_t i = 0; i < heads.size(); ++i) {
      several_[i].head = heads[i].bytes;
    }
    benchmark::DoNotOptimize(several_.data());
    sent_ += heads.size();
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
  struct alignas(64) Buffer {
    std::array<std::byte, 64 - rtp::kRtpHeaderBytes> lower_heads;
    std::array<std::byte, rtp::kRtpHeaderBytes> head;
    std::array<std::uint8_t, 192> payload;
  };
  std::array<Buffer, 16> several_;
  base::Instant now_;
  std::uint32_t next_ = UINT32_MAX;
  std::uint32_t sequence_ = 0;
  std::uint64_t sent_ = 0;
  Counters counters_;
};

void turn(benchmark::State& state, const std::string& target, const Load& load) {
  const std::string before(kernel::active_target());
  if (!kernel::use_target(target)) return state.SkipWithError("no such target here");
  const std::uint32_t participants = load.participants;
  const std::uint32_t size = load.size;
  LoopPort port(load);
  mailbox::Mailbox mailbox(2 * participants + 16);
  core::CoreOptions options;
  options.capacity = {participants, participants / size + 1};
  core::MediaCore core(options, port, mailbox);
  core.make_ready(participants - 1);
  for (std::uint32_t i = 0; i < participants; ++i) {
    const mailbox::ConferenceHandle conference{i / size, 1};
    if (i % size == 0 && !mailbox.post(mailbox::OpenConference{conference})) state.SkipWithError("mailbox");
    mailbox::AttachParticipant attach;
    attach.participant = {load.slot(i), 1};
    attach.conference = conference;
    attach.media.remote_rtp = attach.media.remote_rtcp = *base::parse_address_and_port("192.0.2.1:4000");
    attach.media.codecs[0] = {rtp::PayloadType{0}, codec::CodecId::kPcmu};
    attach.media.codec_count = 1;
    if (load.classes) {
      constexpr std::array<std::int8_t, 5> kGainsDb{0, 3, -3, 6, -6};
      constexpr std::array<std::uint8_t, 4> kPtimesMs{20, 10, 30, 60};
      attach.mix.gain_out_db = kGainsDb[i % kGainsDb.size()];
      attach.media.ptime_ms = kPtimesMs[i % kPtimesMs.size()];
    }
    attach.ssrc = rtp::Ssrc{1'000'000 + i};
    if (!mailbox.post(attach)) state.SkipWithError("mailbox");
  }
  base::Instant now(std::chrono::seconds(1));
  base::Duration receiving{0}, ticking{0};
  const auto tick = [&] {
    const auto begin = std::chrono::steady_clock::now();
    port.arrive(now);
    // No sub-slot is due yet; a turn takes so many packets at most.
    for (std::uint32_t taken = 0; taken < participants; taken += 4'096)
      core.run_once(now - base::Duration(1));
    const auto received = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0; i < core::kSubSlots; ++i) {
      core.run_once(now);
      now += core::kSubSlot;
    }
    const auto end = std::chrono::steady_clock::now();
    receiving += received - begin;
    ticking += end - received;
  };
  core.run_once(now);  // the wheel starts
  now += core::kSubSlot;
  // Everyone attached, every jitter buffer at its delay.
  for (std::uint32_t i = 0; i < participants / 512 + 10; ++i) tick();
  const std::uint64_t sent = port.sent();
  receiving = ticking = base::Duration{0};
  for (auto _ : state) tick();
  const auto frames = static_cast<double>(state.iterations()) * participants;
  state.SetItemsProcessed(static_cast<std::int64_t>(frames));
  const auto per_frame = [frames](base::Duration time) { return static_cast<double>(time.count()) / frames; };
  state.counters["ns_per_frame"] = per_frame(receiving + ticking);
  state.counters["reception_ns_per_frame"] = per_frame(receiving);
  state.counters["tick_ns_per_frame"] = per_frame(ticking);
  state.counters["sent_per_frame"] = static_cast<double>(port.sent() - sent) / frames;
  kernel::use_target(before);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string best(kernel::active_target());
  for (const std::string& target : {best, std::string("AVX2")}) {
    for (const Load& load : {Load{64, 8, 8}, Load{4'000, 8, 8}, Load{4'000, 8, 8, true}, Load{4'000, 8, 2},
                             Load{4'000, 4'000, 4}, Load{4'000, 4'000, 4, false, true},
                             Load{4'000, 8, 8, false, true}, Load{32'000, 8, 8}, Load{32'000, 32'000, 4}}) {
      const std::string name = "turn/" + target + "/participants:" + std::to_string(load.participants) +
                               "/size:" + std::to_string(load.size) +
                               "/talkers:" + std::to_string(load.talkers) + (load.strewn ? "/strewn" : "") +
                               (load.classes ? "/classes" : "");
      benchmark::RegisterBenchmark(name.c_str(), turn, target, load);
    }
    if (best == "AVX2") break;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
