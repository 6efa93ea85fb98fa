// Refusal: the SIP answers by which the focus says no.
#pragma once

#include <chrono>
#include <string>

#include "signaling/sdp/sdp_error.h"
#include "signaling/sip/dialog_control.h"

namespace tutti::conference {

sip::Rejection refuse(int status, std::string phrase = {});

// 503: the host has no room now; ask again after `retry_after`.
sip::Rejection refuse_full(std::chrono::seconds retry_after);

// 400 where the body is no SDP, 488 with a Warning where it asks for what there is not.
// Source: RFC 3261, 13.3.1.3 and 20.43.
sip::Rejection refuse_sdp(const sdp::SdpError& error);

}  // namespace tutti::conference
