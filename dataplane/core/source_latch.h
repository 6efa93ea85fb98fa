// SourceLatch: where a participant's media comes from and goes to. The first valid source is followed
// and then locked, so that callers behind NAT are heard and strangers are not.
//
// Source: RFC 4961 (symmetric RTP), RFC 7362 (latching and its risks).
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/base/realtime.h"
#include "dataplane/base/socket_address.h"

namespace tutti::core {

// Thread: one.
class SourceLatch {
 public:
  // A latched source that is silent for so long may be replaced by another valid one.
  static constexpr base::Duration kRelearnAfter = std::chrono::seconds(1);
  // For so long after another address was described the source before it is not learned again: packets of it
  // were still on their way, and would lock out who comes from the new one.
  static constexpr base::Duration kForgetFor = std::chrono::milliseconds(200);

  enum class Heard : std::uint8_t {
    kKnown,      // from the locked source
    kRelocked,   // the source is locked again after a silence
    kNewSource,  // locked from now on, and not the one before
  };

  // Sends to `described` (from SDP) until a valid source is seen. Forgets a source that was latched
  // under another description.
  void describe(const base::SocketAddress& described, base::Instant now) TUTTI_REALTIME {
    if (described == described_) return;
    former_ = latched_ == described ? base::SocketAddress{} : latched_;
    described_at_ = now;
    described_ = described;
    latched_ = {};
    locked_ = false;
  }

  // Whether a packet from `source` may be looked at; an invalid address is one that the network has
  // already filtered.
  bool admits(const base::SocketAddress& source, base::Instant now) const TUTTI_REALTIME {
    if (!source.valid()) return true;
    if (locked_) return source == latched_;
    return source != former_ || now >= described_at_ + kForgetFor;
  }

  // A valid packet came from `source`; none need be told of that the network has already filtered.
  Heard heard(const base::SocketAddress& source) TUTTI_REALTIME {
    if (locked_ || !source.valid()) return Heard::kKnown;
    const bool same = source == latched_;
    latched_ = source;
    locked_ = true;
    return same ? Heard::kRelocked : Heard::kNewSource;
  }

  // When the locked source, whose last valid packet came at `last`, has been silent for long enough to be
  // opened again, if it stays so.
  base::Instant reopens_at(base::Instant last) const TUTTI_REALTIME {
    return locked_ ? last + kRelearnAfter : base::Instant::max();
  }
  // True once when it is opened.
  bool reopen(base::Instant last, base::Instant now) TUTTI_REALTIME {
    if (now < reopens_at(last)) return false;
    open();
    return true;
  }
  // Another valid source may replace the latched one, as where the peer's other flow has moved.
  void open() TUTTI_REALTIME { locked_ = false; }

  bool locked() const TUTTI_REALTIME { return locked_; }
  // Where to send: the source last latched, else the description; may be invalid or unspecified (hold).
  const base::SocketAddress& destination() const TUTTI_REALTIME {
    return latched_.valid() ? latched_ : described_;
  }

 private:
  bool locked_ = false;
  base::SocketAddress described_;
  base::SocketAddress latched_;
  base::SocketAddress former_;  // latched under the description before
  base::Instant described_at_;
};

}  // namespace tutti::core
