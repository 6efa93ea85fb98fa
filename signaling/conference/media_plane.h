// MediaPlane: what the focus needs of the other side: media endpoints to open, and the door of each core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/endpoint_handles.h"
#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/mailbox/core_counters.h"
#include "dataplane/mailbox/handles.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/mailbox/participant_report.h"

namespace tutti::conference {

// One participant's own ports, open, with the addresses that its SDP tells the far end.
struct MediaEndpoint {
  base::EndpointHandles handles;
  base::SocketAddress rtp;
  base::SocketAddress rtcp;  // equal to rtp where the endpoint has no RTCP port (RFC 5761)
  bool operator==(const MediaEndpoint&) const = default;
};

// Each is a full host to the caller: 503 with Retry-After.
enum class MediaError : std::uint8_t {
  kNoPorts,        // the configured range is used up
  kNoDescriptors,  // the process or the host is out of them
  kOther,
};

// One media core. All that is pointed at outlives the focus.
struct CoreDoor {
  mailbox::Mailbox* mailbox = nullptr;
  const mailbox::CoreCounters* counters = nullptr;
  mailbox::CoreCapacity capacity;
  const mailbox::ParticipantReports* reports = nullptr;
};

// RTP's and RTCP's, inclusive.
struct PortRange {
  std::uint16_t low = 0;
  std::uint16_t high = 65'535;
};

// Thread: signaling.
class MediaPlane {
 public:
  virtual ~MediaPlane() = default;

  // Opens ports that nobody else has until close_endpoint, of those in `within` that are the server's, for a
  // participant of the core `core`: one that moves to another keeps them. `remote`: from where its RTP will
  // come, as its SDP says; not valid() where it has said nothing yet. Owns: the caller, who closes it after
  // ParticipantDetached, or at once if it never went to a core.
  virtual base::Result<MediaEndpoint, MediaError> open_endpoint(std::size_t core, bool with_rtcp,
                                                                PortRange within,
                                                                const base::SocketAddress& remote) = 0;
  virtual void close_endpoint(const MediaEndpoint& endpoint) = 0;

  // Before a participant is attached in that slot of the core: its memory is there, so that no tick waits for
  // it. Takes milliseconds for one of a thousand slots, for the others nothing.
  virtual void make_ready(std::size_t core, const mailbox::ParticipantHandle& slot) = 0;

  // The same span of at least one core for life; a core's index is its name.
  virtual std::span<const CoreDoor> cores() const = 0;
};

}  // namespace tutti::conference
