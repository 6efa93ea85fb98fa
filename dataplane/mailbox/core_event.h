// CoreEvent: what a core tells signaling. Fixed size, trivially copyable. None of these is ever lost:
// one that finds the queue full stays with the core and is offered again the next turn.
#pragma once

#include <cstdint>
#include <type_traits>
#include <variant>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/mailbox/handles.h"
#include "dataplane/rtp/types.h"

namespace tutti::mailbox {

struct ConferenceClosed {
  ConferenceHandle conference;
};

struct ParticipantAttached {
  ParticipantHandle participant;
};

// The counts of one participant's stay.
struct ParticipantTotals {
  std::uint64_t packets_received = 0;  // valid RTP
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_lost = 0;     // RFC 3550, A.3; never below zero
  std::uint64_t packets_dropped = 0;  // for any DropReason
  std::uint64_t frames_concealed = 0;
};

// The slot and the endpoint are free again.
struct ParticipantDetached {
  ParticipantHandle participant;
  bool refused = false;  // the network took no endpoint: it never was attached
  ParticipantTotals totals;
};

// The first valid source, or a new one after a silence, is followed from now on.
struct SourceLatched {
  ParticipantHandle participant;
  base::SocketAddress source;
};

// Neither RTP nor RTCP came for MediaParameters::silence_timeout_s. Told once, until media comes again.
struct MediaTimedOut {
  ParticipantHandle participant;
};

// The far end said RTCP BYE for the SSRC it sends with.
struct RemoteBye {
  ParticipantHandle participant;
};

// A key was pressed (RFC 4733 events 0 to 15), told at its first packet.
struct DigitReceived {
  ParticipantHandle participant;
  char digit = 0;  // 0-9 * # A-D
};

// Begins to talk, or has been silent for some 600 ms behind its last sound's 500: one event of each for the
// other, and the last one of a stay says that it does not. Who is muted, waits or is on hold does not talk.
// At most two a second, besides those that a command brings about.
struct TalkingChanged {
  ParticipantHandle participant;
  bool talking = false;
};

// It ticks in the new conference; the old one may be closed.
struct ParticipantMoved {
  ParticipantHandle participant;
  ConferenceHandle conference;
};

using CoreEvent = std::variant<ConferenceClosed, ParticipantAttached, ParticipantDetached, SourceLatched,
                               MediaTimedOut, RemoteBye, DigitReceived, TalkingChanged, ParticipantMoved>;

static_assert(std::is_trivially_copyable_v<CoreEvent>);
static_assert(sizeof(CoreEvent) <= 64);  // one cache line

}  // namespace tutti::mailbox
