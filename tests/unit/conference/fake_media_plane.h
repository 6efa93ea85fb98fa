// FakeMediaPlane: endpoints without sockets, before cores that a test plays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "fakes.h"
#include "signaling/conference/media_plane.h"

namespace tutti::conference {

// Every endpoint has its own ports; each is closed once.
class FakeMediaPlane final : public MediaPlane {
 public:
  void add_core(ScriptedCore& core) {
    doors_.push_back(core.door());
    cores_.push_back(&core);
  }

  base::Result<MediaEndpoint, MediaError> open_endpoint(std::size_t core, bool with_rtcp, PortRange within,
                                                        const base::SocketAddress& remote) override;
  void close_endpoint(const MediaEndpoint& endpoint) override;
  void make_ready(std::size_t core, const mailbox::ParticipantHandle& slot) override {
    cores_.at(core)->ready.insert(slot.slot);
  }
  std::span<const CoreDoor> cores() const override { return doors_; }

  std::optional<MediaError> fail_with;
  std::vector<base::SocketAddress> remotes;  // of each that was opened, as it was told
  PortRange asked;                           // of the endpoint that was opened last
  std::size_t open() const { return open_.size(); }

 private:
  std::vector<CoreDoor> doors_;
  std::vector<ScriptedCore*> cores_;
  std::set<std::int32_t> open_;
  std::int32_t next_ = 1;
};

}  // namespace tutti::conference
