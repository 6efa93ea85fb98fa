// Requests as they come in: the checks that every one must pass, and what is read from it.
#pragma once

#include <optional>
#include <string>

#include "signaling/sip/dialog_control.h"
#include "signaling/sip/session_timer.h"
#include "signaling/sip/sofia_impl.h"
#include "signaling/sip/stack_impl.h"

namespace tutti::sip {

// Nothing when the request may be looked at: method known, extensions known, body readable. Not for ACK and
// CANCEL. Source: RFC 3261, 8.2.
std::optional<Refusal> check_request(const sip_t& sip);
// What an INVITE that starts a call must have besides: scheme, Contact, From tag, hops left.
std::optional<Refusal> check_first_invite(const sip_t& sip);

// The SDP of a message, by itself or within multipart/mixed; empty when there is none that can be read.
std::string sdp_of(const sip_t& sip);
SessionTimerHeaders session_timer_of(const sip_t& sip);
// The text of a Reason header, or the phrase of a status line.
std::string reason_of(const sip_t& sip);
// Of a refusal, bounded: nobody waits longer than an hour.
std::optional<std::chrono::seconds> retry_after_of(const sip_t& sip);
base::SocketAddress source_of(msg_t* message);
// All of IncomingInvite but the id; `connection` is what it came by.
IncomingInvite read_invite(msg_t* message, const sip_t& sip, const tport_t* connection);
std::string uri_to_string(const url_t* url);

}  // namespace tutti::sip
