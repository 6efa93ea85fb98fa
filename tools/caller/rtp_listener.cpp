#include "tools/caller/rtp_listener.h"

#include <algorithm>

namespace tutti::caller {
namespace {

// A timestamp further than this from the end of the recording is a new start, not a gap.
constexpr std::int64_t kJump = 10 * analyser::kRateHz;

}  // namespace

void RtpListener::receive(std::span<const std::byte> packet, base::Instant arrival) {
  const auto rtp = analyser::parse_rtp_strictly(packet);
  if (!rtp) {
    ++malformed_;
    return;
  }
  if (packets_ == 0) {
    first_arrival_ = arrival;
    ssrc_ = rtp->ssrc;
    base_timestamp_ = rtp->timestamp;
  }
  ++packets_;
  last_arrival_ = arrival;
  if (config_.keep_log && log_.size() < config_.samples_max / 80) {  // 80 samples: 10 ms, the shortest packet
    log_.push_back({arrival, rtp->timestamp, rtp->ssrc, rtp->sequence,
                    static_cast<std::uint16_t>(rtp->payload.size()), rtp->payload_type, rtp->marker});
  }
  if (rtp->payload_type != config_.payload_type) {
    ++other_payloads_;
    return;
  }
  if (config_.keep_audio) place(*rtp);
}

void RtpListener::place(const analyser::RtpPacketView& packet) {
  const auto end = static_cast<std::int64_t>(audio_.size());
  std::int64_t at = base_position_ + static_cast<std::int32_t>(packet.timestamp - base_timestamp_);
  if (packet.ssrc != ssrc_ || at < end - kJump || at > end + kJump) {
    ssrc_ = packet.ssrc;
    at = end;
  }
  base_timestamp_ = packet.timestamp;
  base_position_ = at;
  const auto length = static_cast<std::int64_t>(packet.payload.size());
  if (at < 0 || at + length > static_cast<std::int64_t>(config_.samples_max)) return;
  if (at + length > end) audio_.resize(static_cast<std::size_t>(at + length));
  analyser::decode_g711(config_.law, packet.payload,
                        std::span(audio_).subspan(static_cast<std::size_t>(at), packet.payload.size()));
}

analyser::Track RtpListener::track(base::Instant origin) const {
  const double seconds = std::chrono::duration<double>(first_arrival_ - origin).count();
  return {audio_, static_cast<std::int64_t>(seconds * analyser::kRateHz)};
}

}  // namespace tutti::caller
