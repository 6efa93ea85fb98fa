// What the tests say of this end, and the offers and answers they make up.
#pragma once

#include <string>

#include "signaling/sdp/negotiation.h"

namespace tutti::sdp {

inline LocalMedia local_for(const base::SocketAddress& remote) {
  LocalMedia local;
  const bool ipv6 = remote.family == base::AddressFamily::kIpv6;
  local.rtp = *base::parse_ip(ipv6 ? "2001:db8::1" : "192.0.2.1", 40'000);
  local.rtcp = local.rtp.with_port(40'001);
  local.session_name = "room";
  local.session_id = 77;
  local.session_version = 5;
  return local;
}

inline LocalMedia local_ipv4() {
  return local_for(*base::parse_ip("127.0.0.1"));
}

// One audio stream: "m=audio 6000 RTP/AVP 0" and the lines given after it.
inline std::string offer_with(const std::string& lines, const std::string& media = "m=audio 6000 RTP/AVP 0",
                              const std::string& connection = "c=IN IP4 10.0.0.1\r\n") {
  return "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\n" + connection + "t=0 0\r\n" + media + "\r\n" + lines;
}

}  // namespace tutti::sdp
