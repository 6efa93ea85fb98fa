// CoreCommand: what signaling asks of a core. Fixed size, trivially copyable, no pointer into either
// side, so that the door may become shared memory.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <variant>

#include "dataplane/base/endpoint_handles.h"
#include "dataplane/mailbox/handles.h"
#include "dataplane/mailbox/listening.h"
#include "dataplane/mailbox/media_parameters.h"
#include "dataplane/mailbox/tone.h"
#include "dataplane/rtp/types.h"

namespace tutti::mailbox {

// Makes an empty conference, or one share of it, in a free slot. It ticks until it is closed, in the sub-slot
// that has the fewest participants now.
struct OpenConference {
  ConferenceHandle conference;
  std::uint32_t max_talkers = 0;  // the loudest so many are in the mix; 0: all who speak
  std::uint32_t number = 0;       // of the share, below kSharesMax; each of a conference has another
};

struct UpdateConference {
  ConferenceHandle conference;
  std::uint32_t max_talkers = 0;
  bool mixing = true;  // false: no voice is in the mix; what is played to all is still heard
};

// Ends a conference whose last one ParticipantDetached has told, and its links; answered by ConferenceClosed.
struct CloseConference {
  ConferenceHandle conference;
};

// The same conference is mixed elsewhere as well, on this core or another, as `share`: from now on it is
// heard here. Posted for both, one each way; either may be obeyed first.
struct LinkShare {
  ConferenceHandle conference;
  std::uint32_t peer = 0;  // that share's number
  std::uint32_t core = 0;  // that core's index
  ConferenceHandle share;
};

// Ends it. To be posted before the share is closed; what it says meanwhile is not heard.
struct UnlinkShare {
  ConferenceHandle conference;
  std::uint32_t peer = 0;
};

// What a gain may be: whole dB, 0 leaves the sound as it is and costs nothing.
inline constexpr int kGainDbMin = -40;
inline constexpr int kGainDbMax = 20;

// Whose voice is in the mix, how loudly, and who hears it.
struct MixControls {
  bool muted = false;           // not in the mix
  bool deaf = false;            // hears silence
  bool waiting = false;         // hears hold music and nothing else, and is not in the mix
  std::int8_t gain_in_db = 0;   // of the voice, before it enters the mix
  std::int8_t gain_out_db = 0;  // of what is heard
  bool operator==(const MixControls&) const = default;
};

// Puts a participant into a free slot and a conference; answered by ParticipantAttached or, where the
// network refuses the endpoint, by ParticipantDetached.
struct AttachParticipant {
  ParticipantHandle participant;
  ConferenceHandle conference;
  base::EndpointHandles endpoint;  // open until ParticipantDetached, and closed by who opened it
  MediaParameters media;
  MixControls mix;
  rtp::Ssrc ssrc{};  // the three random starts of RFC 3550, 5.1
  rtp::SequenceNumber first_sequence_number;
  rtp::RtpTimestamp first_timestamp;
  std::array<char, 16> cname{};  // SDES CNAME, no terminator needed (RFC 7022: 96 random bits in base64)
};

// A new agreement (re-INVITE): hold, resume, another address or codec. Audio out goes on unbroken.
struct UpdateMedia {
  ParticipantHandle participant;
  MediaParameters media;
};

struct UpdateMix {
  ParticipantHandle participant;
  MixControls mix;
};

// Into another conference of the same core, from one tick to the next: the voice fades out there and in here,
// nothing of both is heard at once, and the stream out goes on unbroken. Answered by ParticipantMoved; until
// then both conferences stay open.
struct MoveParticipant {
  ParticipantHandle participant;
  ConferenceHandle conference;
};

// Adds a tone to what is heard there, from the next tick on. Where there is a tone in that lane it ends.
struct PlayTone {
  ToneTarget to;
  ToneLane lane = ToneLane::kPlay;
  Tone tone;
};
struct StopTone {
  ToneTarget to;
  ToneLane lane = ToneLane::kPlay;
};

// Coaching: a voice goes to whom it is meant for and to nobody else: it is published as a share of its own,
// under a conference handle that nothing else has, and added to what those hear of their conference who are
// told of it, on this core or another. A core has at most so many such voices, and as many ears; one more is
// not heard.
inline constexpr std::uint32_t kCoachingsMax = 64;

// The voice leaves the mix and goes into that share, which is silent once its owner moves or leaves.
struct StartCoaching {
  ParticipantHandle coach;
  ConferenceHandle voice;
};
// To be posted after every EndHearingCoach; answered by ConferenceClosed: the handle is free again.
struct StopCoaching {
  ConferenceHandle voice;
};
// Hears that voice as well, from the core of that index, until EndHearingCoach or it moves or leaves.
struct HearCoach {
  ParticipantHandle participant;
  std::uint32_t core = 0;
  ConferenceHandle voice;
};
struct EndHearingCoach {
  ParticipantHandle participant;
  std::uint32_t core = 0;
  ConferenceHandle voice;
};

// Says RTCP BYE, sends nothing after it, and answers with ParticipantDetached when nobody hears it any more.
struct DetachParticipant {
  ParticipantHandle participant;
};

using CoreCommand =
    std::variant<OpenConference, UpdateConference, CloseConference, LinkShare, UnlinkShare, AttachParticipant,
                 UpdateListening, UpdateMedia, UpdateMix, MoveParticipant, PlayTone, StopTone, StartCoaching,
                 StopCoaching, HearCoach, EndHearingCoach, DetachParticipant>;

static_assert(std::is_trivially_copyable_v<CoreCommand> && sizeof(CoreCommand) <= 192);  // three cache lines

}  // namespace tutti::mailbox
