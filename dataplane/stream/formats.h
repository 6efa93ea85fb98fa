// What a payload type means in one session, in each direction.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/rtp/types.h"
#include "mixer/codec/codec_id.h"

namespace tutti::stream {

struct PayloadFormat {
  rtp::PayloadType payload_type = rtp::kNoPayloadType;
  codec::CodecId codec = codec::CodecId::kPcmu;
  bool operator==(const PayloadFormat&) const = default;
};

struct ReceiveFormats {
  std::array<PayloadFormat, 4> audio{};  // unused ones say kNoPayloadType
  rtp::PayloadType telephone_event = rtp::kNoPayloadType;
  bool operator==(const ReceiveFormats&) const = default;
};

struct SendFormat {
  PayloadFormat audio;
  std::uint8_t ptime_ms = 20;  // 10, 20, 30, 40, 50 or 60
  bool may_send = true;        // what the negotiated direction says
  bool operator==(const SendFormat&) const = default;
};

}  // namespace tutti::stream
