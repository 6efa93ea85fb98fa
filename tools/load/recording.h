// Recording: what one sampled listener received while there was a probe; room for it is made beforehand.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "tools/analyser/g711.h"
#include "tools/analyser/rtp_stream_check.h"

namespace tutti::load {

// What came in one probe, put in its place by RTP timestamps; sample 0 is the first that came.
class HeardProbe {
 public:
  analyser::SampleView samples() const { return samples_; }
  // When a sample could have been played: its packet's arrival, and the samples before it in the packet.
  // Exact to a sample; the kernel tells when the packet came. None: before anything came.
  std::optional<base::Instant> time_of(std::size_t sample) const;

 private:
  friend class Recording;
  struct Arrival {
    std::size_t sample = 0;
    base::Instant at;
  };
  analyser::Samples samples_;
  std::vector<Arrival> arrivals_;  // by sample
};

class Recording {
 public:
  Recording(std::size_t caller, analyser::Law law) : caller_(caller), law_(law) {}

  std::size_t caller() const { return caller_; }
  // The probes begin at these instants, ascending; what comes outside of them is not kept. Allocates.
  void open(std::span<const base::Instant> probes);
  // Never allocates. Packets in the order of their arrival.
  void receive(const analyser::RtpPacketView& packet, base::Instant arrival);
  // Samples of what never came are silence. Shapes: `samples` of them, from the first that came.
  HeardProbe heard(std::size_t probe, std::size_t samples) const;

 private:
  static constexpr std::size_t kBytes = 160;
  struct Kept {
    base::Instant arrival;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;
    std::uint32_t probe = 0;
    std::array<std::byte, kBytes> codes;
  };
  std::size_t caller_;
  analyser::Law law_;
  std::vector<base::Instant> probes_;
  std::size_t now_ = 0;  // the probe under way, or the next
  std::vector<Kept> kept_;
};

}  // namespace tutti::load
