#include "dataplane/rtp/telephone_event.h"

#include <string_view>

#include "dataplane/rtp/network_order.h"

namespace tutti::rtp {

base::Result<TelephoneEvent, base::DropReason> parse_telephone_event(std::span<const std::byte> payload)
    TUTTI_REALTIME {
  if (payload.size() < 4) return base::unexpected(base::DropReason::kTruncated);
  TelephoneEvent event;
  event.event = read_u8(payload, 0);
  event.end = (read_u8(payload, 1) & 0x80) != 0;
  event.volume = read_u8(payload, 1) & 0x3F;
  event.duration = read_u16(payload, 2);
  return event;
}

char digit_of(const TelephoneEvent& event) TUTTI_REALTIME {
  constexpr std::string_view kDigits = "0123456789*#ABCD";
  return event.event < kDigits.size() ? kDigits[event.event] : '\0';
}

}  // namespace tutti::rtp
