#include "dataplane/net/uring_polls.h"

namespace tutti::net {

UringPolls::UringPolls(std::span<UringFlow> flows) : flows_(flows) {
  asked_.reserve(flows.size());
  again_.reserve(flows.size());
}

void UringPolls::look(std::uint32_t flow, bool thorough) TUTTI_REALTIME {
  told_ = true;
  list(flow, thorough);
}

void UringPolls::begin_receive() TUTTI_REALTIME {
  if (told_ || !any_ || cursor_ < asked_.size() || !again_.empty()) return;
  for (std::uint32_t flow = 0; flow < flows_.size(); ++flow) list(flow, false);
}

void UringPolls::list(std::uint32_t flow, bool thorough) TUTTI_REALTIME {
  UringFlow& read = flows_[flow];
  if (read.armed != UringFlow::Receive::kPolled) return;
  if (thorough) read.twice = true;
  if (cursor_ == asked_.size()) {
    asked_.clear();
    cursor_ = 0;
  }
  if (read.asked || asked_.size() == asked_.capacity()) return;
  read.asked = true;
  asked_.push_back(flow);
}

std::optional<std::uint32_t> UringPolls::next() TUTTI_REALTIME {
  while (cursor_ < asked_.size()) {
    const std::uint32_t flow = asked_[cursor_++];
    flows_[flow].asked = false;
    flows_[flow].taken = 0;
    flows_[flow].polls = static_cast<std::uint8_t>((flows_[flow].polls + 1) % kTwiceEach);
    if (flows_[flow].armed == UringFlow::Receive::kPolled) return flow;
  }
  while (!again_.empty()) {
    const std::uint32_t flow = again_.back();
    again_.pop_back();
    if (flows_[flow].armed == UringFlow::Receive::kPolled) return flow;
  }
  return std::nullopt;
}

void UringPolls::answer(std::uint32_t flow, Brought brought) TUTTI_REALTIME {
  UringFlow& read = flows_[flow];
  if (brought == Brought::kNothing) {
    if (read.taken == 0) read.twice = true;
    return;
  }
  read.taken = static_cast<std::uint16_t>(read.taken + (brought == Brought::kError ? kErrorTakes : 1));
  if (read.taken > 1) {
    read.twice = true;
    if (read.taken < kTakenMax) look_again(flow);
  } else if (read.twice || read.polls == 0) {
    read.twice = false;
    look_again(flow);
  }
}

}  // namespace tutti::net
