// MediaParameters: what an offer and its answer agreed, in the terms of a core.
//
// Source: RFC 3264 (direction), RFC 3551 (payload types), RFC 4733 (telephone-event), RFC 5761 (mux).
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/base/socket_address.h"
#include "dataplane/rtp/types.h"
#include "mixer/codec/codec_id.h"

namespace tutti::mailbox {

struct CodecMapping {
  rtp::PayloadType payload_type{};
  codec::CodecId codec = codec::CodecId::kPcmu;
  bool operator==(const CodecMapping&) const = default;
};

struct MediaParameters {
  static constexpr std::size_t kCodecsMax = 4;

  base::SocketAddress remote_rtp;   // where the description says to send; the latched source overrides it
  base::SocketAddress remote_rtcp;  // equal to remote_rtp under rtcp-mux
  std::array<CodecMapping, kCodecsMax> codecs{};  // what may arrive; the first one is what is sent
  std::uint8_t codec_count = 0;
  rtp::PayloadType telephone_event = rtp::kNoPayloadType;
  std::uint8_t ptime_ms = 20;  // of what is sent: 10, 20, 30, 40, 50 or 60
  bool may_send = true;        // the negotiated direction, seen from here
  bool may_receive = true;
  bool rtcp_mux = false;
  std::uint16_t silence_timeout_s = 60;  // no RTP and no RTCP for so long ends the call; 0 = never

  bool operator==(const MediaParameters&) const = default;
};

}  // namespace tutti::mailbox
