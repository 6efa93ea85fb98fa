#include "signaling/server/configuration_keys.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "dataplane/base/ascii.h"
#include "signaling/api/access.h"
#include "signaling/conference/conference_name.h"
#include "signaling/server/dpdk_keys.h"
#include "signaling/server/event_keys.h"
#include "signaling/server/key_kinds.h"
#include "signaling/server/setting_keys.h"

namespace tutti::server {
namespace {

using Table = std::vector<Key<Configuration>>;

Key<Configuration> sip_listen() {
  return text<Configuration>(
      "sip", "listen", R"(ADDR:PORT, such as "127.0.0.1:5060" or "[::1]:5060")",
      [](Configuration& c, const std::string& given) {
        const auto address = base::parse_address_and_port(given);
        if (!address) return false;
        c.sip.listen = *address;
        return true;
      },
      [](const Configuration& c) { return base::to_string(c.sip.listen); },
      "Where SIP is taken, over UDP and TCP. Port 0 takes a free one.");
}

Key<Configuration> media_address() {
  return text<Configuration>(
      "media", "address", R"(one address of this host, such as "127.0.0.1", and not "0.0.0.0" or "::")",
      [](Configuration& c, const std::string& given) {
        const auto address = base::parse_ip(given);
        if (!address || address->unspecified()) return false;
        c.media.address = *address;
        return true;
      },
      [](const Configuration& c) { return base::ip_to_string(c.media.address); },
      "Where RTP is taken, and what answers tell callers.");
}

bool set_rtp_ports(Configuration& c, const std::string& given) {
  const char* const end = given.data() + given.size();
  std::uint16_t low = 0;
  std::uint16_t high = 0;
  const auto first = std::from_chars(given.data(), end, low);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return false;
  const auto second = std::from_chars(first.ptr + 1, end, high);
  if (second.ec != std::errc{} || second.ptr != end) return false;
  // The even port for RTP and the odd one above it for RTCP must both fit.
  const int first_even = low + low % 2;
  if (low < 1024 || first_even + 1 > high) return false;
  c.media.rtp_port_low = low;
  c.media.rtp_port_high = high;
  return true;
}

bool set_codecs(Configuration& c, const KeyValue& value) {
  const auto* given = std::get_if<std::vector<std::string>>(&value);
  if (given == nullptr || given->empty()) return false;
  for (std::size_t i = 0; i < given->size(); ++i) {
    const std::string& codec = (*given)[i];
    if (codec != "PCMU" && codec != "PCMA") return false;
    if (std::find(given->begin(), given->begin() + static_cast<std::ptrdiff_t>(i), codec) !=
        given->begin() + static_cast<std::ptrdiff_t>(i)) {
      return false;
    }
  }
  c.media.codecs = *given;
  return true;
}

constexpr std::string_view kRealtimeNames[] = {"auto", "on", "off"};

constexpr std::string_view kLogFormatNames[] = {"text", "json"};
constexpr std::string_view kLogLevelNames[] = {"error", "warning", "info"};

constexpr std::string_view kAdmissionNames[] = {"headroom", "off"};

bool set_cpus(Configuration& c, const std::string& given) {
  const auto cpus = given == "auto" ? CpuSet{} : parse_cpu_set(given);
  if (cpus) c.cores.cpus = *cpus;
  return cpus.has_value();
}

bool set_http_listen(Configuration& c, const std::string& given) {
  const auto address = given == "off" ? base::SocketAddress{} : base::parse_address_and_port(given);
  if (address) c.http.listen = *address;
  return address.has_value();
}

bool set_http_name(Configuration& c, const std::string& given) {
  constexpr std::size_t kNameBytesMax = 253;  // RFC 1035, 2.3.4, less the root
  const auto fits = [](char x) { return base::is_letter(x) || base::is_digit(x) || x == '-' || x == '.'; };
  if (given.size() > kNameBytesMax || !std::all_of(given.begin(), given.end(), fits)) return false;
  c.http.name = given;
  return true;
}

bool set_token(Configuration& c, const std::string& given) {
  if (!given.empty() && !api::is_token(given)) return false;
  c.http.token = given;
  return true;
}

bool set_room_name(Configuration::Room& room, const std::string& given) {
  if (!conference::is_conference_name(given)) return false;
  room.name = given;
  return true;
}

bool set_dial_out_hosts(Configuration& c, const KeyValue& value) {
  const auto* given = std::get_if<std::vector<std::string>>(&value);
  if (given == nullptr) return false;
  const bool fits = std::all_of(given->begin(), given->end(), [](const std::string& host) {
    return !host.empty() && host.size() <= 253 && host.find_first_of(" \t\r\n@;?") == std::string::npos;
  });
  if (fits) c.rooms.dial_out_hosts = *given;
  return fits;
}

Table make_key_table() {
  using C = Configuration;
  constexpr std::int64_t kDay = 86'400;
  Table table = {
      sip_listen(),
      number<C>(
          "sip", "session_timer_s", 90, kDay, [](auto& c) -> auto& { return c.sip.session_timer_s; },
          "Session-Expires asked for (RFC 4028): a call whose far end is gone ends after so long."),
      number<C>(
          "sip", "min_session_timer_s", 90, kDay, [](auto& c) -> auto& { return c.sip.min_session_timer_s; },
          "Min-SE: a caller that asks for a shorter timer is answered 422."),
      number<C>(
          "sip", "max_pending_invites", 1, 100'000,
          [](auto& c) -> auto& { return c.sip.max_pending_invites; },
          "INVITEs without a final answer at one time; more are shed with 503 and Retry-After."),
      number<C>(
          "sip", "connections_per_address", 1, 100'000,
          [](auto& c) -> auto& { return c.sip.connections_per_address; },
          "TCP connections of one host at one time; more are closed. All have an eighth of the descriptors."),

      media_address(),
      text<C>(
          "media", "rtp_ports",
          R"(LO-HI within 1024-65535 with room for an even port and the next, such as "16384-32767")",
          set_rtp_ports,
          [](const C& c) { return fmt::format("{}-{}", c.media.rtp_port_low, c.media.rtp_port_high); },
          "The ports for media: a call takes an even one for RTP and the next for RTCP."),
      live(number<C>(
          "media", "jitter_ms", 0, 500, [](auto& c) -> auto& { return c.media.jitter_ms; },
          "How long the jitter buffer holds a stream back to put its packets in order.")),
      live(number<C>(
          "media", "gate_dbov", 0, 90, [](auto& c) -> auto& { return c.media.gate_dbov; },
          "Sound with peaks below this level, in dB under full scale, is line noise and not mixed; 0 = all "
          "is.")),
      live(number<C>(
          "media", "silence_timeout_s", 0, 65'535, [](auto& c) -> auto& { return c.media.silence_timeout_s; },
          "A call that sends neither RTP nor RTCP for so long is ended; 0 = never.")),
      {"media", "codecs", "What is offered and taken, best first.",
       R"(a list of "PCMU" and "PCMA", each once)", set_codecs,
       [](const C& c) { return KeyValue(c.media.codecs); }, true},

      text<C>(
          "cores", "cpus", R"("auto" or CPU numbers such as "1", "1,3" or "2-5")", set_cpus,
          [](const C& c) { return c.cores.cpus.empty() ? "auto" : to_string(c.cores.cpus); },
          "The CPUs that carry media, one pinned thread each. \"auto\": all but the first of 8 or more, "
          "else the last."),
      text<C>(
          "cores", "backend", R"("uring" or "dpdk")",
          [](C& c, const std::string& given) {
            if (given != "uring" && given != "dpdk") return false;
            c.cores.backend = given;
            return true;
          },
          [](const C& c) { return c.cores.backend; },
          "What moves packets: the kernel through io_uring, or DPDK past it ([dataplane.dpdk])."),
      text<C>(
          "cores", "tx", R"("socket" or "packet")",
          [](C& c, const std::string& given) {
            if (given != "socket" && given != "packet") return false;
            c.cores.tx = given;
            return true;
          },
          [](const C& c) { return c.cores.tx; },
          "How RTP leaves: through the callers' sockets, or past the kernel's UDP as frames (needs "
          "CAP_NET_RAW; no firewall sees them)."),
      text<C>(
          "cores", "rx", R"("socket" or "packet")",
          [](C& c, const std::string& given) {
            if (given != "socket" && given != "packet") return false;
            c.cores.rx = given;
            return true;
          },
          [](const C& c) { return c.cores.rx; },
          "How RTP comes: through the callers' sockets, or before the kernel's UDP out of a ring of packets "
          "(needs "
          "CAP_NET_RAW; no firewall sees them)."),
      choice<C>(
          "cores", "realtime", kRealtimeNames, R"("auto", "on" or "off")",
          [](auto& c) -> auto& { return c.cores.realtime; },
          "SCHED_FIFO for the media threads. \"on\" refuses to start without it, \"auto\" goes on."),
      number<C>(
          "cores", "participants_per_core", 1, 131'072,
          [](auto& c) -> auto& { return c.cores.participants_per_core; },
          "Callers that one core has room for, more than 32,768 with the backend \"dpdk\" alone; the address "
          "space is taken at start, memory by who calls."),
      number<C>(
          "cores", "conferences_per_core", 1, 32'768,
          [](auto& c) -> auto& { return c.cores.conferences_per_core; },
          "Rooms that one core has room for; the memory is taken at start."),

      live(choice<C>(
          "admission", "mode", kAdmissionNames, R"("headroom" or "off")",
          [](auto& c) -> auto& { return c.admission.mode; },
          "What refuses calls (503) before those in a call suffer: a core's headroom as measured; off: only "
          "ports and slots.")),
      live(number<C>(
          "admission", "headroom_percent", 0, 99,
          [](auto& c) -> auto& { return c.admission.headroom_percent; },
          "A core of which less than this share of its time is free, at its worst, takes no call.")),
      live(number<C>(
          "admission", "retry_after_s", 1, 3'600, [](auto& c) -> auto& { return c.admission.retry_after_s; },
          "Retry-After of a refusal at least, twice that at most: spread, so that not all ask again at "
          "once.")),

      text<C>(
          "http", "listen", R"("off" or ADDR:PORT, such as "127.0.0.1:8080")", set_http_listen,
          [](const C& c) { return c.http.listen.valid() ? base::to_string(c.http.listen) : "off"; },
          "Where HTTP is served: conferences under control, metrics, health. Port 0 takes a free one."),
      live(text<C>(
          "http", "name", R"("" or a host name, such as "tutti.example.org")", set_http_name,
          [](const C& c) { return c.http.name; },
          "The name under which HTTP is called; addresses and localhost work always, others are answered "
          "421.")),
      live(text<C>(
          "http", "token", "\"\" or 16 to 256 letters, digits and any of -._~+/=", set_token,
          [](const C& c) { return c.http.token; },
          "Who asks must bring it (Authorization: Bearer TOKEN); needed where listen is not loopback.")),
      live(text<C>(
          "http", "token_file", "\"\" or the name of a file that only its owner may read (mode 0600)",
          [](C& c, const std::string& given) {
            c.http.token_file = given;
            return true;
          },
          [](const C& c) { return c.http.token_file; }, "Where the token stands instead, alone.")),
      live(number<C>(
          "http", "requests_per_second", 0, 1'000'000,
          [](auto& c) -> auto& { return c.http.requests_per_second; },
          "Of each client address; more are answered 429. 0 = no bound.")),
      live(number<C>(
          "http", "connections_per_address", 1, 64,
          [](auto& c) -> auto& { return c.http.connections_per_address; },
          "At one time, of the 64 that there are; more are answered 503. Of 127.0.0.1, as of a proxy there, "
          "56.")),

      live(choice<C>(
          "log", "format", kLogFormatNames, R"("text" or "json")",
          [](auto& c) -> auto& { return c.log.format; },
          "How a line of the log on standard error is written.")),
      live(choice<C>(
          "log", "level", kLogLevelNames, R"("error", "warning" or "info")",
          [](auto& c) -> auto& { return c.log.level; }, "What is told: these and what is graver.")),

      live(yes_or_no<C>(
          "rooms", "create_on_dial", [](auto& c) -> auto& { return c.rooms.create_on_dial; },
          "Dialling a name that no room has makes one; false answers 404.")),
      live(number<C>(
          "rooms", "max_rooms", 0, 1'000'000, [](auto& c) -> auto& { return c.rooms.max_rooms; },
          "Rooms at one time; 0 = no limit but the cores'.")),
      live(yes_or_no<C>(
          "rooms", "dial_out", [](auto& c) -> auto& { return c.rooms.dial_out; },
          "Lets operators call people into rooms.")),
      {"rooms", "dial_out_hosts", "The hosts that may be called so; none of them is, nobody.",
       R"(a list of hosts as in a SIP URI, such as ["10.1.2.3", "*.example.org"], or ["*"])",
       set_dial_out_hosts, [](const C& c) { return KeyValue(c.rooms.dial_out_hosts); }, true},
      live(number<C>(
          "rooms", "pin_tries", 1, 100, [](auto& c) -> auto& { return c.rooms.pin_tries; },
          "Wrong PINs of one caller until it has to wait.")),
      live(number<C>(
          "rooms", "pin_address_tries", 0, 100'000,
          [](auto& c) -> auto& { return c.rooms.pin_address_tries; },
          "Wrong PINs for a room from one address (of IPv6: one /64), whoever they say they are, until all "
          "of "
          "them have to wait; a right one takes one back. 0 = no bound.")),
      live(number<C>(
          "rooms", "pin_entry_s", 5, 600, [](auto& c) -> auto& { return c.rooms.pin_entry_s; },
          "How long a caller may take to enter its PIN.")),
      live(number<C>(
          "rooms", "pin_lockout_s", 1, kDay, [](auto& c) -> auto& { return c.rooms.pin_lockout_s; },
          "The first wait (403 with Retry-After); each one after is twice as long.")),
      live(number<C>(
          "rooms", "pin_lockout_max_s", 1, kDay, [](auto& c) -> auto& { return c.rooms.pin_lockout_max_s; },
          "The longest wait; who errs not for so long begins anew.")),
  };
  for (auto& key : setting_keys_of<C>(
           "rooms", [](auto& c) -> auto& { return c.rooms.settings; })) {
    table.push_back(live(std::move(key)));
  }
  return table;
}

std::vector<Key<Configuration::Room>> make_room_table() {
  using R = Configuration::Room;
  std::vector<Key<R>> table = {
      text<R>(
          "", "name", "1 to 64 letters, digits and any of -_.+!~*', and no dot in front", set_room_name,
          [](const R& r) { return r.name; }, "The user part of the URI that callers dial."),
      yes_or_no<R>(
          "", "locked", [](auto& r) -> auto& { return r.locked; }, "Lets nobody in: 403."),
  };
  for (auto& key : setting_keys_of<R>(
           "", [](auto& r) -> auto& { return r.settings; })) {
    table.push_back(std::move(key));
  }
  for (Key<R>& key : table) key.live = true;
  return table;
}

}  // namespace

const std::vector<Key<Configuration>>& configuration_keys() {
  static const Table table = [] {
    Table all = make_key_table();
    for (auto& key : event_keys()) all.push_back(std::move(key));
    for (auto& key : dpdk_keys()) all.push_back(std::move(key));
    return all;
  }();
  return table;
}

const std::vector<Key<Configuration::Room>>& room_keys() {
  static const auto table = make_room_table();
  return table;
}

}  // namespace tutti::server
