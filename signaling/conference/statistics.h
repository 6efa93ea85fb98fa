// Statistics: figures of participants and conferences, from what the focus knows and what its cores report.
#pragma once

#include <optional>

#include "dataplane/mailbox/participant_report.h"
#include "signaling/conference/conference_statistics.h"
#include "signaling/conference/host.h"

namespace tutti::conference {

// A conversation's quality by the E-model, as of G.711 with the concealment that the cores do.
// Units: loss in percent, the one-way delay from mouth to ear in ms. 1 (unusable) to 4.5.
double estimate_mos(double loss_percent, double delay_ms);

// What its core reported last; empty while it has not.
std::optional<mailbox::ParticipantReport> report_of(const Host& host, const Participant& participant);
// Packets of it came within the last second.
bool media_is_fresh(const Host& host, const std::optional<mailbox::ParticipantReport>& report);

// Puts in what its core has counted, `of_call` in all, since it is where it is.
void set_packets(ParticipantInfo& info, const Participant& participant,
                 const mailbox::ParticipantTotals& of_call);

// With what its core reported last.
ParticipantInfo info_of(const Host& host, const Participant& participant);

// Walks through those who are in it.
ConferenceStatistics statistics_of(const Host& host, const Conference& conference);

}  // namespace tutti::conference
