// FocusConfig: who may have which conference, and what media a participant is offered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/mailbox/core_command.h"
#include "signaling/conference/settings.h"
#include "signaling/sdp/negotiation.h"

namespace tutti::conference {

// One conference that exists without anyone in it. It costs a core nothing while it is empty.
struct RoomRule {
  std::string name;  // is_conference_name()
  bool locked = false;
  ConferenceSettings settings;  // permanent, whatever they say
  bool operator==(const RoomRule&) const = default;
};

struct RoomRules {
  bool create_on_dial = true;   // dialling an unknown name makes the conference
  std::uint32_t max_rooms = 0;  // beside those below, at a time; 0 = no bound of its own
  ConferenceSettings settings;  // of a conference that is made by dialling
  std::vector<RoomRule> rooms;
};

// Who gives wrong PINs waits before the next call, twice as long each time.
struct PinRules {
  std::uint32_t tries = 3;              // of a caller
  std::uint32_t address_tries = 30;     // of all from one address; 0 = these are not counted
  std::chrono::seconds entry_time{30};  // to enter one
  std::chrono::seconds lockout{30};     // after so many wrong ones, at first
  std::chrono::seconds lockout_max{3'600};
};

// Whom Control::invite() may call.
struct DialOutRules {
  bool allowed = false;
  // Hosts as in a URI: "10.1.2.3", "sip.example.org", "*.example.org" (every name below it), "*".
  std::vector<std::string> hosts;
};

struct MediaRules {
  std::vector<sdp::AudioCodec> codecs = {sdp::AudioCodec::kPcmu, sdp::AudioCodec::kPcma};
  std::uint16_t silence_timeout_s = 60;  // no RTP and no RTCP for so long ends the call; 0 = never
  mailbox::Listening listening;          // at first as the cores were made
};

// Whether a core that runs out of time refuses calls.
struct AdmissionRules {
  bool by_headroom = true;              // false: until the slots are full
  std::uint32_t headroom_percent = 20;  // of a core's time that is left free for those in a call
};

struct FocusConfig {
  RoomRules rooms;
  PinRules pins;
  DialOutRules dial_out;
  MediaRules media;
  AdmissionRules admission;
  // So many of one conference tick in one sub-slot of a core, the next ones in another: the packets in and
  // out of 256 take about 256 x 4 us = 1 ms of its 2.5. Who sits in different shares hears each other up to a
  // tick later, so no fewer. At most 64 x 256 = 16 384 are in a conference.
  std::size_t share_participants = 256;
  // What a 503 asks of the caller at least; twice as much at most, so that not all come again at once.
  std::chrono::seconds retry_after{5};
};

// What no focus can be made with, as one sentence for people; empty where all is well.
std::optional<std::string> find_fault(const FocusConfig& config);

}  // namespace tutti::conference
