// Arrival: the place that one more participant is given: a slot of a core, ports, and then a seat in its
// conference; the same for who calls and who is called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "signaling/conference/host.h"

namespace tutti::conference {

struct Arrival {
  ParticipantId id{};
  std::size_t core = 0;
  mailbox::ParticipantHandle handle;
  MediaEndpoint endpoint;
  std::uint64_t session_id = 0;  // of o=
};

// Who it is, as what it comes in, and what was said to it of its media.
struct Newcomer {
  sip::DialogId dialog{};
  std::string uri;
  std::string display_name;
  bool dialled_out = false;
  ParticipantRole role = ParticipantRole::kSpeaker;
  bool counted = false;  // takes one of max_participants
  bool inside = false;   // nothing but its call has to come about
  base::SharedText description;
  std::optional<sdp::MediaPlan> plan;  // empty where the far end has yet to answer
};

// `conference` is null where it is yet to be made, by `settings`; `remote`: from where its RTP will come, not
// valid() where that is not known yet. Errors: no slot, no ports; nothing is taken then.
std::optional<Arrival> take_place(Host& host, const Conference* conference,
                                  const ConferenceSettings& settings, std::size_t core, bool with_rtcp,
                                  const base::SocketAddress& remote);
void give_back(Host& host, const Arrival& arrival);

// Lists it as Joining and gives it to its core.
Participant& attach(Host& host, Conference& conference, const Arrival& arrival, Newcomer who);

}  // namespace tutti::conference
