// Negotiation: an offer and its answer become a MediaPlan. Pure functions; audio only, one stream.
//
// Source: RFC 3264 (offer/answer), 3551 (static payload types), 4733 (telephone-event), 3605 (a=rtcp),
// 5761 (a=rtcp-mux), 2543 B.5 (hold by c=0.0.0.0).
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "signaling/sdp/session_description.h"

namespace tutti::sdp {

enum class AudioCodec : std::uint8_t { kPcmu, kPcma };

enum class Direction : std::uint8_t { kInactive = 0, kSendOnly = 1, kRecvOnly = 2, kSendRecv = 3 };

constexpr bool may_send(Direction direction) {
  return (static_cast<unsigned>(direction) & 1U) != 0;
}
constexpr bool may_receive(Direction direction) {
  return (static_cast<unsigned>(direction) & 2U) != 0;
}

struct CodecChoice {
  std::uint8_t payload_type = 0;
  AudioCodec codec = AudioCodec::kPcmu;
  bool operator==(const CodecChoice&) const = default;
};

using PayloadTypes = std::bitset<128>;

// What both sides agreed on, seen from here.
struct MediaPlan {
  std::size_t stream = 0;           // which m= line was taken
  std::vector<CodecChoice> codecs;  // each codec once, never empty; the first one is what to send
  std::optional<std::uint8_t> telephone_event;
  std::uint8_t ptime_ms = 20;  // to send: 10, 20 ... 60
  Direction direction = Direction::kSendRecv;
  base::SocketAddress remote_rtp;   // unspecified() while held the old way; nothing may be sent then
  base::SocketAddress remote_rtcp;  // equal to remote_rtp under mux
  bool rtcp_mux = false;
  PayloadTypes used;  // by the far end's line, for whatever it is
  bool operator==(const MediaPlan&) const = default;
};

// What this end brings. `codecs` is what is allowed here; in an offer also the order of preference.
struct LocalMedia {
  base::SocketAddress rtp;
  base::SocketAddress rtcp;  // equal to rtp where there is no RTCP port
  std::vector<AudioCodec> codecs = {AudioCodec::kPcmu, AudioCodec::kPcma};
  Direction direction = Direction::kSendRecv;  // the most that this end wants
  bool accept_mux = true;                      // no first offer of ours proposes it
  std::string session_name = "-";
  std::uint64_t session_id = 1;       // constant in a dialog
  std::uint64_t session_version = 1;  // grows with each description that differs from the last
};

struct Answer {
  SessionDescription description;
  MediaPlan plan;
};

// What would be agreed; needs no port yet. Takes the first m=audio that can be had.
// Errors: the reason of the first m=audio where none can.
base::Result<MediaPlan, SdpError> plan_answer(const SessionDescription& offer, const LocalMedia& local);

// The answer to `offer`: its streams in its order, all but one declined with port 0.
base::Result<Answer, SdpError> answer(const SessionDescription& offer, const LocalMedia& local);

// An offer of one audio stream, for an INVITE that brought none; and the payload types it gives.
SessionDescription offer(const LocalMedia& local);
std::vector<CodecChoice> offered_codecs(const std::vector<AudioCodec>& codecs);
inline constexpr std::uint8_t kOfferedTelephoneEvent = 101;  // what everybody else uses

// An offer within a session: `session`, which is what this end said last, with what is new in `local`. Its
// streams stay in their places, and its payload types what they are.
// Source: RFC 3264, section 8.
SessionDescription offer_within(const SessionDescription& session, const MediaPlan& agreed,
                                const LocalMedia& local);

// What the far end made of `offer`, which was ours. Codecs come in the answerer's order.
base::Result<MediaPlan, SdpError> apply_answer(const SessionDescription& offer,
                                               const SessionDescription& answer);

}  // namespace tutti::sdp
