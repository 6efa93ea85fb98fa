#include "signaling/sip/request_impl.h"

#include <algorithm>

#include "dataplane/base/ascii.h"
#include "signaling/sip/multipart.h"
#include "signaling/sip/text.h"

namespace tutti::sip {
namespace {

bool body_may_be_ignored(const sip_t& sip) {
  const sip_content_disposition_t* disposition = sip.sip_content_disposition;
  return disposition && disposition->cd_optional;
}

bool has_body(const sip_t& sip) {
  return sip.sip_payload && sip.sip_payload->pl_len > 0;
}

SessionBody read_body(const sip_t& sip) {
  if (!has_body(sip)) return {};
  const std::string_view body(sip.sip_payload->pl_data, sip.sip_payload->pl_len);
  const SessionBody not_understood{{}, BodyFault::kNotUnderstood};
  const sip_content_type_t* type = sip.sip_content_type;
  if (!type || !type->c_type || sip.sip_content_encoding) return not_understood;
  if (is_sdp(type->c_type)) return {body};
  if (!is_value(type->c_type, "multipart/mixed")) return not_understood;
  const char* boundary = msg_params_find(type->c_params, "boundary=");
  return read_multipart(body, unquote(boundary ? boundary : ""));
}

bool is_implemented(sip_method_t method) {
  return method_of(method) != Method::kOther;
}

std::string unknown_extensions(const sip_t& sip) {
  std::string unknown;
  for (const sip_require_t* require = sip.sip_require; require; require = require->k_next) {
    for (const msg_param_t* item = require->k_items; item && *item; ++item) {
      if (std::string_view(*item) == kSupported) continue;
      if (!unknown.empty()) unknown += ", ";
      unknown += *item;
    }
  }
  return unknown;
}

}  // namespace

std::string uri_to_string(const url_t* url) {
  const Home home = make_home();
  return to_std(url_as_string(home.get(), url));
}

std::optional<Refusal> check_request(const sip_t& sip) {
  const sip_method_t method = sip.sip_request->rq_method;
  // A datagram that was cut off after its headers. RFC 3261, 18.3
  const std::size_t length = sip.sip_payload ? sip.sip_payload->pl_len : 0;
  if (sip.sip_content_length && sip.sip_content_length->l_length > length)
    return Refusal{400, "Truncated Body", {}};
  if (!is_implemented(method)) {
    Refusal refusal{method == sip_method_unknown ? 501 : 405, {}, {}};
    refusal.headers.capabilities = true;
    return refusal;
  }
  if (std::string unknown = unknown_extensions(sip); !unknown.empty()) {
    Refusal refusal{420, {}, {}};
    refusal.headers.unsupported = std::move(unknown);
    return refusal;
  }
  const bool offers = method == sip_method_invite || method == sip_method_update;
  if (!offers || body_may_be_ignored(sip)) return std::nullopt;
  switch (read_body(sip).fault) {
    case BodyFault::kNone:
      return std::nullopt;
    case BodyFault::kBroken:
      return Refusal{400, "Broken Multipart Body", {}};
    case BodyFault::kNotUnderstood:
      break;
  }
  Refusal refusal{415, {}, {}};
  refusal.headers.accept = kAccept;
  return refusal;
}

std::optional<Refusal> check_first_invite(const sip_t& sip) {
  const url_t& uri = *sip.sip_request->rq_url;
  if (uri.url_type != url_sip && uri.url_type != url_sips) return Refusal{416, {}, {}};
  if (!sip.sip_from->a_tag) return Refusal{400, "Missing From Tag", {}};
  if (!sip.sip_contact || sip.sip_contact->m_url->url_type == url_any)
    return Refusal{400, "Missing Contact Header", {}};
  // A conference can be one stop of a loop of calls; it must end somewhere.
  if (sip.sip_max_forwards && sip.sip_max_forwards->mf_count == 0) return Refusal{483, {}, {}};
  return std::nullopt;
}

std::string sdp_of(const sip_t& sip) {
  return std::string(read_body(sip).sdp);
}

SessionTimerHeaders session_timer_of(const sip_t& sip) {
  SessionTimerHeaders headers;
  headers.supported = sip.sip_supported && sip_has_feature(sip.sip_supported, "timer");
  if (sip.sip_require && sip_has_feature(sip.sip_require, "timer")) headers.supported = true;
  if (const sip_session_expires_t* expires = sip.sip_session_expires) {
    headers.expires = std::chrono::seconds(expires->x_delta);
    const std::string_view refresher = expires->x_refresher ? expires->x_refresher : "";
    if (base::equal_ignoring_case(refresher, "uac")) headers.refresher = Refresher::kUac;
    if (base::equal_ignoring_case(refresher, "uas")) headers.refresher = Refresher::kUas;
  }
  if (sip.sip_min_se) headers.min_se = std::chrono::seconds(sip.sip_min_se->min_delta);
  return headers;
}

std::string reason_of(const sip_t& sip) {
  if (sip.sip_status) return to_std(sip.sip_status->st_phrase);
  if (sip.sip_reason && sip.sip_reason->re_text) return unquote(sip.sip_reason->re_text);
  return {};
}

std::optional<std::chrono::seconds> retry_after_of(const sip_t& sip) {
  if (!sip.sip_retry_after) return std::nullopt;
  constexpr std::chrono::seconds kLongest{3'600};
  return std::min(std::chrono::seconds(sip.sip_retry_after->af_delta), kLongest);
}

base::SocketAddress source_of(msg_t* message) {
  const su_sockaddr_t* from = msg_addr(message);
  return base::from_sockaddr(&from->su_sa, sizeof *from);
}

IncomingInvite read_invite(msg_t* message, const sip_t& sip, const tport_t* connection) {
  IncomingInvite invite;
  const url_t* uri = sip.sip_request->rq_url;
  invite.user = unescape(to_std(uri->url_user));
  invite.request_uri = uri_to_string(uri);
  invite.from_uri = uri_to_string(sip.sip_from->a_url);
  invite.from_display = unquote(to_std(sip.sip_from->a_display));
  invite.call_id = to_std(sip.sip_call_id->i_id);
  invite.offer = sdp_of(sip);
  invite.source = source_of(message);
  invite.transport = connection && tport_is_tcp(connection) ? Transport::kTcp : Transport::kUdp;
  return invite;
}

}  // namespace tutti::sip
