// UserAgent::Impl: the table of dialogs and whatever comes from outside them.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "signaling/sip/dialog_impl.h"
#include "signaling/sip/user_agent.h"

namespace tutti::sip {

class UserAgent::Impl {
 public:
  Impl(EventLoop& loop, UserAgentConfig config, UserAgentObserver& observer);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  base::Result<void, SipError> open();
  // Null for an id that is dead to the observer.
  Dialog* find(DialogId id);
  base::Result<DialogId, SipError> invite(const OutgoingInvite& invite);

  bool draining = false;
  SipCounters counters;
  const UserAgentConfig config;

  const Stack& stack() const { return stack_; }
  std::size_t dialogs() const { return dialogs_.size(); }

 private:
  static int on_request(nta_leg_magic_t* magic, nta_leg_t* leg, nta_incoming_t* request, const sip_t* sip);
  void receive(ServerTransaction transaction, const sip_t& sip);
  // When the next caller shall ask again; nothing where it may come in. `call`: one is refused for it.
  std::optional<std::chrono::seconds> refuses_calls(bool call);
  void receive_stateless(msg_t* message, sip_t& sip);
  // What a request from outside of dialogs is answered; nothing where it is a call that may come in.
  std::optional<Refusal> answer_to(const sip_t& sip);
  void receive_invite(ServerTransaction transaction, const sip_t& sip);
  void await_ack(ServerTransaction refused);
  static int on_ack(nta_incoming_magic_t* magic, nta_incoming_t* request, const sip_t* sip);
  // A trace is kept of a refusal, or of what has nothing to do with calls.
  void count_trace();
  Dialog& make_dialog();
  void retire(DialogId id);

  Stack stack_;
  DialogContext context_;
  Leg default_leg_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Dialog>> dialogs_;
  std::vector<std::unique_ptr<Dialog>> retired_;
  std::unordered_map<nta_incoming_t*, ServerTransaction> unacknowledged_;  // first INVITEs, given up
  Timer burial_;
  std::size_t traces_this_second_ = 0;
  Timer second_;
};

}  // namespace tutti::sip
