#include "signaling/conference/hearing_query.h"

#include <utility>

namespace tutti::conference {
namespace {

constexpr std::size_t kMatrixMax = 64;

// Routing: whether a voice goes into the mix once it is there, and whether its owner is sent the mix.
bool gives(const Participant& participant) {
  const sdp::MediaPlan* plan = participant.plan();
  return participant.inside && !participant.controls.muted && plan != nullptr &&
         sdp::may_receive(plan->direction);
}

bool takes(const Participant& participant) {
  const sdp::MediaPlan* plan = participant.plan();
  return participant.inside && !participant.controls.deaf && plan != nullptr &&
         sdp::may_send(plan->direction);
}

// Notes the stages in order; the first that stops the voice is the cause.
class Walk {
 public:
  explicit Walk(ParticipantId participant) { report_.participant = participant; }

  void stage(std::string name, bool passed, SilenceCause cause, std::string detail, std::string advice = {}) {
    if (!passed && report_.cause == SilenceCause::kNone) {
      report_.cause = cause;
      report_.advice = advice.empty() ? detail : std::move(advice);
    }
    report_.stages.push_back({std::move(name), passed, std::move(detail)});
  }

  SilenceReport take() {
    if (report_.cause == SilenceCause::kNone) report_.advice = "It is in the mix.";
    return std::move(report_);
  }

 private:
  SilenceReport report_;
};

void walk_mute(Walk& walk, const Participant& participant) {
  const Conference& conference = participant.conference();
  const ParticipantInfo info = participant.info();
  if (info.entering_pin) {
    return walk.stage("mute", false, SilenceCause::kWaiting, "It has yet to enter its PIN.");
  }
  if (info.waiting) {
    return walk.stage("mute", false, SilenceCause::kWaiting, "The conference waits for a moderator.",
                      "Nobody hears anybody until a moderator is there: make somebody one.");
  }
  if (info.muted) {
    return walk.stage("mute", false, SilenceCause::kMuted, "An operator has muted it.", "Unmute it.");
  }
  if (info.role == ParticipantRole::kListener) {
    return walk.stage("mute", false, SilenceCause::kMuted, "It is a listener.", "Make it a speaker.");
  }
  walk.stage("mute", true, SilenceCause::kNone, "It is not muted.");
  walk.stage("mix", conference.settings().mixing, SilenceCause::kMixingOff,
             conference.settings().mixing ? "The conference is mixed." : "Mixing is off in this conference.");
}

}  // namespace

SilenceReport silence_of(const Host& /*host*/, const Participant& participant) {
  Walk walk(participant.identity().id);
  walk.stage("call", participant.in_call(), SilenceCause::kJoining,
             "It is " + std::string(to_string(participant.status())) + '.',
             "Its call is not up, or over: wait, or have it call again.");
  const sdp::MediaPlan* plan = participant.plan();
  const bool held = participant.status() == ParticipantStatus::kOnHold;
  walk.stage(
      "direction", plan != nullptr && sdp::may_receive(plan->direction) && !held,
      held ? SilenceCause::kOnHold : SilenceCause::kMuted,
      held              ? "It is on hold."
      : plan != nullptr ? "Its SDP says what it sends."
                        : "No media is agreed.",
      held ? "Take it off hold, at its phone or here." : "Its phone says that it sends nothing (recvonly).");
  const bool media = participant.latched_source.valid();
  walk.stage(
      "packets", media, SilenceCause::kNoPackets,
      media ? "They come from " + base::to_string(participant.latched_source) + '.' : "No RTP came yet.",
      "Look at firewalls and NAT between it and this host's media ports.");
  walk_mute(walk, participant);
  return walk.take();
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
      row.push_back(hearer != voice && conference.settings().mixing && takes(*hearer) && gives(*voice));
    }
  }
  return matrix;
}

}  // namespace tutti::conference
