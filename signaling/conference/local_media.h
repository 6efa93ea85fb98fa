// What this end says of itself to a participant, in an offer or an answer.
#pragma once

#include <string>

#include "signaling/conference/focus_config.h"
#include "signaling/conference/participant.h"
#include "signaling/sdp/negotiation.h"

namespace tutti::conference {

// Before there is an endpoint: enough for sdp::plan_answer.
sdp::LocalMedia make_local_media(const MediaRules& rules);

// With the ports and the session's identity.
sdp::LocalMedia make_local_media(const MediaRules& rules, const MediaEndpoint& endpoint,
                                 const std::string& conference, std::uint64_t session_id,
                                 std::uint64_t session_version);

// The most that is wanted of it and for it: who is held is sent music at most.
sdp::Direction wished_direction(const Participant& participant);
// By the rules of its arrival, as it is now, with the direction that is wished.
sdp::LocalMedia make_local_media(const Participant& participant);

// Makes `next` the description that was sent last, with a new version where it says something new.
// Source: RFC 3264, section 8.
void set_local_description(Participant& participant, sdp::SessionDescription next);

}  // namespace tutti::conference
