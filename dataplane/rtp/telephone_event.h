// TelephoneEvent: the payload that carries a key press.
//
// Source: RFC 4733, sections 2.3 and 3.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/drop_reason.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/result.h"

namespace tutti::rtp {

struct TelephoneEvent {
  std::uint8_t event = 0;
  bool end = false;
  std::uint8_t volume = 0;     // in -dBm0, 0 to 63
  std::uint16_t duration = 0;  // in timestamp units, from the packet's timestamp on
};

// The first event of a payload.
// Errors: kTruncated.
base::Result<TelephoneEvent, base::DropReason> parse_telephone_event(std::span<const std::byte> payload)
    TUTTI_REALTIME;

// "0123456789*#ABCD"[event], or 0 for what is no key.
char digit_of(const TelephoneEvent& event) TUTTI_REALTIME;

}  // namespace tutti::rtp
