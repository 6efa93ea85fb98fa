#include "dataplane/core/rtcp_session.h"

#include "dataplane/rtp/rtcp_interval.h"
#include "dataplane/rtp/rtcp_packet.h"

namespace tutti::core {

void RtcpSession::attach(const std::array<char, kCnameBytes>& cname, rtp::Ssrc ssrc,
                         base::Instant now) TUTTI_REALTIME {
  *this = RtcpSession();
  cname_ = cname;
  // The SSRC came from a good random source; spread, not secrecy, is what matters here.
  random_state_ = static_cast<std::uint32_t>(ssrc) | 1U;
  rtp::RtcpLoad load;
  load.initial = true;
  next_report_ = now + rtp::rtcp_interval(load, random());
}

std::size_t RtcpSession::write_report(const Moment& moment, const stream::OutboundStream& outbound,
                                      stream::InboundStream& inbound, bool bye,
                                      std::span<std::byte> out) TUTTI_REALTIME {
  rtp::OutgoingReport report;
  report.sender = outbound.ssrc();
  report.cname = cname_;
  report.bye = bye;
  // A sender is who sent since the second last report (RFC 3550, 6.4).
  const bool we_sent = outbound.packets_sent() != sent_at_report_before_;
  if (we_sent) report.sender_info = outbound.sender_info(moment.now, moment.ntp);
  report.report = inbound.report(moment.now);
  sent_at_report_before_ = sent_at_last_report_;
  sent_at_last_report_ = outbound.packets_sent();

  rtp::RtcpLoad load;
  load.we_sent = we_sent;
  next_report_ = bye ? base::Instant::max() : moment.now + rtp::rtcp_interval(load, random());
  return rtp::write_rtcp(out, report);
}

base::Result<RtcpSession::Heard, base::DropReason> RtcpSession::receive(
    std::span<const std::byte> datagram, const Moment& arrival, rtp::Ssrc own,
    stream::InboundStream& inbound) TUTTI_REALTIME {
  auto compound = rtp::RtcpCompound::parse(datagram);
  if (!compound) return base::unexpected(compound.error());
  Heard heard;
  const auto source = inbound.source();
  while (const auto packet = compound->next()) {
    switch (packet->type()) {
      case rtp::RtcpType::kSenderReport:
        inbound.receive_sender_report(packet->ssrc(), packet->sender_info(), arrival.now);
        [[fallthrough]];
      case rtp::RtcpType::kReceiverReport:
        heard.alive |= !source || packet->ssrc() == *source;
        for (std::size_t i = 0; i < packet->report_count(); ++i) {
          const auto block = packet->report(i);
          if (block.source != own) continue;
          if (const auto time = rtp::round_trip(block, arrival.ntp)) heard.round_trip = *time;
        }
        break;
      case rtp::RtcpType::kBye:
        for (std::size_t i = 0; i < packet->bye_count(); ++i) {
          heard.bye |= source && packet->bye_source(i) == *source;
        }
        break;
      default:
        break;
    }
  }
  return heard;
}

// Xorshift32 (G. Marsaglia, 2003): never zero once it is not.
std::uint32_t RtcpSession::random() TUTTI_REALTIME {
  random_state_ ^= random_state_ << 13;
  random_state_ ^= random_state_ >> 17;
  random_state_ ^= random_state_ << 5;
  return random_state_;
}

}  // namespace tutti::core
