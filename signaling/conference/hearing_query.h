// The answers to "why is it silent?" and "who hears whom?".
#pragma once

#include <optional>

#include "dataplane/mailbox/participant_report.h"
#include "signaling/conference/hearing.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// Each stage of its voice's way to the mix, with the counts that its core reported last.
SilenceReport silence_of(const Host& host, const Participant& participant);
// The first stage that stops it, alone.
SilenceCause silence_cause(const Host& host, const Participant& participant,
                           const std::optional<mailbox::ParticipantReport>& report);

// Of the first 64 who are in it, in the order they came.
HearingMatrix hearing_in(const Host& host, const Conference& conference);

}  // namespace tutti::conference
