// DpdkBackend: media through a network card that no kernel has, by DPDK, whose library is loaded for it.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/net/packet_bypass.h"
#include "signaling/server/media_backend.h"

namespace tutti::server {

class DpdkBackend final : public MediaBackend {
 public:
  // Shapes: the configuration has no find_dpdk_fault(). Errors: what DPDK, the card or the host lacks.
  static base::Result<std::unique_ptr<MediaBackend>, StartError> start(const Configuration& configuration,
                                                                       std::size_t cores);

  net::EndpointFactory& factory() override { return bypass_->endpoints(); }
  const std::vector<base::SocketAddress>& addresses() const override { return addresses_; }
  base::Result<std::unique_ptr<net::PacketPort>, StartError> make_port(std::size_t core) override;
  void start() override { bypass_->start(); }
  void stop() override { bypass_->stop(); }
  std::optional<CardFacts> card() const override;

 private:
  DpdkBackend(std::vector<base::SocketAddress> addresses, std::unique_ptr<net::PacketBypass> bypass)
      : addresses_(std::move(addresses)), bypass_(std::move(bypass)) {}

  const std::vector<base::SocketAddress> addresses_;
  const std::unique_ptr<net::PacketBypass> bypass_;
  std::uint16_t cores_ = 0;  // whose ports are made
};

}  // namespace tutti::server
