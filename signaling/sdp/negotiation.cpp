#include "signaling/sdp/negotiation.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"
#include "signaling/sdp/fields.h"

namespace tutti::sdp {
namespace {

constexpr std::uint8_t kPtimeMsMin = 10;
constexpr std::uint8_t kPtimeMsMax = 60;
constexpr std::uint8_t kPtimeMsStep = 10;
constexpr std::uint8_t kPtimeMsDefault = 20;  // RFC 3551, 4.2
constexpr std::uint8_t kPayloadTypeMax = 127;
constexpr std::uint8_t kDynamicPayloadTypeMin = 96;  // RFC 3551, table 4

constexpr AudioCodec kAudioCodecs[] = {AudioCodec::kPcmu, AudioCodec::kPcma};

// The static payload types of RFC 3551, table 4.
constexpr std::uint8_t static_payload_type(AudioCodec codec) {
  return codec == AudioCodec::kPcmu ? 0 : 8;
}
constexpr std::string_view encoding_name(AudioCodec codec) {
  return codec == AudioCodec::kPcmu ? "PCMU" : "PCMA";
}

// What the one end allows a stream of the other to become.
struct Terms {
  std::span<const AudioCodec> codecs;
  bool telephone_event = true;
  Direction direction = Direction::kSendRecv;
  bool accept_mux = true;
  base::AddressFamily family = base::AddressFamily::kNone;  // kNone: not known yet
};

base::unexpected<SdpError> refuse(SdpFault fault, std::uint32_t line) {
  return base::unexpected(SdpError{fault, line});
}

bool supported_transport(std::string_view protocol) {
  return base::equal_ignoring_case(protocol, "RTP/AVP") || base::equal_ignoring_case(protocol, "RTP/AVPF");
}

std::optional<base::SocketAddress> parse_unicast(std::string_view network_type, std::string_view address_type,
                                                 std::string_view address, std::uint16_t port) {
  if (!base::equal_ignoring_case(network_type, "IN")) return std::nullopt;
  const auto parsed = base::parse_ip(address, port);
  if (!parsed) return std::nullopt;
  const bool ipv4 = parsed->family == base::AddressFamily::kIpv4;
  if (!base::equal_ignoring_case(address_type, ipv4 ? "IP4" : "IP6")) return std::nullopt;
  const bool multicast = ipv4 ? (parsed->ip[0] & 0xF0) == 0xE0 : parsed->ip[0] == 0xFF;
  if (multicast) return std::nullopt;
  return parsed;
}

// "PCMU/8000" or "PCMU/8000/1": the name, where the clock is 8 000 Hz and there is one channel.
std::optional<std::string_view> narrowband_name(std::string_view encoding) {
  const std::string_view name = take_field(encoding, '/');
  const std::string_view clock = take_field(encoding, '/');
  if (clock != "8000" || !(encoding.empty() || encoding == "1")) return std::nullopt;
  return name;
}

// The encoding that a=rtpmap gives this payload type; empty where there is none.
std::string_view find_rtpmap(const MediaDescription& media, std::uint8_t payload_type) {
  for (const Attribute& attribute : media.attributes) {
    if (attribute.name != "rtpmap") continue;
    std::string_view value = attribute.value;
    if (parse_number<std::uint8_t>(take_field(value, ' ')) != payload_type) continue;
    return base::trim(value);
  }
  return {};
}

struct Formats {
  std::vector<CodecChoice> codecs;
  std::optional<std::uint8_t> telephone_event;
  PayloadTypes used;
};

// What of a stream's formats this end knows, in the stream's order, each codec once.
Formats read_formats(const MediaDescription& media, std::span<const AudioCodec> allowed) {
  Formats formats;
  const auto add = [&](std::uint8_t payload_type, AudioCodec codec) {
    const auto is_codec = [codec](const CodecChoice& choice) { return choice.codec == codec; };
    if (std::find(allowed.begin(), allowed.end(), codec) == allowed.end()) return;
    if (std::any_of(formats.codecs.begin(), formats.codecs.end(), is_codec)) return;
    formats.codecs.push_back({payload_type, codec});
  };
  for (const std::string& format : media.formats) {
    const auto payload_type = parse_number<std::uint8_t>(format);
    if (!payload_type || *payload_type > kPayloadTypeMax) continue;
    formats.used.set(*payload_type);
    const std::string_view encoding = find_rtpmap(media, *payload_type);
    const auto name = narrowband_name(encoding);
    for (const AudioCodec codec : kAudioCodecs) {
      const bool by_name = name && base::equal_ignoring_case(*name, encoding_name(codec));
      const bool by_number = encoding.empty() && *payload_type == static_payload_type(codec);
      if (by_name || by_number) add(*payload_type, codec);
    }
    if (name && base::equal_ignoring_case(*name, "telephone-event") && !formats.telephone_event) {
      formats.telephone_event = *payload_type;
    }
  }
  return formats;
}

const std::string* find_attribute(const SessionDescription& description, const MediaDescription& media,
                                  std::string_view name) {
  const std::string* own = find_attribute(media.attributes, name);
  return own != nullptr ? own : find_attribute(description.attributes, name);
}

std::optional<Direction> find_direction(const std::vector<Attribute>& attributes) {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == "sendrecv") return Direction::kSendRecv;
    if (attribute.name == "sendonly") return Direction::kSendOnly;
    if (attribute.name == "recvonly") return Direction::kRecvOnly;
    if (attribute.name == "inactive") return Direction::kInactive;
  }
  return std::nullopt;
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::kInactive:
      return "inactive";
    case Direction::kSendOnly:
      return "sendonly";
    case Direction::kRecvOnly:
      return "recvonly";
    case Direction::kSendRecv:
      return "sendrecv";
  }
  return "inactive";
}

Direction make_direction(bool send, bool receive) {
  return static_cast<Direction>((send ? 1U : 0U) | (receive ? 2U : 0U));
}

// The nearest packet length that can be sent and is not longer than either asks for.
std::uint8_t choose_ptime(const std::string* ptime, const std::string* maxptime) {
  unsigned chosen = kPtimeMsDefault;
  if (ptime != nullptr) chosen = parse_number<unsigned>(*ptime).value_or(0);
  if (chosen == 0) chosen = kPtimeMsDefault;
  if (maxptime != nullptr) {
    const unsigned most = parse_number<unsigned>(*maxptime).value_or(0);
    if (most != 0) chosen = std::min(chosen, most);
  }
  chosen = std::clamp<unsigned>(chosen, kPtimeMsMin, kPtimeMsMax);
  return static_cast<std::uint8_t>(chosen / kPtimeMsStep * kPtimeMsStep);
}

// Where RTCP goes without mux: a=rtcp, or one port above RTP's.
base::SocketAddress choose_rtcp(const MediaDescription& media, const base::SocketAddress& rtp) {
  // Nothing is above 65535: such a peer hears no RTCP but what it demultiplexes.
  base::SocketAddress rtcp =
      rtp.port == UINT16_MAX ? rtp : rtp.with_port(static_cast<std::uint16_t>(rtp.port + 1));
  const std::string* attribute = find_attribute(media.attributes, "rtcp");
  if (attribute == nullptr) return rtcp;
  std::string_view rest = *attribute;
  const auto port = parse_number<std::uint16_t>(take_field(rest, ' '));
  if (!port || *port == 0) return rtcp;
  rtcp.port = *port;
  if (rest.empty()) return rtcp;
  const std::string_view network_type = take_field(rest, ' ');
  const std::string_view address_type = take_field(rest, ' ');
  const auto address = parse_unicast(network_type, address_type, rest, *port);
  return address && address->family == rtp.family ? *address : rtcp;
}

base::Result<MediaPlan, SdpError> plan_stream(const SessionDescription& description, std::size_t stream,
                                              const Terms& terms) {
  const MediaDescription& media = description.media[stream];
  if (media.port == 0) return refuse(SdpFault::kStreamRefused, media.line);
  if (!supported_transport(media.protocol)) return refuse(SdpFault::kTransportNotSupported, media.line);
  const auto& connection = media.connection ? media.connection : description.connection;
  if (!connection) return refuse(SdpFault::kNoConnection, media.line);
  const auto rtp =
      parse_unicast(connection->network_type, connection->address_type, connection->address, media.port);
  if (!rtp || (terms.family != base::AddressFamily::kNone && rtp->family != terms.family)) {
    return refuse(SdpFault::kAddressNotSupported, connection->line);
  }
  Formats formats = read_formats(media, terms.codecs);
  if (formats.codecs.empty()) return refuse(SdpFault::kNoCommonCodec, media.line);

  MediaPlan plan;
  plan.stream = stream;
  plan.codecs = std::move(formats.codecs);
  plan.used = formats.used;
  if (terms.telephone_event) plan.telephone_event = formats.telephone_event;
  plan.ptime_ms = choose_ptime(find_attribute(description, media, "ptime"),
                               find_attribute(description, media, "maxptime"));
  const Direction theirs =
      find_direction(media.attributes)
          .value_or(find_direction(description.attributes).value_or(Direction::kSendRecv));
  plan.direction = make_direction(may_receive(theirs) && !rtp->unspecified() &&
                                      may_send(terms.direction),  // RFC 3264, 8.4: 0.0.0.0 takes nothing
                                  may_send(theirs) && may_receive(terms.direction));
  plan.rtcp_mux = terms.accept_mux && find_attribute(media.attributes, "rtcp-mux") != nullptr;
  plan.remote_rtp = *rtp;
  plan.remote_rtcp = plan.rtcp_mux ? *rtp : choose_rtcp(media, *rtp);
  return plan;
}

Connection make_connection(const base::SocketAddress& address) {
  Connection connection;
  connection.address_type = address.family == base::AddressFamily::kIpv4 ? "IP4" : "IP6";
  connection.address = base::ip_to_string(address);
  return connection;
}

// A description of this end without its streams.
SessionDescription make_session(const LocalMedia& local) {
  CHECK(local.rtp.valid() && local.rtp.port != 0);
  SessionDescription session;
  session.connection = make_connection(local.rtp);
  session.origin.username = "tutti";
  session.origin.session_id = std::to_string(local.session_id);
  session.origin.session_version = std::to_string(local.session_version);
  session.origin.address_type = session.connection->address_type;
  session.origin.address = session.connection->address;
  session.session_name = local.session_name;
  return session;
}

// The stream that this end takes part in.
MediaDescription make_stream(const LocalMedia& local, const MediaPlan& plan, std::string_view protocol) {
  MediaDescription media;
  media.type = "audio";
  media.port = local.rtp.port;
  media.protocol = protocol;
  const auto attribute = [&media](std::string_view name, std::string value = {}) {
    media.attributes.push_back({std::string(name), std::move(value)});
  };
  for (const CodecChoice& choice : plan.codecs) {
    media.formats.push_back(std::to_string(choice.payload_type));
    attribute("rtpmap",
              std::to_string(choice.payload_type) + " " + std::string(encoding_name(choice.codec)) + "/8000");
  }
  if (plan.telephone_event) {
    const std::string payload_type = std::to_string(*plan.telephone_event);
    media.formats.push_back(payload_type);
    attribute("rtpmap", payload_type + " telephone-event/8000");
    attribute("fmtp", payload_type + " 0-15");
  }
  attribute("ptime", std::to_string(plan.ptime_ms));
  attribute("maxptime", std::to_string(kPtimeMsMax));
  if (plan.rtcp_mux) {
    attribute("rtcp-mux");
  } else if (local.rtcp.port != local.rtp.port + 1) {
    attribute("rtcp", std::to_string(local.rtcp.port));
  }
  attribute(to_string(plan.direction));
  return media;
}

// The number wanted, or a dynamic one, where nothing else has it; none where all are taken.
std::optional<std::uint8_t> take_payload_type(PayloadTypes& used, std::uint8_t wanted) {
  if (used.test(wanted)) {
    wanted = kDynamicPayloadTypeMin;
    while (wanted <= kPayloadTypeMax && used.test(wanted)) ++wanted;
    if (wanted > kPayloadTypeMax) return std::nullopt;
  }
  used.set(wanted);
  return wanted;
}

// What a stream of ours becomes when it is offered again: what it was, and behind it what this end has beside
// (RFC 3261, 14.2), under numbers that neither end has used for something else (RFC 3264, 8.3.2).
MediaPlan extend(const MediaDescription& ours, const MediaPlan& agreed, const LocalMedia& local) {
  Formats formats = read_formats(ours, kAudioCodecs);
  PayloadTypes used = formats.used | agreed.used;
  MediaPlan wish;
  wish.codecs = std::move(formats.codecs);
  for (const AudioCodec codec : local.codecs) {
    const auto is_codec = [codec](const CodecChoice& choice) { return choice.codec == codec; };
    if (std::any_of(wish.codecs.begin(), wish.codecs.end(), is_codec)) continue;
    const auto payload_type = take_payload_type(used, static_payload_type(codec));
    if (payload_type) wish.codecs.push_back({*payload_type, codec});
  }
  wish.telephone_event =
      formats.telephone_event ? formats.telephone_event : take_payload_type(used, kOfferedTelephoneEvent);
  wish.ptime_ms = choose_ptime(find_attribute(ours.attributes, "ptime"), nullptr);
  wish.direction = local.direction;
  wish.rtcp_mux = agreed.rtcp_mux;
  return wish;
}

MediaDescription decline(const MediaDescription& offered) {
  MediaDescription media;
  media.type = offered.type;
  media.protocol = offered.protocol;
  media.formats = offered.formats;
  if (media.formats.empty()) media.formats.emplace_back("0");  // the grammar wants one
  return media;
}

}  // namespace

base::Result<MediaPlan, SdpError> plan_answer(const SessionDescription& offer, const LocalMedia& local) {
  const Terms terms{.codecs = local.codecs,
                    .direction = local.direction,
                    .accept_mux = local.accept_mux,
                    .family = local.rtp.family};
  std::optional<SdpError> first_refusal;
  for (std::size_t stream = 0; stream < offer.media.size(); ++stream) {
    if (offer.media[stream].type != "audio") continue;
    auto plan = plan_stream(offer, stream, terms);
    if (plan) return plan;
    if (!first_refusal) first_refusal = plan.error();
  }
  return base::unexpected(first_refusal.value_or(SdpError{SdpFault::kNoAudio, 0}));
}

base::Result<Answer, SdpError> answer(const SessionDescription& offer, const LocalMedia& local) {
  auto plan = plan_answer(offer, local);
  if (!plan) return base::unexpected(plan.error());
  Answer result;
  result.description = make_session(local);
  result.description.timing = offer.timing;
  for (std::size_t stream = 0; stream < offer.media.size(); ++stream) {
    const MediaDescription& offered = offer.media[stream];
    result.description.media.push_back(stream == plan->stream ? make_stream(local, *plan, offered.protocol)
                                                              : decline(offered));
  }
  result.plan = std::move(*plan);
  return result;
}

std::vector<CodecChoice> offered_codecs(const std::vector<AudioCodec>& codecs) {
  std::vector<CodecChoice> choices;
  choices.reserve(codecs.size());
  for (const AudioCodec codec : codecs) choices.push_back({static_payload_type(codec), codec});
  return choices;
}

SessionDescription offer(const LocalMedia& local) {
  MediaPlan wish;
  wish.codecs = offered_codecs(local.codecs);
  wish.telephone_event = kOfferedTelephoneEvent;
  wish.direction = local.direction;
  SessionDescription description = make_session(local);
  description.media.push_back(make_stream(local, wish, "RTP/AVP"));
  return description;
}

SessionDescription offer_within(const SessionDescription& session, const MediaPlan& agreed,
                                const LocalMedia& local) {
  SessionDescription description = make_session(local);
  description.timing = session.timing;
  description.media = session.media;
  for (MediaDescription& stream : description.media) {
    if (stream.port != 0) stream = make_stream(local, extend(stream, agreed, local), stream.protocol);
  }
  return description;
}

base::Result<MediaPlan, SdpError> apply_answer(const SessionDescription& offer,
                                               const SessionDescription& answer) {
  if (answer.media.size() != offer.media.size()) return refuse(SdpFault::kStreamsDoNotMatch, 0);
  std::optional<SdpError> first_refusal;
  for (std::size_t stream = 0; stream < offer.media.size(); ++stream) {
    const MediaDescription& ours = offer.media[stream];
    // A description of ours sent again to refresh a session keeps the streams it once declined.
    if (ours.type != "audio" || ours.port == 0) continue;
    if (answer.media[stream].type != ours.type) {
      return refuse(SdpFault::kStreamsDoNotMatch, answer.media[stream].line);
    }
    const Formats offered = read_formats(ours, kAudioCodecs);
    std::vector<AudioCodec> codecs;
    for (const CodecChoice& choice : offered.codecs) codecs.push_back(choice.codec);
    const auto address = base::parse_ip(offer.connection ? offer.connection->address : "");
    const Terms terms{.codecs = codecs,
                      .telephone_event = offered.telephone_event.has_value(),
                      .direction = find_direction(ours.attributes).value_or(Direction::kSendRecv),
                      .accept_mux = find_attribute(ours.attributes, "rtcp-mux") != nullptr,
                      .family = address ? address->family : base::AddressFamily::kNone};
    auto plan = plan_stream(answer, stream, terms);
    // What the far end sends carries the number that our offer gave it (RFC 3264, 5.1).
    if (plan && plan->telephone_event) plan->telephone_event = offered.telephone_event;
    if (plan) return plan;
    if (!first_refusal) first_refusal = plan.error();
  }
  return base::unexpected(first_refusal.value_or(SdpError{SdpFault::kNoAudio, 0}));
}

}  // namespace tutti::sdp
