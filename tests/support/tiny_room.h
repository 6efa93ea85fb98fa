// TinyRoom: a conference server of a hundred lines for the tests of the caller: one room, G.711, and
// no jitter buffer but a delay.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "signaling/sip/user_agent.h"
#include "tools/caller/rtp_talker.h"

namespace tutti::test_support {

class TinyRoom final : private sip::UserAgentObserver {
 public:
  TinyRoom();
  ~TinyRoom() override;

  base::SocketAddress address() const { return address_; }
  std::size_t dialogs() const { return members_now_; }
  std::size_t most_waiting() const { return most_waiting_; }        // for their answers
  std::size_t held() const { return held_; }                        // who have agreed to it
  std::size_t packets_on_hold() const { return packets_on_hold_; }  // later than 100 ms after that

  // Faults to be found. Set before the first call.
  int reject_with = 0;                      // answers every INVITE with this status
  std::string phrase;                       // of that answer; empty: the RFC's
  int answer_after_ticks = 0;               // each INVITE
  std::string says_rtp_at;                  // its answers name this address instead of its own
  bool echo_own = false;                    // everyone hears their own voice too
  std::optional<std::pair<int, int>> deaf;  // the n-th listener does not hear the m-th talker
  int hang_up_after_ticks = 0;              // BYE to all
  int hold_after_ticks = 0;                 // re-INVITE to all, to send nothing
  bool lose_a_packet = false;               // one to each
  std::uint64_t which_packet = 60;          // of those to each it loses

 private:
  struct Member;
  struct Waiting {
    int due = 0;  // in ticks
    sip::DialogId dialog{};
    std::string sdp;
  };
  void run();
  void tick();
  void answer_who_is_due();
  void hold_all();
  void on_invite(const sip::IncomingInvite& invite) override;
  void on_reinvite(sip::DialogId, const std::string&) override {}
  void on_answer(sip::DialogId dialog, const std::string&) override;
  void on_established(sip::DialogId) override {}
  void on_ended(sip::DialogId dialog, const sip::DialogEnd&) override;

  base::SocketAddress address_;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> members_now_ = 0;
  sip::UserAgent* agent_ = nullptr;  // of the room's thread
  std::map<sip::DialogId, std::unique_ptr<Member>> members_;
  std::deque<Waiting> waiting_;
  std::atomic<std::size_t> most_waiting_ = 0;
  std::atomic<std::size_t> held_ = 0;
  std::atomic<std::size_t> packets_on_hold_ = 0;
  int joined_ = 0;
  int ticks_ = 0;
  int ticks_with_members_ = 0;
  std::thread thread_;
};

}  // namespace tutti::test_support
