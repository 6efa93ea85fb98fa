// TwoHosts: the calling thread in a network of its own, and a cable from its Ethernet interface "near" to
// "far" in a second one: a pair of virtual interfaces, with all that the kernel does on real ones.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "own_network.h"

namespace tutti::net {

class TwoHosts {
 public:
  // Null where the process may make no network. Nobody has an address yet.
  static std::unique_ptr<TwoHosts> enter();
  ~TwoHosts();
  TwoHosts(const TwoHosts&) = delete;
  TwoHosts& operator=(const TwoHosts&) = delete;

  // ip(8) with these arguments, here and over there; it succeeds.
  void ip(const std::string& arguments);
  void far_ip(const std::string& arguments);
  // Calls `work` over there: sockets that it makes stay there.
  void over_there(const std::function<void()>& work);

 private:
  explicit TwoHosts(std::unique_ptr<OwnNetwork> near);
  const std::unique_ptr<OwnNetwork> near_;
  int far_ = -1;  // the other network
};

}  // namespace tutti::net
