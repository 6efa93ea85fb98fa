// How UringPort reads the sockets of connected RTP flows: once a tick each, without a request that stands.
#include <cerrno>
#include <ctime>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "dataplane/base/check.h"
#include "dataplane/net/uring_poll_buffer.h"
#include "dataplane/net/uring_port.h"
#include "dataplane/net/uring_request.h"
#include "dataplane/net/uring_ring.h"

namespace tutti::net {

// The kernel notes when a packet comes, from the first time that it is asked. Source: socket(7), SIOCGSTAMP.
std::optional<base::Instant> UringPort::arrival(EndpointId id, base::Instant taken) TUTTI_REALTIME {
  if (open_flow(id, Flow::kRtp).framed) return taken;
  struct {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
  } stamp;
  timespec wall{};
  if (::ioctl(open_flow(id, Flow::kRtp).fd, SIOCGSTAMPNS_NEW, &stamp) != 0) return std::nullopt;
  ::clock_gettime(CLOCK_REALTIME, &wall);
  const auto age = std::chrono::seconds(wall.tv_sec - stamp.seconds) +
                   std::chrono::nanoseconds(wall.tv_nsec - stamp.nanoseconds);
  const base::Instant came = base::monotonic_now() - age;
  // Of a packet that came before it was asked, the kernel knows nothing and says that it is now.
  return came <= taken ? std::optional(came) : std::nullopt;
}

void UringPort::look(EndpointId id, bool thorough) TUTTI_REALTIME {
  polls_.look(index_of(id, Flow::kRtp), thorough);
}

// RTP's flow is the first of an endpoint's two.
EndpointLines UringPort::look_lines() const {
  return {flows_.data(), 2 * sizeof(UringFlow), flows_.data(), 2 * sizeof(UringFlow)};
}

void UringPort::poll_sockets() TUTTI_REALTIME {
  // Polls run within submit(), so their completions are all that come; each finds its place in the batch.
  while (batch_size_ < kReceiveBatch && ::io_uring_cq_ready(&ring_->raw()) == 0) {
    std::size_t asked = 0;
    while (asked < kReceiveBatch - batch_size_) {
      const auto flow = polls_.next();
      if (!flow || !poll_socket(*flow)) break;
      ++asked;
    }
    if (asked == 0) return;
    ring_->submit();
    take_completions();
  }
}

bool UringPort::poll_socket(FlowIndex index) TUTTI_REALTIME {
  io_uring_sqe* entry = ring_->next_entry();
  if (entry == nullptr) return false;
  const std::uint16_t buffer = free_poll_buffers_[--free_poll_buffers_count_];
  auto& bytes = poll_buffers_[buffer].bytes;
  // MSG_DONTWAIT: answered at once, if only with EAGAIN.
  ::io_uring_prep_recv(entry, static_cast<int>(index), bytes.data(), bytes.size(), MSG_DONTWAIT);
  entry->flags = IOSQE_FIXED_FILE;
  entry->user_data =
      UringRequest{.kind = UringRequest::Kind::kPoll, .generation = buffer, .flow = index}.pack();
  return true;
}

void UringPort::complete_poll(FlowIndex index, std::uint16_t buffer, int result,
                              base::Instant now) TUTTI_REALTIME {
  using Brought = UringPolls::Brought;
  if (result == -ECONNREFUSED) counters_.peers_gone.add();
  polls_.answer(index, result >= 0         ? Brought::kPacket
                       : result == -EAGAIN ? Brought::kNothing
                                           : Brought::kError);
  const auto marked = static_cast<std::uint16_t>(buffer | kPollBuffer);
  if (result < 0) return give_back(marked);
  const auto size = static_cast<std::size_t>(result);
  deliver(index, flows_[index].connected_to, std::span(poll_buffers_[buffer].bytes).first(size), marked, now);
}

}  // namespace tutti::net
