#include "signaling/conference/hearing_query.h"

#include <array>
#include <string>
#include <utility>

#include "signaling/conference/coaching.h"
#include "signaling/conference/statistics.h"

namespace tutti::conference {
namespace {

using base::DropReason;
using Report = std::optional<mailbox::ParticipantReport>;

constexpr std::size_t kMatrixMax = 64;

// What keeps a packet of a good source from being heard.
constexpr std::array kDecoderReasons = {DropReason::kUnknownPayloadType,
                                        DropReason::kTruncated,
                                        DropReason::kBadVersion,
                                        DropReason::kMalformed,
                                        DropReason::kLate,
                                        DropReason::kTooFarAhead,
                                        DropReason::kOversize};

std::uint32_t undecodable(const Report& report) {
  std::uint32_t count = 0;
  for (const DropReason reason : kDecoderReasons) count += report ? report->dropped(reason) : 0;
  return count;
}

std::uint32_t strangers(const Report& report) {
  return report ? report->dropped(DropReason::kStranger) : 0;
}

// A stage of a voice's way: its name, what it is where it stops the voice, and what to do then.
struct Stage {
  const char* name;
  SilenceCause cause;
  bool (*passed)(const Host&, const Participant&, const Report&);
  const char* advice;
};

// In the order of the way.
constexpr Stage kStages[] = {
    {"call", SilenceCause::kJoining,
     [](const Host&, const Participant& who, const Report&) { return who.in_call(); },
     "Its call is not up yet, or it is over: wait, or have it call again."},
    {"hold", SilenceCause::kOnHold,
     [](const Host&, const Participant& who, const Report&) {
       return who.status() != ParticipantStatus::kOnHold;
     },
     "It is on hold: resume it at its phone, or here where an operator holds it."},
    {"packets", SilenceCause::kNoPackets,
     [](const Host& host, const Participant& who, const Report& report) {
       return who.muted_by_itself() || media_is_fresh(host, report) || strangers(report) > 0 ||
              undecodable(report) > 0;
     },
     "No RTP comes: look at firewalls and NAT between it and this host's media ports, and whether its "
     "microphone is muted in a way that sends nothing."},
    {"source", SilenceCause::kWrongSource,
     [](const Host& host, const Participant& who, const Report& report) {
       return who.muted_by_itself() || media_is_fresh(host, report) || strangers(report) == 0;
     },
     "Its packets come from another address than the one that is followed: look at NAT and at what its SDP "
     "says."},
    {"decoder", SilenceCause::kNotDecodable,
     [](const Host& host, const Participant&, const Report& report) {
       const std::uint32_t bad = undecodable(report);
       return bad == 0 || (media_is_fresh(host, report) && bad <= report->packets_received);
     },
     "Its packets come and cannot be used: look at its codec, its clock and its network's jitter."},
    {"mute", SilenceCause::kMuted,
     [](const Host&, const Participant& who, const Report&) {
       return !who.switches().muted && who.role() != ParticipantRole::kListener && !who.muted_by_itself();
     },
     "It is muted, by an operator or by itself, or is a listener: unmute it, or make it a speaker."},
    {"wait", SilenceCause::kWaiting,
     [](const Host&, const Participant& who, const Report&) {
       return who.inside && !who.conference().waiting() && !who.controls.waiting;
     },
     "It waits: for its PIN, for a moderator, or for somebody else to come."},
    {"coaching", SilenceCause::kCoaching,
     [](const Host&, const Participant& who, const Report&) { return !who.coaches; },
     "It coaches, and is heard by its coachees alone."},
    {"mix", SilenceCause::kMixingOff,
     [](const Host&, const Participant& who, const Report&) { return who.conference().settings().mixing; },
     "Mixing is off in this conference: turn it on in its settings."},
    {"gate", SilenceCause::kBelowGate,
     [](const Host&, const Participant&, const Report& report) { return report && report->gate_open; },
     "It is silent, or softer than media.gate_dbov: have it speak up, or raise its gain."},
    {"talkers", SilenceCause::kNotAmongLoudest,
     [](const Host&, const Participant&, const Report& report) { return report && report->among_loudest; },
     "Others are louder: raise max_talkers, or its gain."},
};

std::string drops_text(const mailbox::ParticipantReport& report) {
  std::string text;
  for (std::size_t i = 0; i < report.drops.size(); ++i) {
    if (report.drops[i] == 0) continue;
    text += (text.empty() ? ": " : ", ") + std::string(base::to_string(static_cast<DropReason>(i))) + ' ' +
            std::to_string(report.drops[i]);
  }
  return std::to_string(report.packets_dropped()) + " packets dropped" + text;
}

std::string detail_of(const Stage& stage, const Participant& who, const Report& report) {
  switch (stage.cause) {
    case SilenceCause::kJoining:
    case SilenceCause::kOnHold:
      return std::string(to_string(who.status()));
    case SilenceCause::kNoPackets:
      return std::to_string(report ? report->packets_received : 0) + " packets received, " +
             std::to_string(report ? report->packets_lost : 0) + " lost";
    case SilenceCause::kWrongSource:
      return std::to_string(strangers(report)) + " packets from elsewhere than " +
             base::to_string(who.info().remote_rtp);
    case SilenceCause::kNotDecodable:
      return report ? drops_text(*report) : "nothing reported";
    case SilenceCause::kMuted:
      return who.switches().muted                       ? "muted by an operator"
             : who.role() == ParticipantRole::kListener ? "a listener"
             : who.muted_by_itself()                    ? "its SDP says recvonly"
                                                        : "not muted";
    case SilenceCause::kWaiting:
      return who.entering_pin             ? "has yet to enter its PIN"
             : who.conference().waiting() ? "no moderator is there"
             : who.controls.waiting       ? "nobody else is there"
                                          : "waits for nothing";
    case SilenceCause::kBelowGate:
      return "level " + std::to_string(report ? -int{report->level_dbov} : -127) + " dBov";
    case SilenceCause::kNotAmongLoudest:
      return "max_talkers " + std::to_string(who.conference().settings().max_talkers);
    default:
      return {};
  }
}

// Routing: whether a voice goes into the mix once it is there, and whether its owner is sent the mix.
bool gives(const Participant& who) {
  const sdp::MediaPlan* plan = who.plan();
  return who.inside && !who.controls.muted && !who.controls.waiting && plan != nullptr &&
         sdp::may_receive(plan->direction);
}

bool takes(const Participant& who) {
  const sdp::MediaPlan* plan = who.plan();
  return who.inside && !who.controls.deaf && !who.controls.waiting && plan != nullptr &&
         sdp::may_send(plan->direction);
}

}  // namespace

SilenceCause silence_cause(const Host& host, const Participant& participant, const Report& report) {
  for (const Stage& stage : kStages) {
    if (!stage.passed(host, participant, report)) return stage.cause;
  }
  return SilenceCause::kNone;
}

SilenceReport silence_of(const Host& host, const Participant& participant) {
  const Report report = report_of(host, participant);
  SilenceReport silence;
  silence.participant = participant.identity().id;
  silence.advice = "Nothing keeps it from being heard.";
  for (const Stage& stage : kStages) {
    const bool passed = stage.passed(host, participant, report);
    silence.stages.push_back({stage.name, passed, detail_of(stage, participant, report)});
    if (passed || silence.cause != SilenceCause::kNone) continue;
    silence.cause = stage.cause;
    silence.advice = stage.advice;
  }
  return silence;
}

HearingMatrix hearing_in(const Host& host, const Conference& conference) {
  HearingMatrix matrix;
  std::vector<const Participant*> rows;
  for (const ParticipantId id : conference.participants()) {
    const Participant& participant = *host.roster.find(id);
    if (!participant.present()) continue;
    if (rows.size() == kMatrixMax) {
      ++matrix.left_out;
      continue;
    }
    rows.push_back(&participant);
    matrix.participants.push_back(id);
  }
  for (const Participant* hearer : rows) {
    auto& row = matrix.hears.emplace_back();
    for (const Participant* voice : rows) {
      const bool routed =
          voice->coaches ? coaches(host, *voice, *hearer) : conference.settings().mixing && gives(*voice);
      row.push_back(hearer != voice && takes(*hearer) && routed);
    }
  }
  return matrix;
}

}  // namespace tutti::conference
