#include "dataplane/base/connection_bound.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace tutti::base {
namespace {

constexpr std::size_t kKeptShare = 16;  // one of so many

}  // namespace

ConnectionBound::Answer ConnectionBound::try_enter(const SocketAddress& client) {
  const bool here = is_loopback(client);
  const std::size_t kept = limits_.all / kKeptShare;
  const std::size_t open_to_one = limits_.all - 2 * kept;
  const auto found = clients_.find(network_key(client));
  const std::size_t its_own = found == clients_.end() ? 0 : found->second;
  if (its_own >= (here ? open_to_one : std::min(limits_.of_client, open_to_one))) {
    return Answer::kNoPlaceForClient;
  }
  const std::size_t of_its_side = here ? taken_on_loopback_ : taken_ - taken_on_loopback_;
  if (taken_ >= limits_.all || of_its_side >= limits_.all - kept) return Answer::kNoPlace;
  ++clients_[network_key(client)];
  ++taken_;
  if (here) ++taken_on_loopback_;
  return Answer::kTaken;
}

void ConnectionBound::leave(const SocketAddress& client) {
  const auto found = clients_.find(network_key(client));
  CHECK(found != clients_.end());
  if (--found->second == 0) clients_.erase(found);
  --taken_;
  if (is_loopback(client)) --taken_on_loopback_;
}

}  // namespace tutti::base
