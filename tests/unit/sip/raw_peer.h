// Raw peers: they speak canned SIP over real sockets; waiting for a message turns the agent's loop.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/socket_address.h"
#include "signaling/sip/event_loop.h"

namespace tutti::sip {

inline constexpr const char* kOffer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
inline constexpr const char* kAnswer =
    "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

// The value of the first header of this name, without the white space around it; empty when there is none.
std::string header(std::string_view message, std::string_view name);
std::string body(std::string_view message);
int status_of(std::string_view message);  // 0 for a request
bool is_request(std::string_view message, std::string_view method);

// A socket that speaks raw SIP.
class Peer {
 public:
  // `server` is asked over UDP or TCP; `from`, where it is valid, is the address of ours that it is asked
  // from.
  Peer(EventLoop& loop, const base::SocketAddress& server, bool tcp = false,
       const base::SocketAddress& from = {});
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

  void send(std::string_view bytes);
  void close();
  static constexpr std::chrono::seconds kPatience{60};  // a test that waits so long has failed

  // The next whole message within `timeout`, or nothing.
  std::string next(std::chrono::milliseconds timeout = kPatience);
  // Passes over other messages (100, repetitions, other calls where `call_id` is given) until this answer to
  // `method`, or this request, comes.
  std::string expect(int status, std::string_view method, std::string_view call_id = {});
  std::string expect_request(std::string_view method);
  // True once the server has closed the connection.
  bool closed();

  const base::SocketAddress& address() const { return address_; }
  const char* via() const { return tcp_ ? "TCP" : "UDP"; }
  bool tcp() const { return tcp_; }

 private:
  bool read_some();
  std::string take_message();

  EventLoop& loop_;
  base::SocketAddress address_;
  bool tcp_;
  int fd_ = -1;
  bool end_of_stream_ = false;
  std::string stream_;
  std::vector<std::string> datagrams_;
};

// One call of a raw peer: writes requests with the right tags, CSeq and branch.
class RawCall {
 public:
  RawCall(Peer& peer, std::string user);

  struct Extra {
    std::string headers;  // whole lines
    std::string body;
    std::string content_type = "application/sdp";
  };
  std::string request(const std::string& method, const Extra& extra);
  // The CSeq goes up, a new branch is used; ACK and CANCEL repeat those of the last INVITE.
  std::string invite(const Extra& extra);
  std::string invite() { return invite(Extra{"", kOffer}); }
  std::string ack(const Extra& extra);
  std::string ack() { return ack(Extra{}); }
  std::string cancel();
  std::string bye() { return request("BYE", {}); }
  // Keeps the To tag of an answer to our first INVITE.
  void learn(std::string_view answer) { to_ = header(answer, "To"); }
  // A whole answer to a request of the server.
  std::string answer(std::string_view request, int status, const Extra& extra);
  std::string answer(std::string_view request, int status) { return answer(request, status, Extra{}); }

  // Sends INVITE, expects 200, sends ACK.
  std::string establish(const Extra& extra);
  std::string establish() { return establish(Extra{"", kOffer}); }

  std::string user;
  std::string call_id;
  std::string from_tag;
  std::string contact;
  int cseq = 0;

 private:
  std::string write(const std::string& method, int number, const std::string& branch, const Extra& extra);

  Peer& peer_;
  std::string to_;
  int invite_cseq_ = 0;
  std::string invite_branch_;
};

}  // namespace tutti::sip
