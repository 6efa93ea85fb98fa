#include "signaling/sip/stack_impl.h"

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <limits>

#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/base/host_network.h"
#include "dataplane/base/source_address.h"
#include "signaling/sip/event_loop_impl.h"
#include "signaling/sip/message_guard_impl.h"
#include "signaling/sip/resolver_guard_impl.h"
#include "signaling/sip/route_guard_impl.h"
#include "signaling/sip/text.h"

namespace tutti::sip {
namespace {

constexpr unsigned kTcpIncompleteMs = 32'000;  // a message that takes longer to come ends its connection
constexpr unsigned kTcpQueue = 1024;           // messages waiting for a slow reader
constexpr unsigned kUdpReceiveBytes = 4 << 20;

void log_nothing(void*, const char*, va_list) {}

unsigned milliseconds_of(std::chrono::milliseconds duration) {
  return static_cast<unsigned>(duration.count());
}

SipError bind_error(const base::SocketAddress& address, const char* protocol, int error) {
  const std::string what =
      std::string(protocol) + " port " + std::to_string(address.port) + " of " + base::ip_to_string(address);
  switch (error) {
    case EADDRINUSE:
      return {SipErrorKind::kAddressInUse, what + " is in use by another program"};
    case EADDRNOTAVAIL:
      return {SipErrorKind::kAddressNotAvailable,
              base::ip_to_string(address) + " is not an address of this host"};
    case EACCES:
    case EPERM:
      return {SipErrorKind::kPermissionDenied, what + " may not be opened by this user"};
    default:
      return {SipErrorKind::kLibrary, what + " cannot be opened: " + std::strerror(error)};
  }
}

// A port that neither UDP nor TCP uses on `address` right now; 0 when there is none.
std::uint16_t free_port(const base::SocketAddress& address) {
  for (int tries = 0; tries < 16; ++tries) {
    sockaddr_storage storage{};
    socklen_t length = base::to_sockaddr(address.with_port(0), storage);
    auto* name = reinterpret_cast<sockaddr*>(&storage);
    const int udp = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int tcp = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool free = bind(udp, name, length) == 0 && getsockname(udp, name, &length) == 0;
    free = free && bind(tcp, name, length) == 0;
    close(udp);
    close(tcp);
    if (free) return base::from_sockaddr(name, length).port;
  }
  return 0;
}

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// Null where the dialog has none. The library has to be told: of a strict router, whose URI becomes the
// Request-URI, it would pass over the host and send to the route behind it. Source: RFC 3261, 12.2.1.1.
const url_t* first_route(nta_leg_t* leg) {
  const sip_route_t* route = nullptr;
  const sip_contact_t* contact = nullptr;
  nta_leg_get_route(leg, &route, &contact);
  return route ? route->r_url : nullptr;
}

const url_string_t* as_string(const url_t* url) {
  return reinterpret_cast<const url_string_t*>(url);
}

}  // namespace

Method method_of(sip_method_t method) {
  switch (method) {
    case sip_method_invite:
      return Method::kInvite;
    case sip_method_ack:
      return Method::kAck;
    case sip_method_cancel:
      return Method::kCancel;
    case sip_method_bye:
      return Method::kBye;
    case sip_method_options:
      return Method::kOptions;
    case sip_method_update:
      return Method::kUpdate;
    default:
      return Method::kOther;
  }
}

Stack::Stack(EventLoop& loop, const UserAgentConfig& config, SipCounters& counters)
    : loop_(loop),
      config_(config),
      counters_(counters),
      connections_({config.limits.connections, config.limits.connections_per_address}, counters) {}

Stack::~Stack() {
  if (agent_) nta_agent_destroy(agent_);
}

base::Result<void, SipError> Stack::open() {
  if (!std::getenv("SU_DEBUG")) su_log_redirect(su_log_default, log_nothing, nullptr);
  if (!message_guard_is_in_place() || !connection_guard_is_in_place() || !route_guard_is_in_place() ||
      !resolver_guard_is_in_place()) {
    return base::unexpected(
        SipError{SipErrorKind::kLibrary, "the guards are not linked in front of the SIP library"});
  }
  const unsigned t1 = milliseconds_of(config_.timers.t1);
  agent_ = nta_agent_create(
      loop_.impl().root, reinterpret_cast<url_string_t*>(-1), on_stateless,
      reinterpret_cast<nta_agent_magic_t*>(this), NTATAG_MCLASS(guarded_message_class()), NTATAG_UA(1),
      NTATAG_MERGE_482(1), NTATAG_CLIENT_RPORT(1), NTATAG_SIP_T1(t1), NTATAG_SIP_T1X64(64 * t1),
      NTATAG_SIP_T2(milliseconds_of(config_.timers.t2)), NTATAG_SIP_T4(milliseconds_of(config_.timers.t4)),
      // A backstop behind the limit of ours: INVITEs that nobody has answered yet.
      NTATAG_MAX_PROCEEDING(static_cast<unsigned>(2 * config_.limits.pending_invites + 64)), TAG_END());
  if (!agent_) return base::unexpected(SipError{SipErrorKind::kLibrary, "the SIP library does not start"});
  for (const base::SocketAddress& address : config_.listen) {
    if (auto done = bind(address); !done) return done;
  }
  if (bound_.empty()) {
    return base::unexpected(SipError{SipErrorKind::kBadAddress, "no address to listen on is given"});
  }
  return {};
}

base::Result<void, SipError> Stack::bind(const base::SocketAddress& address) {
  if (!address.valid()) {
    return base::unexpected(SipError{SipErrorKind::kBadAddress, "there is no such address to listen on"});
  }
  constexpr int kTries = 16;  // another program may take a free port between our look and our bind
  for (int left = address.port ? 1 : kTries; left > 0; --left) {
    const base::SocketAddress real = address.port ? address : address.with_port(free_port(address));
    int error = open_transport(real, "udp");
    if (error == EADDRINUSE && left > 1) continue;
    if (error) return base::unexpected(bind_error(real, "UDP", error));
    if (config_.tcp) error = open_transport(real, "tcp");
    if (error) return base::unexpected(bind_error(real, "TCP", error));
    connections_.watch(real);
    bound_.push_back(real);
    return {};
  }
  return base::unexpected(bind_error(address, "UDP", EADDRINUSE));
}

// One transport a call: a list of them is kept by the library in memory that it has left already.
int Stack::open_transport(const base::SocketAddress& address, const char* protocol) {
  const std::string uri = "sip:" + base::to_string(address) + ";transport=" + protocol;
  errno = 0;
  const int result =
      nta_agent_add_tport(agent_, URL_STRING_MAKE(uri.c_str()), TPTAG_TIMEOUT(kTcpIncompleteMs),
                          TPTAG_IDLE(milliseconds_of(config_.tcp_idle)), TPTAG_QUEUESIZE(kTcpQueue),
                          TPTAG_UDP_RMEM(kUdpReceiveBytes), TAG_END());
  if (result == 0) return 0;
  return errno ? errno : EINVAL;
}

void Stack::set_stateless(bool on) {
  nta_agent_set_params(agent_, NTATAG_STATELESS(on ? 1 : 0), TAG_END());
}

int Stack::on_stateless(nta_agent_magic_t* magic, nta_agent_t* agent, msg_t* msg, sip_t* sip) {
  auto& stack = *reinterpret_cast<Stack*>(magic);
  if (!sip->sip_request) {  // a response to nothing that we asked, or no longer; it comes here always
    nta_msg_discard(agent, msg);
    return 0;
  }
  stack.receive_stateless(msg, *sip);
  return 0;
}

void Stack::reply(nta_incoming_t* transaction, int status, std::string_view phrase, const Headers& headers) {
  answer(status, phrase, headers, [&](const char* text, const tagi_t* tags) {
    nta_incoming_treply(transaction, status, text, TAG_NEXT(tags));
  });
}

void Stack::reply_stateless(msg_t* message, int status, std::string_view phrase, const Headers& headers) {
  answer(status, phrase, headers, [&](const char* text, const tagi_t* tags) {
    nta_msg_treply(agent_, message, status, text, TAG_NEXT(tags));
  });
}

template <typename Send>
void Stack::answer(int status, std::string_view phrase, const Headers& headers, Send send) {
  const std::string words(phrase);
  const char* text = words.empty() ? sip_status_phrase(status) : words.c_str();
  if (!text) text = "Answer";
  counters_.responses_sent.add(status);
  const tagi_t tags[] = {
      {SIPTAG_SERVER_STR(config_.product.c_str())},
      {TAG_IF(!headers.contact.empty(), SIPTAG_CONTACT_STR(headers.contact.c_str()))},
      {TAG_IF(headers.capabilities, SIPTAG_ALLOW_STR(kAllow))},
      {TAG_IF(headers.capabilities, SIPTAG_SUPPORTED_STR(kSupported))},
      {TAG_IF(!headers.accept.empty(), SIPTAG_ACCEPT_STR(headers.accept.c_str()))},
      {TAG_IF(!headers.require.empty(), SIPTAG_REQUIRE_STR(headers.require.c_str()))},
      {TAG_IF(!headers.unsupported.empty(), SIPTAG_UNSUPPORTED_STR(headers.unsupported.c_str()))},
      {TAG_IF(!headers.session_expires.empty(), SIPTAG_SESSION_EXPIRES_STR(headers.session_expires.c_str()))},
      {TAG_IF(!headers.min_se.empty(), SIPTAG_MIN_SE_STR(headers.min_se.c_str()))},
      {TAG_IF(!headers.retry_after.empty(), SIPTAG_RETRY_AFTER_STR(headers.retry_after.c_str()))},
      {TAG_IF(!headers.warning.empty(), SIPTAG_WARNING_STR(headers.warning.c_str()))},
      {TAG_IF(!headers.reason.empty(), SIPTAG_REASON_STR(headers.reason.c_str()))},
      {TAG_IF(!headers.sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType))},
      {TAG_IF(!headers.sdp.empty(), SIPTAG_PAYLOAD_STR(headers.sdp.c_str()))},
      {TAG_END()}};
  send(text, tags);
}

Refusal Stack::refusal_of(const Rejection& rejection) const {
  const bool final = rejection.status >= 300 && rejection.status <= 699;
  Refusal refusal{final ? rejection.status : 500, rejection.phrase, {}};
  if (rejection.retry_after) refusal.headers.retry_after = std::to_string(rejection.retry_after->count());
  if (rejection.warning) refusal.headers.warning = warning(*rejection.warning);
  return refusal;
}

ClientTransaction Stack::send(nta_leg_t* leg, nta_response_f* callback, nta_outgoing_magic_t* magic,
                              sip_method_t method, const char* method_name, const url_t* target,
                              const Headers& headers, tport_t* via) {
  if (!may_reach(leg, target)) return {};
  nta_outgoing_t* request = nta_outgoing_tcreate(
      leg, callback, magic, as_string(first_route(leg)), method, method_name, as_string(target),
      TAG_IF(via != nullptr, NTATAG_TPORT(via)), SIPTAG_USER_AGENT_STR(config_.product.c_str()),
      SIPTAG_CONTACT_STR(or_null(headers.contact)), TAG_IF(headers.capabilities, SIPTAG_ALLOW_STR(kAllow)),
      TAG_IF(headers.capabilities, SIPTAG_SUPPORTED_STR(kSupported)),
      TAG_IF(!headers.session_expires.empty(), SIPTAG_SESSION_EXPIRES_STR(headers.session_expires.c_str())),
      TAG_IF(!headers.min_se.empty(), SIPTAG_MIN_SE_STR(headers.min_se.c_str())),
      TAG_IF(!headers.reason.empty(), SIPTAG_REASON_STR(headers.reason.c_str())),
      TAG_IF(!headers.accept.empty(), SIPTAG_ACCEPT_STR(headers.accept.c_str())),
      TAG_IF(!headers.sdp.empty(), SIPTAG_CONTENT_TYPE_STR(kSdpType)),
      TAG_IF(!headers.sdp.empty(), SIPTAG_PAYLOAD_STR(headers.sdp.c_str())), TAG_END());
  if (request) counters_.sent(method_of(method)).add();
  return ClientTransaction(request);
}

// The library asks a resolver for a name, and a `maddr` comes before the host.
bool Stack::may_reach(nta_leg_t* leg, const url_t* target) const {
  if (!config_.loopback_only) return true;
  const sip_route_t* route = nullptr;
  const sip_contact_t* contact = nullptr;
  nta_leg_get_route(leg, &route, &contact);
  const url_t* next = route ? route->r_url : target ? target : contact ? contact->m_url : nullptr;
  if (!next || !next->url_host || url_has_param(next, "maddr")) return false;
  std::string_view host = next->url_host;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const auto address = base::parse_ip(host);
  return address && base::is_loopback(*address);
}

void Stack::send_ack(nta_leg_t* leg, nta_outgoing_t* invite, tport_t* via) {
  const Home home = make_home();
  const sip_cseq_t* cseq = sip_cseq_create(home.get(), nta_outgoing_cseq(invite), SIP_METHOD_ACK);
  // Let go at once: the library keeps it to repeat it for each repetition of the 2xx.
  const ClientTransaction ack(
      nta_outgoing_tcreate(leg, nullptr, nullptr, as_string(first_route(leg)), SIP_METHOD_ACK, nullptr,
                           TAG_IF(via != nullptr, NTATAG_TPORT(via)),
                           NTATAG_ACK_BRANCH(nta_outgoing_branch(invite)), SIPTAG_CSEQ(cseq), TAG_END()));
  if (ack) counters_.sent(Method::kAck).add();
}

base::SocketAddress Stack::address_towards(const base::SocketAddress& peer) const {
  const base::SocketAddress* best = &bound_.front();
  const base::SocketAddress source = base::source_address(peer);
  for (const base::SocketAddress& address : bound_) {
    if (address.family != peer.family) continue;
    if (best->family != peer.family) best = &address;
    if (address.with_port(0) == source.with_port(0)) best = &address;
  }
  if (!best->unspecified()) return *best;
  return source.valid() ? source.with_port(best->port) : *best;
}

base::SocketAddress Stack::address_of(tport_t* transport, const base::SocketAddress& peer) const {
  const su_addrinfo_t* info = transport ? tport_get_address(tport_parent(transport)) : nullptr;
  if (!info) return address_towards(peer);
  const auto local = base::from_sockaddr(info->ai_addr, static_cast<socklen_t>(info->ai_addrlen));
  return local.valid() && !local.unspecified() ? local : address_towards(peer);
}

std::string Stack::contact(const char* user, const base::SocketAddress& address, Transport transport) const {
  std::string contact = "<sip:";
  if (user && *user) contact.append(user).append("@");
  contact += base::to_string(address);
  if (transport == Transport::kTcp) contact += ";transport=tcp";
  contact += '>';
  if (config_.focus) contact += ";isfocus";
  // A dialog keeps it for as long as it lives: no more than it needs.
  contact.shrink_to_fit();
  return contact;
}

std::string Stack::warning(const Warning& warning) const {
  return std::to_string(warning.code) + ' ' + base::to_string(bound_.front()) + ' ' + quote(warning.text);
}

}  // namespace tutti::sip
