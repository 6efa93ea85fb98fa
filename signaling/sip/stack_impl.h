// Stack: the library's agent, its sockets, and what every message of ours carries.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "signaling/sip/connection_guard_impl.h"
#include "signaling/sip/event_loop.h"
#include "signaling/sip/handles_impl.h"
#include "signaling/sip/sip_counters.h"
#include "signaling/sip/sip_error.h"
#include "signaling/sip/user_agent.h"

namespace tutti::sip {

inline constexpr const char* kAllow = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE";
inline constexpr const char* kSupported = "timer";
inline constexpr const char* kSdpType = "application/sdp";
inline constexpr const char* kAccept = "application/sdp, multipart/mixed";

// The headers a message may carry beyond the compulsory ones; empty: left out.
struct Headers {
  std::string contact;
  std::string session_expires;
  std::string min_se;
  std::string require;
  std::string unsupported;
  std::string retry_after;
  std::string warning;
  std::string reason;
  std::string accept;
  std::string sdp;
  bool capabilities = false;  // Allow and Supported
};

struct Refusal {
  int status = 0;
  std::string phrase;  // empty: the RFC's
  Headers headers;
};

class Stack {
 public:
  Stack(EventLoop& loop, const UserAgentConfig& config, SipCounters& counters);
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack();

  base::Result<void, SipError> open();
  nta_agent_t* agent() const { return agent_; }
  const std::vector<base::SocketAddress>& bound() const { return bound_; }

  // Answers `transaction`; `phrase` may be empty.
  void reply(nta_incoming_t* transaction, int status, std::string_view phrase, const Headers& headers);
  // Likewise, but that no trace is kept of the request, which is `message` and taken.
  void reply_stateless(msg_t* message, int status, std::string_view phrase, const Headers& headers);
  // What the observer refuses, as it is sent.
  Refusal refusal_of(const Rejection& rejection) const;
  // While on, requests outside of dialogs and transactions come here, ACKs but not of calls among them, and
  // take `message` along. A transaction stays for 32 s when its answer is not acknowledged or came over UDP,
  // with 10 to 15 kB: a flood must not have one each. Source: RFC 3261, 8.2.7.
  void set_stateless(bool on);
  std::function<void(msg_t* message, sip_t& sip)> receive_stateless;

  // Sends a request within (or starting) a dialog; `via` may be null. Null when the library refuses.
  ClientTransaction send(nta_leg_t* leg, nta_response_f* callback, nta_outgoing_magic_t* magic,
                         sip_method_t method, const char* method_name, const url_t* target,
                         const Headers& headers, tport_t* via);
  // Whether the next request of a dialog may go where it would: to its first route, `target` or its far end's
  // Contact. Elsewhere nothing is sent.
  bool may_reach(nta_leg_t* leg, const url_t* target = nullptr) const;
  // Acknowledges a 2xx to `invite`. Source: RFC 3261, 13.2.2.4.
  void send_ack(nta_leg_t* leg, nta_outgoing_t* invite, tport_t* via);

  // "<sip:user@address:port;transport=tcp>;isfocus". `user` is escaped already.
  std::string contact(const char* user, const base::SocketAddress& address, Transport transport) const;
  // Our address to which `peer` has sent over `transport`.
  base::SocketAddress address_of(tport_t* transport, const base::SocketAddress& peer) const;
  // Our address as `peer` sees it, with the port we listen on.
  base::SocketAddress address_towards(const base::SocketAddress& peer) const;
  std::string warning(const Warning& warning) const;

 private:
  template <typename Send>
  void answer(int status, std::string_view phrase, const Headers& headers, Send send);
  static int on_stateless(nta_agent_magic_t* magic, nta_agent_t* agent, msg_t* msg, sip_t* sip);
  base::Result<void, SipError> bind(const base::SocketAddress& address);
  // Zero, or errno.
  int open_transport(const base::SocketAddress& address, const char* protocol);

  EventLoop& loop_;
  const UserAgentConfig& config_;
  SipCounters& counters_;
  ConnectionGuard connections_;
  nta_agent_t* agent_ = nullptr;
  std::vector<base::SocketAddress> bound_;
};

Method method_of(sip_method_t method);

}  // namespace tutti::sip
