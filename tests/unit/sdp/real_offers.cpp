#include "real_offers.h"

namespace tutti::sdp {

const std::vector<RealOffer>& real_offers() {
  static const std::vector<RealOffer> offers = {
      {"sipp",
       "v=0\r\n"
       "o=user1 53655765 2353687637 IN IP4 127.0.0.1\r\n"
       "s=-\r\n"
       "c=IN IP4 127.0.0.1\r\n"
       "t=0 0\r\n"
       "m=audio 6000 RTP/AVP 0\r\n"
       "a=rtpmap:0 PCMU/8000\r\n",
       1,
       0,
       {{0, AudioCodec::kPcmu}},
       std::nullopt,
       20,
       Direction::kSendRecv,
       "127.0.0.1:6000",
       "127.0.0.1:6001",
       false},
      {"sipp_pcma_without_rtpmap",
       "v=0\n"
       "o=- 1 1 IN IP4 10.0.0.7\n"
       "s=call\n"
       "c=IN IP4 10.0.0.7\n"
       "t=0 0\n"
       "m=audio 7078 RTP/AVP 8 101\n"
       "a=rtpmap:101 telephone-event/8000\n"
       "a=fmtp:101 0-11,16",
       1,
       0,
       {{8, AudioCodec::kPcma}},
       101,
       20,
       Direction::kSendRecv,
       "10.0.0.7:7078",
       "10.0.0.7:7079",
       false},
      {"baresip",
       "v=0\r\n"
       "o=- 3907843420 1530262932 IN IP4 192.168.1.20\r\n"
       "s=-\r\n"
       "c=IN IP4 192.168.1.20\r\n"
       "t=0 0\r\n"
       "a=tool:baresip 1.0.0\r\n"
       "m=audio 23134 RTP/AVP 96 9 0 8 101\r\n"
       "b=AS:128\r\n"
       "a=rtpmap:96 opus/48000/2\r\n"
       "a=fmtp:96 stereo=1;sprop-stereo=1\r\n"
       "a=rtpmap:9 G722/8000\r\n"
       "a=rtpmap:0 PCMU/8000\r\n"
       "a=rtpmap:8 PCMA/8000\r\n"
       "a=rtpmap:101 telephone-event/8000\r\n"
       "a=fmtp:101 0-15\r\n"
       "a=rtcp:23135\r\n"
       "a=rtcp-mux\r\n"
       "a=sendrecv\r\n"
       "a=label:1\r\n"
       "a=rtcp-rsize\r\n"
       "a=ssrc:2384211 cname:sip:a@192.168.1.20\r\n"
       "a=ptime:20\r\n",
       1,
       0,
       {{0, AudioCodec::kPcmu}, {8, AudioCodec::kPcma}},
       101,
       20,
       Direction::kSendRecv,
       "192.168.1.20:23134",
       "192.168.1.20:23134",
       true},
      {"linphone_with_video_and_feedback",
       "v=0\r\n"
       "o=alice 2890 1830 IN IP4 192.168.5.4\r\n"
       "s=Talk\r\n"
       "c=IN IP4 192.168.5.4\r\n"
       "b=AS:380\r\n"
       "t=0 0\r\n"
       "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"
       "m=audio 7076 RTP/AVPF 96 97 98 0 8 18 101 99 100\r\n"
       "a=rtpmap:96 opus/48000/2\r\n"
       "a=fmtp:96 useinbandfec=1\r\n"
       "a=rtpmap:97 speex/16000\r\n"
       "a=fmtp:97 vbr=on\r\n"
       "a=rtpmap:98 speex/8000\r\n"
       "a=fmtp:98 vbr=on\r\n"
       "a=fmtp:18 annexb=yes\r\n"
       "a=rtpmap:101 telephone-event/48000\r\n"
       "a=rtpmap:99 telephone-event/16000\r\n"
       "a=rtpmap:100 telephone-event/8000\r\n"
       "a=rtcp-fb:* trr-int 5000\r\n"
       "a=rtcp-fb:* ccm tmmbr\r\n"
       "m=video 9078 RTP/AVPF 96 97\r\n"
       "a=rtpmap:96 VP8/90000\r\n"
       "a=rtpmap:97 H264/90000\r\n"
       "a=fmtp:97 profile-level-id=42801F\r\n"
       "a=rtcp-fb:96 nack pli\r\n",
       2,
       0,
       {{0, AudioCodec::kPcmu}, {8, AudioCodec::kPcma}},
       100,
       20,
       Direction::kSendRecv,
       "192.168.5.4:7076",
       "192.168.5.4:7077",
       false},
      {"asterisk",
       "v=0\r\n"
       "o=- 1278203456 1278203456 IN IP4 203.0.113.9\r\n"
       "s=Asterisk\r\n"
       "c=IN IP4 203.0.113.9\r\n"
       "t=0 0\r\n"
       "m=audio 12042 RTP/AVP 8 0 3 101\r\n"
       "a=rtpmap:8 PCMA/8000\r\n"
       "a=rtpmap:0 PCMU/8000\r\n"
       "a=rtpmap:3 GSM/8000\r\n"
       "a=rtpmap:101 telephone-event/8000\r\n"
       "a=fmtp:101 0-16\r\n"
       "a=ptime:20\r\n"
       "a=maxptime:150\r\n"
       "a=sendrecv\r\n",
       1,
       0,
       {{8, AudioCodec::kPcma}, {0, AudioCodec::kPcmu}},
       101,
       20,
       Direction::kSendRecv,
       "203.0.113.9:12042",
       "203.0.113.9:12043",
       false},
      {"freeswitch_with_ice_media_address_and_image",
       "v=0\r\n"
       "o=FreeSWITCH 1690000001 1690000002 IN IP4 198.51.100.3\r\n"
       "s=FreeSWITCH\r\n"
       "c=IN IP4 198.51.100.3\r\n"
       "t=0 0\r\n"
       "a=msid-semantic: WMS abc\r\n"
       "a=ice-lite\r\n"
       "m=image 17002 udptl t38\r\n"
       "a=T38FaxVersion:0\r\n"
       "m=audio 17000 RTP/AVP 102 118 101 13\r\n"
       "c=IN IP4 198.51.100.33\r\n"
       "a=rtpmap:102 pcmu/8000/1\r\n"
       "a=rtpmap:118 PCMA/8000\r\n"
       "a=rtpmap:101 telephone-event/8000\r\n"
       "a=fmtp:101 0-15\r\n"
       "a=rtpmap:13 CN/8000\r\n"
       "a=rtcp:17900 IN IP4 198.51.100.34\r\n"
       "a=ssrc:1837 cname:QxYz\r\n"
       "a=ice-ufrag:Yk3p\r\n"
       "a=ice-pwd:5uDq7o2Jx1Rt9ZbVw3Np6c\r\n"
       "a=candidate:3461 1 udp 659136 198.51.100.33 17000 typ host generation 0\r\n"
       "a=candidate:3461 2 udp 659135 198.51.100.33 17001 typ host generation 0\r\n"
       "a=ptime:30\r\n",
       2,
       1,
       {{102, AudioCodec::kPcmu}, {118, AudioCodec::kPcma}},
       101,
       30,
       Direction::kSendRecv,
       "198.51.100.33:17000",
       "198.51.100.34:17900",
       false},
      {"secure_first_plain_second_ipv6",
       "v=0\r\n"
       "o=- 20518 0 IN IP6 2001:db8::7\r\n"
       "s= \r\n"
       "i=an offer with an alternative\r\n"
       "u=http://example.com/\r\n"
       "e=a@example.com\r\n"
       "p=+1 617 555 6011\r\n"
       "c=IN IP6 2001:db8::7\r\n"
       "b=CT:128\r\n"
       "t=0 0\r\n"
       "k=prompt\r\n"
       "a=sendonly\r\n"
       "m=audio 30000 RTP/SAVP 0\r\n"
       "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
       "m=audio 30002 RTP/AVP 0\r\n"
       "a=rtpmap:0 PCMU/8000\r\n",
       2,
       1,
       {{0, AudioCodec::kPcmu}},
       std::nullopt,
       20,
       Direction::kRecvOnly,
       "[2001:db8::7]:30002",
       "[2001:db8::7]:30003",
       false},
  };
  return offers;
}

}  // namespace tutti::sdp
