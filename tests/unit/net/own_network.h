// OwnNetwork: puts the calling thread into a network namespace of its own, whose loopback is up and takes
// frames that come past its sockets.
#pragma once

#include <memory>

namespace tutti::net {

class OwnNetwork {
 public:
  // Null where the process may not.
  static std::unique_ptr<OwnNetwork> enter();
  ~OwnNetwork();  // back to where the thread was before
  OwnNetwork(const OwnNetwork&) = delete;
  OwnNetwork& operator=(const OwnNetwork&) = delete;

  // As the host's default: IPv4 takes no frames from loopback.
  static void refuse_frames();

 private:
  explicit OwnNetwork(int before) : before_(before) {}
  const int before_;
};

}  // namespace tutti::net
