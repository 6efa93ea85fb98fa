// From what was agreed (sdp::MediaPlan) to what a core is told (mailbox::MediaParameters).
#pragma once

#include "dataplane/mailbox/media_parameters.h"
#include "signaling/conference/focus_config.h"
#include "signaling/conference/media_plane.h"
#include "signaling/sdp/negotiation.h"

namespace tutti::conference {

// An endpoint without an RTCP port is told to mux whatever was agreed: a far end that takes mux back within a
// call finds RTCP on its RTP port, and the core never sends from a port that is not there.
mailbox::MediaParameters to_media_parameters(const sdp::MediaPlan& plan, const MediaEndpoint& endpoint,
                                             const MediaRules& rules);

// While an offer of ours waits for its answer: hears whatever it offered, has nowhere to send.
mailbox::MediaParameters listening_parameters(const MediaEndpoint& endpoint, const MediaRules& rules);

}  // namespace tutti::conference
