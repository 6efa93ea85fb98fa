#include "tools/ctl/capture.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "dataplane/base/ascii.h"
#include "tools/analyser/g711.h"
#include "tools/analyser/rtp_stream_check.h"
#include "tools/ctl/text_table.h"

namespace tutti::ctl {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::int64_t kMicrosPerSample = 1'000'000 / analyser::kRateHz;  // 125
constexpr std::size_t kNameColumns = 60;
constexpr std::size_t kPacketsLeast = 25;                 // half a second, or it is no call
constexpr std::int64_t kJumpMax = 5 * analyser::kRateHz;  // a timestamp that goes further begins anew

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                    std::to_integer<unsigned>(bytes[at + 1]));
}

std::optional<Datagram> find_udp(Bytes udp, Datagram datagram) {
  if (udp.size() < 8) return std::nullopt;
  const std::size_t length = u16(udp, 4);
  if (length < 8 || length > udp.size()) return std::nullopt;
  datagram.from.port = u16(udp, 0);
  datagram.to.port = u16(udp, 2);
  datagram.payload = udp.subspan(8, length - 8);
  return datagram;
}

base::SocketAddress address(Bytes bytes, base::AddressFamily family) {
  base::SocketAddress address;
  address.family = family;
  for (std::size_t i = 0; i < bytes.size(); ++i) address.ip[i] = std::to_integer<std::uint8_t>(bytes[i]);
  return address;
}

// The IP packet behind a frame's link header; nothing of other kinds.
std::optional<Bytes> strip_link(int link, Bytes frame) {
  std::size_t skip = 0;
  switch (link) {
    case DLT_EN10MB:
      skip = 14;
      if (frame.size() >= 18 && u16(frame, 12) == 0x8100) skip = 18;  // 802.1Q
      break;
    case DLT_LINUX_SLL:
      skip = 16;
      break;
    case DLT_LINUX_SLL2:
      skip = 20;
      break;
    case DLT_NULL:
    case DLT_LOOP:
      skip = 4;
      break;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      break;
    default:
      return std::nullopt;
  }
  if (frame.size() <= skip) return std::nullopt;
  return frame.subspan(skip);
}

// One SSRC from one end to the other.
struct RtpPath {
  base::SocketAddress from;
  base::SocketAddress to;
  std::uint32_t ssrc = 0;
  auto operator<=>(const RtpPath& other) const {
    return std::tie(from.ip, from.port, to.ip, to.port, ssrc) <=>
           std::tie(other.from.ip, other.from.port, other.to.ip, other.to.port, other.ssrc);
  }
  bool operator==(const RtpPath& other) const { return (*this <=> other) == 0; }
};

struct RtpStream {
  CapturedStream stream;
  std::int64_t origin = 0;  // of the timestamp: where its sample 0 stands
  std::uint32_t first_timestamp = 0;
};

// Places a packet's samples where its timestamp says, the first one of a stream where it arrived. False, and
// nothing is placed: the stream would grow by more than `room`, which is less by its growth afterwards.
bool place(RtpStream& path, const analyser::RtpPacketView& packet, std::int64_t arrived, std::int64_t& room) {
  const auto law = packet.payload_type == 0 ? analyser::Law::kMu : analyser::Law::kA;
  if (path.stream.packets == 0) {
    path.stream.start = arrived;
    path.first_timestamp = packet.timestamp;
  }
  std::int64_t at = path.origin + static_cast<std::int32_t>(packet.timestamp - path.first_timestamp);
  const auto have = static_cast<std::int64_t>(path.stream.samples.size());
  if (at < 0 || at > have + kJumpMax) {  // the clock was set anew: go on where the packet arrived
    at = std::clamp<std::int64_t>(arrived - path.stream.start, 0, have + kJumpMax);
    path.origin = at;
    path.first_timestamp = packet.timestamp;
  }
  const auto length = static_cast<std::int64_t>(packet.payload.size());
  ++path.stream.packets;
  if (at + length > Capture::kSamplesMax) return true;
  if (at + length > have) {
    if (at + length - have > room) return false;
    room -= at + length - have;
    path.stream.samples.resize(static_cast<std::size_t>(at + length));
  }
  analyser::decode_g711(
      law, packet.payload,
      std::span(path.stream.samples).subspan(static_cast<std::size_t>(at), packet.payload.size()));
  return true;
}

// The value of a header, or the rest of a line of SDP, by how the line begins.
std::optional<std::string_view> find_line(std::string_view text, std::string_view beginning) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string_view line = text.substr(from, end - from);
    if (line.substr(0, beginning.size()) == beginning) {
      line.remove_prefix(beginning.size());
      return base::trim(line);
    }
    from = end + 1;
  }
  return std::nullopt;
}

// Who will send from which media address, of an INVITE in one datagram.
std::optional<std::pair<base::SocketAddress, std::string>> find_caller(Bytes payload) {
  const std::string_view text(reinterpret_cast<const char*>(payload.data()), payload.size());
  constexpr std::string_view kInvite = "INVITE ";
  if (text.substr(0, kInvite.size()) != kInvite) return std::nullopt;
  const auto body = text.find("\r\n\r\n");
  const auto from = find_line(text, "From:");
  const auto connection = find_line(text.substr(std::min(body, text.size())), "c=IN IP");
  const auto audio = find_line(text.substr(std::min(body, text.size())), "m=audio ");
  if (!from || !connection || !audio || connection->size() < 3) return std::nullopt;
  const auto port = std::strtoul(std::string(audio->substr(0, audio->find(' '))).c_str(), nullptr, 10);
  auto media = base::parse_ip(connection->substr(2), static_cast<std::uint16_t>(port));
  if (!media || port == 0 || port > 65'535) return std::nullopt;
  return std::pair(*media, plain(from->substr(0, from->find(";tag")), kNameColumns));
}

class Reading {
 public:
  Reading(const PortRange& server_ports, std::int64_t samples_max)
      : server_ports_(server_ports), room_(samples_max) {}

  // False: there is no room for more.
  bool take(const Datagram& datagram, std::int64_t micros) {
    if (auto caller = find_caller(datagram.payload)) names_[key(caller->first)] = caller->second;
    const auto packet = analyser::parse_rtp_strictly(datagram.payload);
    const bool g711 = packet && (packet->payload_type == 0 || packet->payload_type == 8) &&
                      !packet->payload.empty() && packet->payload.size() <= 1'600;
    if (!g711) return true;
    if (capture_.rtp_packets++ == 0) first_micros_ = micros;
    return place(streams_[{datagram.from, datagram.to, packet->ssrc}], *packet,
                 (micros - first_micros_) / kMicrosPerSample, room_);
  }

  Capture finish() {
    for (auto& [path, stream] : streams_) {
      if (stream.stream.packets < kPacketsLeast) continue;
      const bool sent = is_server(path.to) && !is_server(path.from);
      const bool heard = is_server(path.from) && !is_server(path.to);
      if (!sent && !heard) {
        capture_.unplaced += stream.stream.packets;
        continue;
      }
      CapturedCaller& caller = caller_at(sent ? path.from : path.to);
      CapturedStream& place = sent ? caller.sent : caller.heard;
      if (stream.stream.packets > place.packets) place = std::move(stream.stream);
    }
    auto& callers = capture_.callers;
    const auto packets = [](const CapturedCaller& caller) {
      return caller.sent.packets + caller.heard.packets;
    };
    if (callers.size() > Capture::kCallersMax) {
      std::nth_element(callers.begin(), callers.begin() + Capture::kCallersMax, callers.end(),
                       [&](const auto& a, const auto& b) { return packets(a) > packets(b); });
      callers.resize(Capture::kCallersMax);
    }
    std::stable_sort(callers.begin(), callers.end(), [](const auto& a, const auto& b) {
      return std::min(a.sent.start, a.heard.start) < std::min(b.sent.start, b.heard.start);
    });
    return std::move(capture_);
  }

 private:
  static std::pair<std::array<std::uint8_t, 16>, std::uint16_t> key(const base::SocketAddress& address) {
    return {address.ip, address.port};
  }

  // Whom an INVITE named is a caller, whatever its port.
  bool is_server(const base::SocketAddress& end) const {
    return names_.count(key(end)) == 0 && server_ports_.holds(end.port);
  }

  CapturedCaller& caller_at(const base::SocketAddress& media) {
    for (CapturedCaller& caller : capture_.callers) {
      if (caller.media == media) return caller;
    }
    const auto named = names_.find(key(media));
    return capture_.callers.emplace_back(
        CapturedCaller{named == names_.end() ? base::to_string(media) : named->second, media, {}, {}});
  }

  const PortRange server_ports_;
  std::int64_t room_;  // samples that all streams may still grow by
  Capture capture_;
  std::int64_t first_micros_ = 0;
  std::map<RtpPath, RtpStream> streams_;
  std::map<std::pair<std::array<std::uint8_t, 16>, std::uint16_t>, std::string> names_;
};

}  // namespace

std::optional<Datagram> find_datagram(Bytes ip) {
  constexpr unsigned kUdp = 17;
  if (ip.empty()) return std::nullopt;
  const unsigned version = std::to_integer<unsigned>(ip[0]) >> 4;
  if (version == 4 && ip.size() >= 20) {
    const std::size_t header = (std::to_integer<std::size_t>(ip[0]) & 0xF) * 4;
    const std::size_t total = u16(ip, 2);
    const bool fragment = (u16(ip, 6) & 0x3FFF) != 0;  // offset, or more to come
    if (header < 20 || total < header || total > ip.size() || fragment) return std::nullopt;
    if (std::to_integer<unsigned>(ip[9]) != kUdp) return std::nullopt;
    return find_udp(ip.subspan(header, total - header),
                    {address(ip.subspan(12, 4), base::AddressFamily::kIpv4),
                     address(ip.subspan(16, 4), base::AddressFamily::kIpv4),
                     {}});
  }
  if (version == 6 && ip.size() >= 40) {
    const std::size_t length = u16(ip, 4);
    // Extension headers are for others: media has none.
    if (std::to_integer<unsigned>(ip[6]) != kUdp || 40 + length > ip.size()) return std::nullopt;
    return find_udp(ip.subspan(40, length), {address(ip.subspan(8, 16), base::AddressFamily::kIpv6),
                                             address(ip.subspan(24, 16), base::AddressFamily::kIpv6),
                                             {}});
  }
  return std::nullopt;
}

base::Result<Capture, std::string> read_capture(const std::string& file, const PortRange& server_ports,
                                                std::int64_t samples_max) {
  char why[PCAP_ERRBUF_SIZE] = {};
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> pcap(pcap_open_offline(file.c_str(), why), pcap_close);
  if (!pcap) {  // the library names the file only where it cannot be opened
    const std::string_view sentence(why);
    const bool named = sentence.starts_with(file);
    return base::unexpected(named ? fmt::format("--pcap {}", why) : fmt::format("--pcap {}: {}", file, why));
  }
  const int link = pcap_datalink(pcap.get());
  if (!strip_link(link, std::vector<std::byte>(64))) {
    return base::unexpected(
        fmt::format("--pcap {}: captures of link type {} are not read; Ethernet, Linux "
                    "cooked, loopback and raw IP are",
                    file, link));
  }
  Reading reading(server_ports, samples_max);
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int got = 0;
  while ((got = pcap_next_ex(pcap.get(), &header, &data)) == 1) {
    const auto packet = strip_link(link, {reinterpret_cast<const std::byte*>(data), header->caplen});
    const auto datagram = packet ? find_datagram(*packet) : std::nullopt;
    if (datagram &&
        !reading.take(*datagram, std::int64_t{header->ts.tv_sec} * 1'000'000 + header->ts.tv_usec)) {
      return base::unexpected(fmt::format(
          "--pcap {}: more audio than {} callers have in 10 minutes; cut it, as with editcap -A and -B", file,
          Capture::kCallersMax));
    }
  }
  // A capture that was cut off is as good as what came before.
  Capture capture = reading.finish();
  if (got == PCAP_ERROR && capture.callers.empty()) {
    return base::unexpected(fmt::format("--pcap {}: {}", file, pcap_geterr(pcap.get())));
  }
  return capture;
}

}  // namespace tutti::ctl
