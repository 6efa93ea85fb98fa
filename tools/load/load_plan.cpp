#include "tools/load/load_plan.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "dataplane/base/ascii.h"
#include "dataplane/base/host_network.h"
#include "tools/analyser/tone.h"

namespace tutti::load {
namespace {

constexpr std::string_view kScheme = "sip:";
constexpr std::string_view kRoom = "{room}";
constexpr std::uint16_t kSipPort = 5060;
constexpr std::size_t kCallersMax = 65'535 - 1'023;  // each has a port of its own, of one address

// Whether what follows a URI's host may name another that is called instead.
bool leads_elsewhere(std::string_view rest) {
  if (rest.find_first_of("@?") != std::string_view::npos) return true;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the semicolon
    const std::string_view parameter = rest.substr(0, rest.find(';'));
    if (base::equal_ignoring_case(parameter.substr(0, parameter.find('=')), "maddr")) return true;
    rest.remove_prefix(parameter.size());
  }
  return false;
}

}  // namespace

const char* to_string(CodecChoice codec) {
  switch (codec) {
    case CodecChoice::kPcmu:
      return "pcmu";
    case CodecChoice::kPcma:
      return "pcma";
    case CodecChoice::kBoth:
      return "both";
  }
  return "?";
}

const char* to_string(IoChoice io) {
  switch (io) {
    case IoChoice::kAuto:
      return "auto";
    case IoChoice::kSockets:
      return "sockets";
    case IoChoice::kPacket:
      return "packet";
  }
  return "?";
}

analyser::Law LoadPlan::law_of(std::size_t caller) const {
  if (codec == CodecChoice::kBoth) return caller % 2 == 0 ? analyser::Law::kMu : analyser::Law::kA;
  return codec == CodecChoice::kPcma ? analyser::Law::kA : analyser::Law::kMu;
}

std::string room_uri(const std::string& uri, std::size_t room) {
  std::string expanded = uri;
  for (std::size_t at = expanded.find(kRoom); at != std::string::npos; at = expanded.find(kRoom, at)) {
    expanded.replace(at, kRoom.size(), std::to_string(room));
  }
  return expanded;
}

base::Result<base::SocketAddress, std::string> target_address(const std::string& uri) {
  const std::size_t at = uri.find('@');
  if (uri.rfind(kScheme, 0) != 0 || at == std::string::npos || at == kScheme.size()) {
    return base::unexpected(
        fmt::format("--uri {}: a SIP URI is needed, as in sip:room{{room}}@127.0.0.1:5060", uri));
  }
  std::string host = uri.substr(at + 1);
  const std::size_t end = std::min(host.find_first_of(";?"), host.size());
  if (leads_elsewhere(host.substr(end))) {
    return base::unexpected(fmt::format(
        "--uri {}: neither a second @, nor headers, nor maddr: who is called is what follows the @", uri));
  }
  host.resize(end);
  if (const auto address = base::parse_address_and_port(host); address && address->port != 0) {
    return *address;
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (const auto address = base::parse_ip(host, kSipPort)) return *address;
  return base::unexpected(
      fmt::format("--uri {}: what follows the @ must be an IP address, with a port or without", uri));
}

bool packet_wire_reaches(const base::SocketAddress& address) {
  return address.family == base::AddressFamily::kIpv4 && base::is_loopback(address);
}

std::string refusal(const LoadPlan& plan) {
  const auto address = target_address(plan.uri);
  if (!address) return address.error();
  if (address->unspecified()) return fmt::format("--uri {}: nobody can be called at this address", plan.uri);
  if (!base::is_loopback(*address) && !plan.allow_remote) {
    return fmt::format("{} is not this host: --allow-remote is needed to send load there",
                       base::ip_to_string(*address));
  }
  if (plan.io == IoChoice::kPacket && !packet_wire_reaches(*address)) {
    return fmt::format("--io packet: only to an IPv4 address of 127.0.0.0/8, and {} is none",
                       base::ip_to_string(*address));
  }
  if (plan.io == IoChoice::kPacket && plan.allow_remote) {
    return "--io packet: an answer could lead elsewhere with --allow-remote, and it reaches this host alone";
  }
  if (plan.rooms > 1 && plan.uri.substr(0, plan.uri.find('@')).find(kRoom) == std::string::npos) {
    return fmt::format("--uri {}: for several rooms it must hold {{room}} before the @", plan.uri);
  }
  if (!std::isfinite(plan.rate)) return "--rate: a number is needed";
  if (plan.callers() > kCallersMax) {
    return fmt::format("--rooms {} --per-room {}: of {} callers each needs a port, and an address has {}",
                       plan.rooms, plan.per_room, plan.callers(), kCallersMax);
  }
  if (plan.talkers > plan.per_room) {
    return fmt::format("--talkers {}: a room has only {} callers", plan.talkers, plan.per_room);
  }
  if (plan.talkers > analyser::TonePlan::kTalkersMax) {
    return fmt::format("--talkers {}: no more than {} tones can be told apart", plan.talkers,
                       analyser::TonePlan::kTalkersMax);
  }
  return {};
}

std::vector<std::size_t> choose_sample(const LoadPlan& plan) {
  const std::size_t count = std::min(plan.sample, plan.callers());
  std::vector<std::size_t> chosen;
  chosen.reserve(count);
  if (plan.rooms >= count) {
    // One of a room, another seat in each.
    for (std::size_t i = 0; i < count; ++i) {
      chosen.push_back(i * plan.rooms / count * plan.per_room + i % plan.per_room);
    }
    return chosen;
  }
  for (std::size_t room = 0; room < plan.rooms; ++room) {
    const std::size_t seats = (room + 1) * count / plan.rooms - room * count / plan.rooms;
    for (std::size_t i = 0; i < seats; ++i) {
      chosen.push_back(room * plan.per_room + i * plan.per_room / seats);
    }
  }
  return chosen;
}

std::vector<base::Duration> probe_times(int secs) {
  const base::Duration whole = std::chrono::seconds(secs);
  const auto count = std::min<std::int64_t>(whole / Probe::kLength, Probe::kPerRunMax);
  std::vector<base::Duration> times;
  for (std::int64_t i = 0; i < count; ++i) {
    times.push_back(count == 1 ? base::Duration::zero() : (whole - Probe::kLength) * i / (count - 1));
  }
  return times;
}

}  // namespace tutti::load
