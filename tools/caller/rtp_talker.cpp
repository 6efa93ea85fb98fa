#include "tools/caller/rtp_talker.h"

#include <algorithm>

namespace tutti::caller {
namespace {

constexpr std::size_t kHeaderBytes = 12;

}  // namespace

SampleSource silence_source() {
  return [](std::span<std::int16_t> frame) { std::fill(frame.begin(), frame.end(), std::int16_t{0}); };
}

RtpTalker::RtpTalker(const RtpTalkerConfig& config, SampleSource source)
    : config_(config),
      source_(std::move(source)),
      packet_(kHeaderBytes + config.samples_per_packet),
      frame_(config.samples_per_packet) {}

std::span<const std::byte> RtpTalker::next_packet() {
  source_(frame_);
  const auto sequence = static_cast<std::uint16_t>(config_.first_sequence + packets_);
  const std::uint32_t words[3] = {0x8000'0000U | (marker_ ? 0x0080'0000U : 0U) |
                                      static_cast<std::uint32_t>(config_.payload_type) << 16 | sequence,
                                  timestamp(), config_.ssrc};
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    packet_[i] = static_cast<std::byte>(words[i / 4] >> (24 - 8 * (i % 4)) & 0xFFU);
  }
  analyser::encode_g711(config_.law, frame_, std::span(packet_).subspan(kHeaderBytes));
  marker_ = false;
  ++packets_;
  samples_ += frame_.size();
  return packet_;
}

void RtpTalker::skip() {
  source_(frame_);  // the source keeps to the time line
  samples_ += frame_.size();
  marker_ = true;
}

}  // namespace tutti::caller
