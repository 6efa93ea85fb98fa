// FocusConfig: who may have which conference, and what media a participant is offered.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "signaling/sdp/negotiation.h"

namespace tutti::conference {

// One conference that exists without anyone in it. It costs a core nothing while it is empty.
struct RoomRule {
  std::string name;  // is_conference_name()
  bool locked = false;
  std::uint32_t max_participants = 0;  // 0 = as RoomRules says
};

struct RoomRules {
  bool create_on_dial = true;          // dialling an unknown name makes the conference
  std::uint32_t max_participants = 0;  // of each conference; 0 = the host's admission bounds it
  std::uint32_t max_talkers = 0;       // in the mix of each conference; 0 = all who speak
  std::uint32_t max_rooms = 0;         // made by dialling, at a time; 0 = no bound of its own
  std::vector<RoomRule> rooms;
};

struct MediaRules {
  std::vector<sdp::AudioCodec> codecs = {sdp::AudioCodec::kPcmu, sdp::AudioCodec::kPcma};
  std::uint16_t silence_timeout_s = 60;  // no RTP and no RTCP for so long ends the call; 0 = never
};

// Whether a core that runs out of time refuses calls.
struct AdmissionRules {
  bool by_headroom = true;              // false: until the slots are full
  std::uint32_t headroom_percent = 20;  // of a core's time that is left free for those in a call
};

struct FocusConfig {
  RoomRules rooms;
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
