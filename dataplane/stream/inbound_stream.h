// InboundStream: the receiving side of one participant: packets of any ptime in, one frame a tick out.
//
// Follows one SSRC. A second one takes over with two packets in sequence between which none of the first
// came; until then it is counted and disturbs nothing. Source: RFC 3550, A.1; RFC 4733 for keys.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop_reason.h"
#include "dataplane/base/prefetch.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/tick.h"
#include "dataplane/rtp/reception_statistics.h"
#include "dataplane/rtp/rtp_packet.h"
#include "dataplane/stream/coded_block.h"
#include "dataplane/stream/concealer.h"
#include "dataplane/stream/formats.h"
#include "dataplane/stream/inbound_frame.h"
#include "dataplane/stream/jitter_buffer.h"
#include "dataplane/stream/key_detector.h"
#include "dataplane/stream/payload_pool.h"

namespace tutti::stream {

// Thread: the core. Owns: the blocks its packets wait in and the last two played, from which concealment
// learns when something is lost, and not before; detach() gives them back.
class alignas(64) InboundStream {
 public:
  // The state outlives it.
  explicit InboundStream(Concealer::State& concealer) TUTTI_REALTIME : concealer_(concealer) {}

  // `delay` is kept between a packet's arrival and the tick that plays it, besides the wait for the
  // tick itself; zero plays a packet at the next tick.
  void attach(const ReceiveFormats& formats, base::Duration delay) TUTTI_REALTIME;
  // A new agreement; what waits is still played.
  void configure(const ReceiveFormats& formats) TUTTI_REALTIME;
  // Gives back every block and forgets the source; the totals stay until the next attach.
  void detach(PayloadPool& pool) TUTTI_REALTIME;
  // Errors: kUnknownPayloadType, kProbation, kDuplicate, kLate, kTooFarAhead, kBufferFull, kOversize,
  // kMalformed (no payload), kTruncated (half an event). `owner`: on whose shelf the payload is to wait.
  Receipt receive(const rtp::RtpPacket& packet, base::Instant arrival, PayloadPool& pool,
                  PayloadPool::Owner owner = PayloadPool::kNobody) TUTTI_REALTIME;

  // The frame of this tick, written whole. To be called once every tick, heard or not.
  FrameKind pop(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME;
  // The same of a core that is late and must not make it worse: for what is lost there is no search, but the
  // frame before it once more, faded out, and then silence; and no delay is given back but in what is quiet.
  FrameKind pop_in_haste(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME;
  // The same where the frame is one whole packet and nothing is to be done to it; none, and nothing done,
  // where pop() must look closer. `own`: the shelf of receive()'s owner.
  EncodedFrame try_pop_encoded(PayloadPool& pool, const PayloadPool::Shelf& own) TUTTI_REALTIME;

  // The same without the audio, for who is not in the mix: nothing is decoded, and what follows is not
  // concealed from what came before.
  void skip(PayloadPool& pool) TUTTI_REALTIME;
  // Instead of skip(), when the tick has come so much earlier that the packet of this one is still to come:
  // what is due now is due with the next tick.
  void stay(PayloadPool& pool) TUTTI_REALTIME;
  // The same of who is heard, between two ticks: the next one's frame is made up, as if it were lost.
  void put_off() TUTTI_REALTIME { buffer_.lengthened(); }
  // Before skip(), when the tick has come so much later that the packet of the next one is already here:
  // the next frame is left out. Nothing where nothing waits.
  void leave_out(PayloadPool& pool) TUTTI_REALTIME;
  // So many ticks were left out: throws away what they would have played and the delay does not ask for.
  void pass_over(std::uint32_t ticks, PayloadPool& pool) TUTTI_REALTIME;

  // The greatest peak, of 32 767, of what is due in this tick and of what waits for the next two.
  std::uint16_t peak_ahead() TUTTI_REALTIME { return buffer_.peak_soon(); }
  // The same of all that waits.
  std::uint16_t peak_waiting() const TUTTI_REALTIME { return buffer_.peak_ahead(INT16_MAX); }
  int packets_waiting() const TUTTI_REALTIME { return buffer_.packets_waiting(); }

  // Fetches into the cache: what a tick reads of this object; then, read from there, which packets wait; then
  // what pop() will decode.
  void prefetch() const TUTTI_REALTIME { base::prefetch(this); }
  void prefetch_waiting() const TUTTI_REALTIME { buffer_.prefetch_waiting(); }
  // What receive() reads of this object besides; and that with its slot, of a packet with that number; and
  // the slot of another one.
  void prefetch_arrivals() const TUTTI_REALTIME { base::prefetch(&formats_); }
  void prefetch_for_arrival(rtp::SequenceNumber number) const TUTTI_REALTIME;
  void prefetch_slot(rtp::SequenceNumber number) const TUTTI_REALTIME { buffer_.prefetch_slot(number); }
  void prefetch_payload(const PayloadPool::Shelf& own) const TUTTI_REALTIME { buffer_.prefetch_payload(own); }

  // When the last packet came that was accepted, or was of_source; the clock's zero before the first one
  // since attach().
  base::Instant last_arrival() const TUTTI_REALTIME { return last_arrival_; }
  std::optional<rtp::Ssrc> source() const TUTTI_REALTIME;  // that is followed, once there is one
  // Ignored unless it is from the source that is followed.
  void receive_sender_report(rtp::Ssrc sender, const rtp::SenderInfo& info,
                             base::Instant arrival) TUTTI_REALTIME;
  // For the RTCP report that leaves at `now`; begins a new interval.
  std::optional<rtp::ReportBlock> report(base::Instant now) TUTTI_REALTIME;
  InboundTotals totals() const TUTTI_REALTIME;
  void prefetch_totals() const TUTTI_REALTIME { base::prefetch(&banked_); }
  // Of the source that is followed: packets; and what they come apart by. Units: samples (RFC 3550, A.8).
  std::uint32_t packets_received() const TUTTI_REALTIME { return statistics_.packets_received(); }
  std::uint32_t jitter() const TUTTI_REALTIME { return has_source_ ? statistics_.jitter() : 0; }
  // What packets are kept for, besides the wait for the tick. Units: samples.
  int buffer_delay() const TUTTI_REALTIME { return buffer_.target(); }

 private:
  Receipt accept(const rtp::RtpPacket& packet, base::Instant arrival, PayloadPool& pool,
                 PayloadPool::Owner owner) TUTTI_REALTIME;
  std::optional<base::DropReason> count(const rtp::RtpHeader& header, bool is_event, base::Instant arrival,
                                        PayloadPool& pool) TUTTI_REALTIME;
  void skip_slowly(PayloadPool& pool) TUTTI_REALTIME;
  void discard(int samples, PayloadPool& pool) TUTTI_REALTIME;
  bool try_splice(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME;
  CodedBlock try_pop(PayloadPool& pool) TUTTI_REALTIME;
  void keep(CodedBlock played, PayloadPool& pool) TUTTI_REALTIME;
  void learn_kept(PayloadPool& pool) TUTTI_REALTIME;
  void release_kept(PayloadPool& pool) TUTTI_REALTIME;
  FrameKind play(base::Frame& out, PayloadPool& pool, bool may_splice) TUTTI_REALTIME;
  FrameKind fill(base::Frame& out, PayloadPool& pool) TUTTI_REALTIME;
  FrameKind finish_tick(FrameKind kind, base::Frame& out, PayloadPool& pool) TUTTI_REALTIME;
  // Not in the way of what comes as a rule; by value what else would have to be in memory for them.
  [[gnu::noinline]] std::optional<codec::CodecId> find_codec(rtp::PayloadType type) const TUTTI_REALTIME;
  [[gnu::noinline]] bool follow(rtp::RtpHeader header, base::Instant at, PayloadPool& pool) TUTTI_REALTIME;
  [[gnu::noinline]] void restart(std::uint32_t received, std::int32_t lost, PayloadPool& pool) TUTTI_REALTIME;
  [[gnu::noinline]] Receipt receive_event(rtp::RtpPacket packet, Receipt receipt) TUTTI_REALTIME;
  void bank_statistics() TUTTI_REALTIME;

  // Read by every tick: with the buffer's own exactly one line, then its slots.
  std::array<CodedBlock, 2> kept_;  // played last, older first
  Concealer concealer_;
  JitterBuffer buffer_;

  // Read with every packet: one line, with the end of the buffer's and the begin of the statistics.
  ReceiveFormats formats_;
  bool has_source_ = false;
  bool has_candidate_ = false;
  rtp::Ssrc source_{};
  base::Instant last_arrival_;
  rtp::ReceptionStatistics statistics_;
  KeyDetector keys_;
  rtp::Ssrc candidate_{};
  rtp::SequenceNumber candidate_next_;
  InboundTotals banked_;  // of sources that were followed before, and what needs no source
};

static_assert(sizeof(InboundStream) == 448);  // 64, 256 the slots, 64 of arrivals, 64 the rest

}  // namespace tutti::stream

#include "dataplane/stream/inbound_stream-inl.h"  // IWYU pragma: export
