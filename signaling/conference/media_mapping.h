// From what was agreed (sdp::MediaPlan) to what a core is told (mailbox::MediaParameters).
#pragma once

#include "dataplane/mailbox/media_parameters.h"
#include "signaling/conference/focus_config.h"
#include "signaling/sdp/negotiation.h"

namespace tutti::conference {

mailbox::MediaParameters to_media_parameters(const sdp::MediaPlan& plan, const MediaRules& rules);

// While an offer of ours waits for its answer: hears whatever it offered, has nowhere to send.
mailbox::MediaParameters listening_parameters(const MediaRules& rules);

}  // namespace tutti::conference
