#include "dataplane/core/participant.h"

#include <algorithm>

namespace tutti::core {
namespace {

stream::ReceiveFormats receive_formats(const mailbox::MediaParameters& media) TUTTI_REALTIME {
  static_assert(std::tuple_size_v<decltype(stream::ReceiveFormats::audio)> ==
                mailbox::MediaParameters::kCodecsMax);
  stream::ReceiveFormats formats;
  for (std::size_t i = 0; i < media.codec_count && i < media.codecs.size(); ++i) {
    formats.audio[i] = {media.codecs[i].payload_type, media.codecs[i].codec};
  }
  formats.telephone_event = media.telephone_event;
  return formats;
}

bool same_host(const base::SocketAddress& a, const base::SocketAddress& b) TUTTI_REALTIME {
  return a.valid() && a.family == b.family && a.ip == b.ip;
}

}  // namespace

Participant::Participant(const mailbox::AttachParticipant& command, base::Duration jitter_delay,
                         base::Instant now, ParticipantReserve& reserve) TUTTI_REALTIME
    : may_receive(command.media.may_receive),
      handle(command.participant),
      rtcp_mux(command.media.rtcp_mux),
      outbound(reserve.packetizer),
      inbound(reserve.concealer),
      other_sign_of_life(now),
      media(command.media) {
  control(command.mix);
  gain_in.settle();
  gain_out.settle();
  rtp_latch.describe(media.remote_rtp, now);
  rtcp_latch.describe(media.remote_rtcp, now);
  send_to = &rtp_latch.destination();
  inbound.attach(receive_formats(media), jitter_delay);
  outbound.attach({command.ssrc, command.first_sequence_number, command.first_timestamp}, send_format());
  rtcp.attach(command.cname, command.ssrc, now);
}

bool Participant::agree(const mailbox::MediaParameters& agreed, base::Instant now) TUTTI_REALTIME {
  const bool moved = agreed.remote_rtp != media.remote_rtp;
  if (agreed.may_receive && !media.may_receive) {
    other_sign_of_life = now;  // silence counts from here
    timeout_told = false;
  }
  media = agreed;
  may_receive = media.may_receive;
  rtcp_mux = media.rtcp_mux;
  settle();
  look_after_at = base::Instant::min();
  rtp_latch.describe(media.remote_rtp, now);
  rtcp_latch.describe(media.remote_rtcp, now);
  inbound.configure(receive_formats(media));
  configure_outbound();
  return moved;
}

void Participant::control(const mailbox::MixControls& controls) TUTTI_REALTIME {
  const auto gain_of = [](int db) TUTTI_REALTIME {
    return dsp::gain_of_db(std::clamp(db, mailbox::kGainDbMin, mailbox::kGainDbMax));
  };
  mix = controls;
  gain_in.aim_at(gain_of(mix.gain_in_db));
  gain_out.aim_at(mix.deaf || moving() ? 0 : gain_of(mix.gain_out_db));
  settle();
}

void Participant::settle() TUTTI_REALTIME {
  silenced = mix.muted || mix.waiting || moving() || !may_receive;
  kept_out = silenced || voice != 0;
  personal = mix.waiting || hears_music || tones != 0 || ear != 0;
}

void Participant::configure_outbound() TUTTI_REALTIME {
  send_to = &rtp_latch.destination();
  outbound.configure(send_format());
}

stream::SendFormat Participant::send_format() const TUTTI_REALTIME {
  // The first codec is what is sent; without an address nothing is, and the timestamps go on.
  const auto& codec = media.codecs[0];
  return {{codec.payload_type, codec.codec},
          media.ptime_ms,
          media.may_send && rtp_latch.destination().reachable()};
}

const base::SocketAddress& Participant::rtcp_destination() const TUTTI_REALTIME {
  return media.rtcp_mux ? rtp_latch.destination() : rtcp_latch.destination();
}

bool Participant::admits_rtcp(const base::SocketAddress& source, base::Instant now) const TUTTI_REALTIME {
  if (!rtcp_latch.admits(source, now)) return false;
  return !source.valid() || same_host(source, rtp_latch.destination()) ||
         same_host(source, media.remote_rtcp);
}

base::Instant Participant::silent_too_long_at() const TUTTI_REALTIME {
  if (!media.may_receive || media.silence_timeout_s == 0) return base::Instant::max();
  return std::max(inbound.last_arrival(), other_sign_of_life) + std::chrono::seconds(media.silence_timeout_s);
}

mailbox::ParticipantTotals Participant::totals() const TUTTI_REALTIME {
  const auto received = inbound.totals();
  return {.packets_received = received.packets_received,
          .packets_sent = outbound.packets_sent(),
          .packets_lost = received.packets_lost,
          .packets_dropped = received.packets_dropped + dropped,
          .frames_concealed = received.frames_concealed};
}

}  // namespace tutti::core
