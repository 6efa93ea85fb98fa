// Configuration: all that an operator may set, with defaults that run on loopback without a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "signaling/conference/settings.h"
#include "signaling/server/configuration_error.h"
#include "signaling/server/cpu_set.h"
#include "signaling/server/dpdk_configuration.h"
#include "signaling/server/log.h"

namespace tutti::server {

// Each member is a key of the file; configuration_keys.cpp says what it means and what it may be.
struct Configuration {
  struct Sip {
    base::SocketAddress listen = loopback(5060);  // UDP and TCP
    std::uint32_t session_timer_s = 1'800;
    std::uint32_t min_session_timer_s = 90;
    std::uint32_t max_pending_invites = 1'000;
    std::uint32_t connections_per_address = 256;  // over TCP
  } sip;

  struct Media {
    base::SocketAddress address = loopback(0);
    std::uint16_t rtp_port_low = 16'384;
    std::uint16_t rtp_port_high = 32'767;
    std::uint16_t jitter_ms = 60;          // a busy softphone on an ordinary host sends up to 50 ms late
    std::uint16_t gate_dbov = 54;          // in -dBov; 0 = no gate
    std::uint16_t silence_timeout_s = 60;  // 0 = never
    std::vector<std::string> codecs = {"PCMU", "PCMA"};
  } media;

  enum class Realtime : std::uint8_t { kAuto, kOn, kOff };
  struct Cores {
    CpuSet cpus;  // empty = default_media_cpus() of this host
    std::string backend = "uring";
    std::string tx = "socket";
    std::string rx = "socket";
    Realtime realtime = Realtime::kAuto;
    std::uint32_t participants_per_core = 8'192;
    std::uint32_t conferences_per_core = 4'096;
  } cores;

  DpdkConfiguration dpdk;  // [dataplane.dpdk]
  enum class Admission : std::uint8_t { kHeadroom, kOff };
  struct {
    Admission mode = Admission::kHeadroom;
    std::uint16_t headroom_percent = 20;
    std::uint16_t retry_after_s = 5;
  } admission;

  struct Http {
    base::SocketAddress listen = loopback(8080);  // not valid() = off
    std::string name;                             // that Host may give; empty = none
    std::string token;                            // at most one of the two; both empty = nobody is asked
    std::string token_file;
    std::uint32_t requests_per_second = 2'000;  // of each client; 0 = no bound
    std::uint32_t connections_per_address = 16;
  } http;

  struct {
    log::Format format = log::Format::kText;
    log::Level level = log::Level::kWarning;
  } log;

  struct Rooms {
    bool create_on_dial = true;
    std::uint32_t max_rooms = 0;  // 0 = no limit but the cores'
    conference::ConferenceSettings settings;
    bool dial_out = false;
    std::vector<std::string> dial_out_hosts;
    std::uint32_t pin_tries = 3;
    std::uint32_t pin_address_tries = 30;  // 0 = no bound
    std::uint32_t pin_entry_s = 30;
    std::uint32_t pin_lockout_s = 30;
    std::uint32_t pin_lockout_max_s = 3'600;
  } rooms;

  struct Events {
    std::uint32_t journal = 1'000;  // of each room
    std::uint32_t journal_mb = 16;  // of all
    std::uint32_t keep_s = 300;     // after a room's end
    bool operator==(const Events&) const = default;
  } events;

  struct Records {
    std::string file;  // both empty: none are kept
    std::string sqlite;
    std::uint32_t flush_ms = 1'000;
  } records;

  // Who is told of events by HTTP.
  struct Webhook {
    std::string url;
    std::vector<std::string> rooms;  // empty: all, as are the events
    std::vector<std::string> events;
    std::string secret;   // empty: not signed
    std::string ca_file;  // empty: what the host trusts
    bool operator==(const Webhook&) const = default;
  };
  std::vector<Webhook> webhook;

  // Made at start and kept when empty.
  struct Room {
    std::string name;
    bool locked = false;
    conference::ConferenceSettings settings;  // those of [rooms] where it says nothing itself
    bool operator==(const Room&) const = default;
  };
  std::vector<Room> room;

 private:
  static base::SocketAddress loopback(std::uint16_t port) {
    return {.ip = {127, 0, 0, 1}, .port = port, .family = base::AddressFamily::kIpv4};
  }
};

// Where RTP is taken: of the backend that is chosen; their ports are not used.
std::vector<base::SocketAddress> media_addresses(const Configuration& configuration);

// Reads a TOML text; `file` is only its name in errors. All errors found are told, in the file's order.
base::Result<Configuration, std::vector<ConfigurationError>> parse_configuration(std::string_view text,
                                                                                 std::string_view file);
base::Result<Configuration, std::vector<ConfigurationError>> read_configuration(const std::string& file);

// Sets one key, "sip.listen", from a flag's text. Errors: why the text is not taken.
base::Result<void, std::string> set_from_text(Configuration& configuration, std::string_view key,
                                              std::string_view text);

// The whole file with every key, its meaning and its default: docs/tuttid.toml is this text.
std::string example_configuration();

}  // namespace tutti::server
