#include "dataplane/net/uring_polls.h"

#include <bit>

#include "dataplane/base/check.h"

namespace tutti::net {
namespace {

// Flows are spread over more memory than the cache holds beside the kernel's work.
constexpr std::size_t kFetchedAhead = 4;

}  // namespace

UringPolls::UringPolls(std::span<UringFlow> flows) : flows_(flows) {
  for (auto& list : lists_) list.reserve(flows.size());
  again_.reserve(flows.size());
}

void UringPolls::add(std::uint32_t flow) TUTTI_REALTIME {
  auto& list = lists_[flows_[flow].phase];
  DCHECK(list.size() < list.capacity());
  flows_[flow].polled_at = static_cast<std::uint32_t>(list.size());
  flows_[flow].single_polls = 0;
  list.push_back(flow);
}

void UringPolls::remove(std::uint32_t flow) TUTTI_REALTIME {
  const std::uint32_t phase = flows_[flow].phase;
  const std::uint32_t at = flows_[flow].polled_at;
  auto& list = lists_[phase];
  DCHECK(at < list.size() && list[at] == flow);
  const std::uint32_t last = list.back();
  list[at] = last;
  flows_[last].polled_at = at;
  list.pop_back();
  // The last one comes to stand where this turn has been already.
  const bool being_read = due_ != 0 && static_cast<std::uint32_t>(std::countr_zero(due_)) == phase;
  if (being_read && at < cursor_ && list.size() >= cursor_ && last != flow) {
    flows_[last].taken = 0;
    look_again(last);
  }
}

void UringPolls::begin_turn(std::uint32_t phases) TUTTI_REALTIME {
  DCHECK((phases & ~kAll) == 0);
  told_ = true;
  if (due_ == 0 && again_.empty()) thorough_ = false;
  // Before the list that is under way nothing is begun: that would begin it anew.
  if (due_ != 0 && std::countr_zero(phases) < std::countr_zero(due_)) cursor_ = 0;
  due_ |= phases;
  if (std::popcount(due_) > 1) thorough_ = true;
}

std::optional<std::uint32_t> UringPolls::next() TUTTI_REALTIME {
  while (due_ != 0) {
    const auto& list = lists_[static_cast<std::size_t>(std::countr_zero(due_))];
    if (cursor_ < list.size()) {
      const std::uint32_t flow = list[cursor_++];
      if (cursor_ + kFetchedAhead < list.size())
        __builtin_prefetch(&flows_[list[cursor_ + kFetchedAhead]], 1);
      flows_[flow].taken = 0;
      return flow;
    }
    due_ &= due_ - 1;
    cursor_ = 0;
  }
  while (!again_.empty()) {
    const std::uint32_t flow = again_.back();
    again_.pop_back();
    if (flows_[flow].armed == UringFlow::Receive::kPolled) return flow;  // else removed meanwhile
  }
  return std::nullopt;
}

void UringPolls::answer(std::uint32_t flow, bool packet) TUTTI_REALTIME {
  UringFlow& read = flows_[flow];
  if (!packet) {
    if (read.taken == 0) read.single_polls = 0;
    return;
  }
  ++read.taken;
  if (read.taken > 1) {
    read.single_polls = 0;
    if (read.taken < kTakenMax) look_again(flow);
  } else if (read.single_polls > 0 && !thorough_) {
    --read.single_polls;
  } else {
    read.single_polls = kSinglePolls;
    look_again(flow);
  }
}

}  // namespace tutti::net
