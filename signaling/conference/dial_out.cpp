#include "signaling/conference/dial_out.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "dataplane/base/ascii.h"
#include "dataplane/base/socket_address.h"
#include "signaling/conference/arrival.h"
#include "signaling/conference/local_media.h"
#include "signaling/conference/media_mapping.h"

namespace tutti::conference {
namespace {

// The user agent gives up after three minutes (RFC 3261, 16.6).
constexpr std::chrono::seconds kRingTimeMax{180};
constexpr std::size_t kUriBytesMax = 512;

// A name, or an address of IPv4. Anything else (an escape, a path) the user agent would undo or cut off, and
// call another host than the one that was looked at.
bool is_host_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return base::is_digit(c) || base::is_letter(c) || c == '-' || c == '.' || c == '_';
  });
}

// "[::1]"
bool is_ipv6_literal(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  const auto address = base::parse_ip(text.substr(1, text.size() - 2));
  return address && address->family == base::AddressFamily::kIpv6;
}

// ":5060", or nothing.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 1, end, port);
  return text.front() == ':' && read.ec == std::errc{} && read.ptr == end && port != 0;
}

// "sip:user@host:port;parameters": what stands between @ and the port. Empty where it is no such URI.
// Source: RFC 3261, 25.1.
std::string_view host_of(std::string_view uri) {
  if (uri.size() < 5 || uri.size() > kUriBytesMax || !base::equal_ignoring_case(uri.substr(0, 4), "sip:"))
    return {};
  const bool plain = std::all_of(uri.begin(), uri.end(), [](char c) {
    return c > ' ' && c < 0x7F && std::string_view("#<>\"\\^`{|}").find(c) == std::string_view::npos;
  });
  // Headers in a URI would become headers of our INVITE (RFC 3261, 19.1.1).
  if (!plain || uri.find('?') != std::string_view::npos) return {};
  std::string_view rest = uri.substr(4);
  if (std::count(rest.begin(), rest.end(), '@') > 1) return {};
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    if (at == 0) return {};
    rest.remove_prefix(at + 1);
  }
  rest = rest.substr(0, rest.find(';'));
  const bool literal = !rest.empty() && rest.front() == '[';
  const auto end = literal ? rest.find(']') : rest.find(':');
  const std::string_view host = rest.substr(0, literal && end != std::string_view::npos ? end + 1 : end);
  const bool fits = literal ? is_ipv6_literal(host) : is_host_name(host);
  return fits && is_port(rest.substr(host.size())) ? host : std::string_view{};
}

// Of a URI's parameters the transport alone is taken: maddr would send the INVITE to another host than the
// one that was looked at (RFC 3261, 19.1.1).
bool goes_elsewhere(std::string_view uri) {
  const auto at = uri.find('@');
  const auto parameters = uri.find(';', at == std::string_view::npos ? 0 : at);
  if (parameters == std::string_view::npos) return false;
  const std::string_view given = uri.substr(parameters);
  return !base::equal_ignoring_case(given, ";transport=udp") &&
         !base::equal_ignoring_case(given, ";transport=tcp");
}

bool matches(std::string_view host, std::string_view pattern) {
  if (pattern == "*") return true;
  if (pattern.substr(0, 2) != "*.") return base::equal_ignoring_case(host, pattern);
  const std::string_view below = pattern.substr(1);  // with its dot
  return host.size() > below.size() &&
         base::equal_ignoring_case(host.substr(host.size() - below.size()), below);
}

ConferenceError error_of(int status) {
  switch (status) {
    case 404:
    case 410:
    case 604:
      return ConferenceError::kNotFound;
    case 408:
    case 480:
    case 487:
    case 0:
      return ConferenceError::kTimeout;
    case 200:  // and no answer to our offer
    case 415:
    case 488:
    case 606:
      return ConferenceError::kMediaFailed;
    case 486:
    case 503:
    case 600:
      return ConferenceError::kCapacityExceeded;
    case 501:
    case 405:
    case 420:
      return ConferenceError::kNotSupported;
    default:
      return ConferenceError::kNotAllowed;
  }
}

}  // namespace

Outcome<> check_target(const DialOutRules& rules, std::string_view uri) {
  if (!rules.allowed) {
    return fail(ConferenceError::kNotAllowed, "dialling out is off: set rooms.dial_out to allow it");
  }
  const std::string_view host = host_of(uri);
  if (host.empty() || goes_elsewhere(uri)) {
    return fail(ConferenceError::kInvalidArgument, "uri takes a SIP URI such as sip:alice@example.org");
  }
  const bool named = std::any_of(rules.hosts.begin(), rules.hosts.end(),
                                 [&](const std::string& pattern) { return matches(host, pattern); });
  if (named) return {};
  return fail(ConferenceError::kNotAllowed,
              "the host " + std::string(host) + " is none of rooms.dial_out_hosts");
}

Outcome<> DialOut::check(const Conference& conference, const Invitation& invitation) const {
  if (auto target = check_target(host_.config.dial_out, invitation.uri); !target) return target;
  if (invitation.ring_time < std::chrono::seconds(1) || invitation.ring_time > kRingTimeMax) {
    return conference::fail(ConferenceError::kInvalidArgument, "ring_time takes 1 to 180 s");
  }
  if (host_.draining || conference.ending()) {
    return conference::fail(ConferenceError::kInvalidState, "the conference is ending");
  }
  const bool moderator = invitation.role == ParticipantRole::kModerator;
  if (conference.state() == ConferenceState::kLocked &&
      !(moderator && conference.settings().moderators_pass_lock)) {
    return conference::fail(ConferenceError::kInvalidState, "the conference is locked: unlock it first");
  }
  if (!moderator && conference.full()) {
    return conference::fail(ConferenceError::kCapacityExceeded,
                            "the conference is full: raise max_participants");
  }
  return {};
}

Outcome<Participant*> DialOut::invite(Conference& conference, const Invitation& invitation) {
  if (auto allowed = check(conference, invitation); !allowed) return base::unexpected(allowed.error());
  const auto core = host_.choose_core(&conference);
  if (!core) return conference::fail(ConferenceError::kCapacityExceeded, "no core has room and headroom");
  const auto arrival = take_place(host_, &conference, conference.settings(), *core, true, {});
  if (!arrival) return conference::fail(ConferenceError::kCapacityExceeded, "no ports are left");
  const base::SharedText offer = sdp::write(sdp::offer(
      make_local_media(host_.config.media, arrival->endpoint, conference.name(), arrival->session_id, 1)));
  const std::string& display = conference.settings().display_name;
  const auto dialog = host_.dialogs().invite({.target = invitation.uri,
                                              .from_uri = {},
                                              .from_display = display.empty() ? conference.name() : display,
                                              .offer = offer});
  if (!dialog) {
    give_back(host_, *arrival);
    const bool bad = dialog.error().kind == sip::SipErrorKind::kBadAddress;
    return conference::fail(bad ? ConferenceError::kInvalidArgument : ConferenceError::kCapacityExceeded,
                            dialog.error().message);
  }
  Participant& participant = attach(host_, conference, *arrival,
                                    {.dialog = *dialog,
                                     .uri = invitation.uri,
                                     .display_name = invitation.display_name,
                                     .dialled_out = true,
                                     .role = invitation.role,
                                     .counted = invitation.role != ParticipantRole::kModerator,
                                     .inside = false,
                                     .description = offer,
                                     .plan = std::nullopt});
  host_.deadlines.set(DeadlineKind::kRing, participant.identity().id, host_.now + invitation.ring_time);
  return &participant;
}

void DialOut::on_attached(Participant& participant) {
  participant.attached = true;
  let_in(participant);
}

void DialOut::on_answer(Participant& participant, const std::string& sdp) {
  const auto ours = sdp::parse(participant.local_description.str());
  const auto theirs = sdp::parse(sdp);
  if (!ours || !theirs) return fail(participant, ConferenceError::kMediaFailed, "Its answer is no SDP");
  auto plan = sdp::apply_answer(*ours, *theirs);
  if (!plan) {
    return fail(participant, ConferenceError::kMediaFailed, std::string(sdp::to_string(plan.error().what)));
  }
  const ParticipantIdentity& identity = participant.identity();
  const mailbox::MediaParameters media = to_media_parameters(*plan, identity.endpoint, *identity.media_rules);
  participant.set_plan(std::move(*plan));
  host_.core_of(participant).post(mailbox::UpdateMedia{identity.handle, media});
}

void DialOut::on_established(Participant& participant) {
  if (participant.plan() == nullptr) {
    return fail(participant, ConferenceError::kMediaFailed, "No answer to our offer");
  }
  // From here on only the core can be missing, which has bound itself to answer.
  host_.deadlines.cancel(DeadlineKind::kRing, participant.identity().id);
  participant.established = participant.accepted = true;
  let_in(participant);
}

void DialOut::let_in(Participant& participant) {
  if (participant.status() != ParticipantStatus::kJoining) return;
  if (!participant.attached || !participant.accepted) return;
  participant.begin_call();
  moderation_.enter(participant);
}

void DialOut::on_ended(Participant& participant, const sip::DialogEnd& end) {
  // Then its status is the user agent's own, and nobody there is busy.
  const bool unreached = end.reason == sip::EndReason::kTransportError;
  const ConferenceError error = unreached ? ConferenceError::kTimeout : error_of(end.status);
  std::string detail = end.phrase.empty() ? sip::to_string(end.reason) : end.phrase;
  if (unreached) {
    detail = "Not reached: " + detail;
  } else if (end.status != 0) {
    detail = std::to_string(end.status) + ' ' + detail;
  }
  host_.announcer.tell(participant, ParticipantFailed{error, detail});
  leaving_.leave(participant, detail);
}

void DialOut::on_ring_timeout(Participant& participant) {
  if (participant.in_call() || participant.accepted) return;
  fail(participant, ConferenceError::kTimeout, "No answer in time");
}

void DialOut::fail(Participant& participant, ConferenceError error, const std::string& detail) {
  host_.announcer.tell(participant, ParticipantFailed{error, detail});
  leaving_.dismiss(participant, detail);
}

}  // namespace tutti::conference
