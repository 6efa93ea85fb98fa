// MediaHost: the cores of this process and the ports of its media addresses; the focus's MediaPlane.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/core/core_thread.h"
#include "dataplane/core/ring_directory.h"
#include "dataplane/mailbox/mailbox.h"
#include "dataplane/net/endpoint_allocator.h"
#include "signaling/conference/media_plane.h"
#include "signaling/server/configuration.h"
#include "signaling/server/cpu_set.h"
#include "signaling/server/media_backend.h"
#include "signaling/server/start_error.h"

namespace tutti::server {

// Thread: signaling.
class MediaHost final : public conference::MediaPlane {
 public:
  // Starts a pinned thread on each CPU. Shapes: `cpus` is not empty. Errors: also more than kCoresMax of
  // them.
  static base::Result<std::unique_ptr<MediaHost>, StartError> start(const Configuration& configuration,
                                                                    const CpuSet& cpus);
  // Ends the threads; what is attached falls silent.
  ~MediaHost() override;

  base::Result<conference::MediaEndpoint, conference::MediaError> open_endpoint(
      std::size_t core, bool with_rtcp, conference::PortRange within,
      const base::SocketAddress& remote) override;
  void close_endpoint(const conference::MediaEndpoint& endpoint) override;
  void make_ready(std::size_t core, const mailbox::ParticipantHandle& slot) override {
    cores_[core].thread->make_ready(slot.slot);
  }
  std::span<const conference::CoreDoor> cores() const override { return doors_; }

  // MediaBackend's.
  std::optional<CardFacts> card() const { return backend_->card(); }

  // Whether every core has SCHED_FIFO.
  bool realtime() const;

 private:
  struct Core {
    std::unique_ptr<mailbox::Mailbox> mailbox;
    std::unique_ptr<core::CoreThread> thread;  // before the mailbox in death
  };

  MediaHost(std::unique_ptr<MediaBackend> backend, const Configuration::Media& media, std::size_t cores);
  base::Result<void, StartError> try_address(const Configuration::Media& media);
  base::Result<void, StartError> start_core(const Configuration& configuration, int cpu);

  const std::unique_ptr<MediaBackend> backend_;
  net::EndpointAllocator allocator_;
  std::unique_ptr<core::RingDirectory> rings_;  // of all cores
  std::vector<Core> cores_;
  std::vector<conference::CoreDoor> doors_;
};

}  // namespace tutti::server
