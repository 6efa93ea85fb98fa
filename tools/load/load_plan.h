// LoadPlan: what a run of tutti-load is asked to do, and what follows from it without a socket.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "tools/analyser/g711.h"

namespace tutti::load {

enum class CodecChoice : std::uint8_t { kPcmu, kPcma, kBoth };  // both: every second caller the other law
const char* to_string(CodecChoice codec);

// How packets leave and come in: see wire.h. Auto: packet where it can be had, else sockets.
enum class IoChoice : std::uint8_t { kAuto, kSockets, kPacket };
const char* to_string(IoChoice io);

struct LoadPlan {
  std::string uri = "sip:load{room}@127.0.0.1:5060";  // {room}: the room's number, from 0
  bool allow_remote = false;
  std::size_t rooms = 1;
  std::size_t per_room = 3;
  std::size_t talkers = 3;  // of each room, the first of its callers; the others send silence
  double rate = 50.0;       // INVITEs a second
  std::size_t waiting = 0;  // while so many wait for their answers no more is placed; 0: any number may
  CodecChoice codec = CodecChoice::kPcmu;
  int secs = 10;            // measured, from the moment when all are in
  std::size_t sample = 64;  // listeners that are recorded
  IoChoice io = IoChoice::kAuto;

  std::size_t callers() const { return rooms * per_room; }
  std::size_t room_of(std::size_t caller) const { return caller / per_room; }
  std::size_t seat_of(std::size_t caller) const { return caller % per_room; }
  bool talks(std::size_t caller) const { return seat_of(caller) < talkers; }
  analyser::Law law_of(std::size_t caller) const;
};

// The target of a room's callers.
std::string room_uri(const std::string& uri, std::size_t room);

// Where a URI pattern leads to. Errors: one sentence: it is no such pattern, or its host is no literal
// address.
base::Result<base::SocketAddress, std::string> target_address(const std::string& uri);

// Whether --io packet can carry what is for this address.
bool packet_wire_reaches(const base::SocketAddress& address);

// What forbids the plan, in one sentence; empty when nothing does.
std::string refusal(const LoadPlan& plan);

// The callers that are recorded, ascending: spread over the rooms, talkers and listeners alike.
std::vector<std::size_t> choose_sample(const LoadPlan& plan);

// A look at what the sampled listeners hear: a sweep by one talker of each room, then a second of all tones.
struct Probe {
  static constexpr base::Duration kLength = std::chrono::seconds(2);
  static constexpr int kPerRunMax = 30;
  // Units: samples from the recording's start. A sweep is looked for up to 900 ms, its last 200 ms being its
  // own length and its first 20 ms the wait for the talker's packet: delays up to 680 ms are found.
  static constexpr std::size_t kSweepSearch = 900 * analyser::kSamplesPerMs;
  static constexpr std::size_t kTonesFrom = 900 * analyser::kSamplesPerMs;
  static constexpr std::size_t kTonesLength = 1'000 * analyser::kSamplesPerMs;
};

// When the probes begin, from the start of the time measured: spread over it, kPerRunMax at most.
std::vector<base::Duration> probe_times(int secs);

// Who marks in a probe: the talkers take turns.
inline std::size_t marking_seat(const LoadPlan& plan, std::size_t probe) {
  return probe % plan.talkers;
}

}  // namespace tutti::load
