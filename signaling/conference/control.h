// Control: every operation on conferences and who is in them, as programs see it; HTTP, the command line and
// SIP are skins over it.
//
// Each takes effect within a tick where it concerns sound. What fails does nothing. A conference is named by
// its name or its id (conf_ and a UUID). Thread: all of it the event loop's.
// Errors of all: NotFound for a name or an id that nobody has; InvalidState where the state machines have no
// such step, also for who is on its way out. Others are named.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/conference/conference_info.h"
#include "signaling/conference/conference_statistics.h"
#include "signaling/conference/failure.h"
#include "signaling/conference/hearing.h"
#include "signaling/conference/settings.h"

namespace tutti::conference {

// Who to call, and as what it shall come in. Dial-out is off unless configured: NotAllowed.
struct Invitation {
  std::string uri;  // sip:
  std::string display_name;
  ParticipantRole role = ParticipantRole::kSpeaker;
  std::chrono::seconds ring_time{60};  // then CANCEL: Timeout
};

struct Tone {
  std::uint32_t frequency_hz = 440;           // 50 to 3 400
  std::int32_t level_dbov = -20;              // -60 to -6
  std::chrono::milliseconds duration{1'000};  // 20 to 600 000; 0 = until stop_play()
};

class Control {
 public:
  virtual ~Control() = default;

  // Conferences. An empty name is made up: conf_ and a UUIDv4.
  // Errors: AlreadyExists, InvalidArgument, CapacityExceeded, NotSupported.
  virtual Outcome<ConferenceInfo> create(std::string_view name, const ConferenceSettings& settings) = 0;
  virtual bool exists(std::string_view name) const = 0;
  // By name; at most `limit` of those behind `after`.
  virtual std::vector<ConferenceInfo> list_conferences(std::string_view after = {},
                                                       std::size_t limit = SIZE_MAX) const = 0;
  virtual Outcome<ConferenceInfo> find_conference(std::string_view name) const = 0;
  virtual Outcome<ConferenceSettings> settings(std::string_view name) const = 0;
  // All of it as it shall be; read, change and give back what settings() told.
  // Errors: InvalidArgument, NotSupported.
  virtual Outcome<> update_settings(std::string_view name, const ConferenceSettings& settings) = 0;
  virtual Outcome<ConferenceStatistics> statistics(std::string_view name) const = 0;
  // BYE to everyone; callers get 480 until the last one is out. A permanent one then starts afresh: by its
  // rule, or where it has none with the settings and the lock that it had.
  virtual Outcome<> terminate(std::string_view name, const std::string& reason) = 0;
  // Callers get 403; those who are in stay.
  virtual Outcome<> lock(std::string_view name) = 0;
  virtual Outcome<> unlock(std::string_view name) = 0;

  // Participants.
  // In the order of their ids; at most `limit` of those behind `after`.
  virtual Outcome<std::vector<ParticipantInfo>> list_participants(std::string_view name,
                                                                  ParticipantId after = {},
                                                                  std::size_t limit = SIZE_MAX) const = 0;
  virtual Outcome<ParticipantInfo> find_participant(ParticipantId participant) const = 0;
  // Calls somebody, who is listed as Joining from now on: the outcome is an event, ParticipantStatusChanged
  // to Active or ParticipantError and ParticipantLeft. Errors: NotAllowed, InvalidArgument, CapacityExceeded.
  virtual Outcome<ParticipantInfo> invite(std::string_view name, const Invitation& invitation) = 0;
  // What it was or would be sent as session description, application/sdp.
  virtual Outcome<std::string> session_description(ParticipantId participant) const = 0;
  // `reason` becomes the BYE's Reason text; leave() is the same without one.
  virtual Outcome<> kick(ParticipantId participant, const std::string& reason) = 0;
  virtual Outcome<> kick_all(std::string_view name, const std::string& reason) = 0;

  virtual Outcome<> set_muted(ParticipantId participant, bool muted) = 0;  // by a moderator
  // Returns how many were changed.
  virtual Outcome<std::size_t> set_all_muted(std::string_view name, bool muted, bool but_moderators) = 0;
  virtual Outcome<> set_deaf(ParticipantId participant, bool deaf) = 0;
  // Neither heard nor hearing, told to the far end by re-INVITE (sendonly, with hold music).
  virtual Outcome<> set_hold(ParticipantId participant, bool hold) = 0;
  // Units: whole dB, mailbox::kGainDbMin to kGainDbMax; 0 changes nothing. Errors: InvalidArgument beyond.
  virtual Outcome<> set_gain(ParticipantId participant, int in_db, int out_db) = 0;
  virtual Outcome<> set_role(ParticipantId participant, ParticipantRole role) = 0;
  // Active, Muted and OnHold by one verb; others are InvalidArgument.
  virtual Outcome<> set_status(ParticipantId participant, ParticipantStatus status) = 0;
  // Into another conference, without re-INVITE and with nothing heard in between. Its lock, size and PIN do
  // not hold it back: an operator moves. Errors: CapacityExceeded.
  virtual Outcome<> move(ParticipantId participant, std::string_view conference) = 0;
  // `coach` hears the conference and is heard by `coachee` alone, until stop_coaching() or either leaves. One
  // coach may have several. Errors: InvalidArgument where they are one or of two conferences.
  virtual Outcome<> coach(ParticipantId coach, ParticipantId coachee) = 0;
  virtual Outcome<> stop_coaching(ParticipantId coach) = 0;

  // Sounds. A second tone to the same ends the first.
  virtual Outcome<> play_tone(std::string_view name, const Tone& tone) = 0;
  virtual Outcome<> play_tone(ParticipantId participant, const Tone& tone) = 0;
  virtual Outcome<> stop_play(std::string_view name) = 0;
  virtual Outcome<> stop_play(ParticipantId participant) = 0;
  // NotSupported until files come.
  virtual Outcome<> play_file(std::string_view name, const std::string& file) = 0;
  virtual Outcome<> play_file(ParticipantId participant, const std::string& file) = 0;
  virtual Outcome<> start_recording(std::string_view name, const std::string& file) = 0;
  virtual Outcome<> pause_recording(std::string_view name) = 0;
  virtual Outcome<> stop_recording(std::string_view name) = 0;

  // Questions.
  virtual Outcome<SilenceReport> why_silent(ParticipantId participant) const = 0;
  virtual Outcome<HearingMatrix> who_hears_whom(std::string_view name) const = 0;
};

}  // namespace tutti::conference
