// OutboundStream: the sending side of one participant: an encoded frame a tick in, RTP packets out when due.
//
// Source: RFC 3550, 5.1; RFC 3551, 4.1 (timestamps go on while nothing is sent, the marker says where a
// talkspurt begins).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/rtp/rtcp_packet.h"
#include "dataplane/rtp/rtp_packet.h"
#include "dataplane/rtp/types.h"
#include "dataplane/stream/formats.h"
#include "dataplane/stream/packetizer.h"
#include "mixer/codec/codec.h"

namespace tutti::stream {

// The three random starts of RFC 3550, 5.1.
struct SourceIdentity {
  rtp::Ssrc ssrc{};
  rtp::SequenceNumber first_sequence_number;
  rtp::RtpTimestamp first_timestamp;
};

// Thread: the core. A core does this for each participant:
//   every tick:   bytes = out.tick(frame, now, out.tick_due() ? port.reserve() : span{}); send if not zero
//   10 ms later:  if (out.half_tick_due()) the same with half_tick()
class alignas(64) OutboundStream {
 public:
  // 60 ms of G.711 and the header.
  static constexpr std::size_t kPacketBytesMax = rtp::kRtpHeaderBytes + 480;

  explicit OutboundStream(Packetizer::Room& room) TUTTI_REALTIME : packetizer_(room) {}

  void attach(const SourceIdentity& identity, const SendFormat& format) TUTTI_REALTIME;
  // A new agreement. The codec and the direction change with the next packet, for what waits of it, too;
  // the ptime, where audio of the old one waits, at most two packets later.
  void configure(const SendFormat& format) TUTTI_REALTIME;

  // Whether the call would write a packet.
  bool tick_due() const TUTTI_REALTIME { return format_.may_send && packetizer_.tick_due(); }
  bool half_tick_due() const TUTTI_REALTIME { return format_.may_send && packetizer_.half_tick_due(); }

  // Whether anything is sent at all; else tick() looks at no frame.
  bool may_send() const TUTTI_REALTIME { return format_.may_send; }

  // Takes the frame whose first sample belongs to `now`, encoded by codec(). To be called once every tick,
  // whether anything may be sent or not: this is what moves the timestamps. Writes a packet to the front of
  // `out` if one is due; with less than its bytes there (no buffer was free) it counts as lost on the way.
  // Shapes: a whole frame, or nothing where may_send() is false. Returns the bytes written, or zero.
  std::size_t tick(std::span<const std::byte> frame, base::Instant now,
                   std::span<std::byte> out) TUTTI_REALTIME;
  // Whether the packet of this tick is one whole frame: then its payload may leave from where it was made,
  // perhaps for others, too.
  bool whole_frame_due() const TUTTI_REALTIME { return format_.may_send && packetizer_.whole_frame_due(); }
  codec::CodecId codec() const TUTTI_REALTIME { return format_.audio.codec; }
  // Instead of tick(), where whole_frame_due(): writes the header of the frame's packet, which counts as sent
  // unless it is taken back.
  void pass_frame(base::Instant now, std::span<std::byte, rtp::kRtpHeaderBytes> head) TUTTI_REALTIME;
  // The packet that pass_frame() wrote that header of was the last one, and is lost on the way.
  void take_back(std::span<const std::byte, rtp::kRtpHeaderBytes> head) TUTTI_REALTIME;

  // 10 ms after tick(): the packet that is due between two ticks. May be left out unless half_tick_due();
  // left out then, it counts as lost on the way.
  std::size_t half_tick(std::span<std::byte> out) TUTTI_REALTIME;

  // So many ticks were left out: the timestamps go on, a new talkspurt begins.
  void skip(std::uint32_t ticks) TUTTI_REALTIME;

  rtp::Ssrc ssrc() const TUTTI_REALTIME { return ssrc_; }
  std::uint32_t packets_sent() const TUTTI_REALTIME { return next_.packets; }
  // For the sender report that leaves at `now`, which is `ntp_now` on the wall clock.
  rtp::SenderInfo sender_info(base::Instant now, std::uint64_t ntp_now) const TUTTI_REALTIME;

 private:
  std::size_t write(const PacketPayload& payload, std::span<std::byte> out) TUTTI_REALTIME;
  void write_header(std::span<std::byte, rtp::kRtpHeaderBytes> head) const TUTTI_REALTIME;

  // Of the next packet, and of those that were sent before it: moved on together, by one instruction.
  struct alignas(16) Next {
    std::uint32_t timestamp = 0;  // of its first sample
    std::uint32_t number = 0;     // its lower half is on the line
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
    void pass(std::uint32_t samples, std::uint32_t sent, std::uint32_t bytes_sent) TUTTI_REALTIME {
      timestamp += samples;
      number += 1;
      packets += sent;
      octets += bytes_sent;
    }
  };

  Next next_;
  rtp::Ssrc ssrc_{};
  SendFormat format_;
  std::uint32_t first_word_ = 0;  // of the next packet's header, but for its number
  base::Instant tick_at_;         // when the last frame was handed in
  Packetizer packetizer_;
};

inline void OutboundStream::write_header(std::span<std::byte, rtp::kRtpHeaderBytes> head) const
    TUTTI_REALTIME {
  rtp::write_rtp_header(head, first_word_ | (next_.number & 0xFFFF), rtp::RtpTimestamp(next_.timestamp),
                        ssrc_);
}

inline void OutboundStream::pass_frame(base::Instant now,
                                       std::span<std::byte, rtp::kRtpHeaderBytes> head) TUTTI_REALTIME {
  DCHECK(whole_frame_due());
  tick_at_ = now;
  write_header(head);
  first_word_ &= ~rtp::kRtpMarker;
  next_.pass(base::kFrameSamples, 1, Packetizer::kFrameBytes);
}

static_assert(sizeof(OutboundStream) == 64);

}  // namespace tutti::stream
