// How UringPort looks after its flows: begins, ends and changes their receive requests.
#include <poll.h>
#include <sys/socket.h>

#include "dataplane/base/check.h"
#include "dataplane/net/uring_buffers.h"
#include "dataplane/net/uring_port.h"
#include "dataplane/net/uring_request.h"
#include "dataplane/net/uring_ring.h"

namespace tutti::net {
namespace {

// Room for the source in front of each payload. The kernel only reads it, when the request is made.
msghdr receive_message() TUTTI_REALTIME {
  msghdr message{};
  message.msg_namelen = UringBuffers::kNameBytes;
  return message;
}
const msghdr kReceiveMessage = receive_message();

bool packets_wait(int fd) TUTTI_REALTIME {
  pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & POLLIN) != 0;
}

// Disconnects when `peer` is not valid.
bool connect_socket(int fd, const base::SocketAddress& peer) TUTTI_REALTIME {
  sockaddr_storage address;
  const socklen_t length = base::to_sockaddr(peer, address);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0;
}

}  // namespace

bool UringPort::open(FlowIndex index, int fd) TUTTI_REALTIME {
  CHECK(fd >= 0);
  if (!ring_->set_file(index, fd)) return false;
  flows_[index].fd = fd;
  flows_[index].opened = true;
  return true;
}

void UringPort::close(FlowIndex index) TUTTI_REALTIME {
  flush();  // what was sent before still leaves
  if (sender_ != nullptr) sender_->disconnect(index);
  ring_->set_file(index, -1);
  const std::uint32_t generation = flows_[index].generation;
  flows_[index] = UringFlow{};
  flows_[index].generation = generation;
}

void UringPort::leave(FlowIndex index) TUTTI_REALTIME {
  close(index);
  const FlowIndex other = index ^ 1;  // of the same endpoint
  if (!flows_[other].open()) detached_.push_back(EndpointId{index / 2});
}

void UringPort::enlist(FlowIndex index) TUTTI_REALTIME {
  if (flows_[index].enlisted) return;
  flows_[index].enlisted = true;
  to_look_after_.push_back(index);
}

void UringPort::look_after_flows() TUTTI_REALTIME {
  std::size_t kept = 0;
  for (const FlowIndex index : to_look_after_) {
    if (look_after(index)) {
      flows_[index].enlisted = false;
    } else {
      to_look_after_[kept++] = index;
    }
  }
  to_look_after_.resize(kept);
}

// True when nothing is left to do before its next completion.
bool UringPort::look_after(FlowIndex index) TUTTI_REALTIME {
  UringFlow& flow = flows_[index];
  if (flow.armed == UringFlow::Receive::kPolled) {
    if (!flow.receive_is_wrong()) return true;
    flow.armed = UringFlow::Receive::kNone;
  }
  if (flow.armed != UringFlow::Receive::kNone) {
    return !flow.receive_is_wrong() || flow.cancelling || cancel_receive(index);
  }
  if (flow.leaving) {
    leave(index);
    return true;
  }
  if (flow.connect_due()) follow_peer(index);
  return arm_receive(index) && !flow.receive_is_wrong();
}

bool UringPort::cancel_receive(FlowIndex index) TUTTI_REALTIME {
  io_uring_sqe* entry = ring_->next_entry();
  if (entry == nullptr) return false;
  UringFlow& flow = flows_[index];
  UringRequest request{.kind = UringRequest::Kind::kReceive, .generation = flow.generation, .flow = index};
  ::io_uring_prep_cancel64(entry, request.pack(), 0);
  entry->flags = IOSQE_CQE_SKIP_SUCCESS;
  request.kind = UringRequest::Kind::kCancel;
  entry->user_data = request.pack();
  flow.cancelling = true;
  return true;
}

bool UringPort::arm_receive(FlowIndex index) TUTTI_REALTIME {
  UringFlow& flow = flows_[index];
  // A stranger's packet may have waited since before connect(2). Packets leave a socket in the order of
  // their coming, so once it has been seen empty there is none.
  const bool only_the_peer = flow.connected() && !packets_wait(flow.fd);
  if (only_the_peer && !flow.framed && static_cast<Flow>(index % 2) == Flow::kRtp) {
    polls_.add(index);
    return true;
  }
  io_uring_sqe* entry = ring_->next_entry();
  if (entry == nullptr) return false;
  if (only_the_peer) {
    flow.armed = UringFlow::Receive::kPlain;
    ::io_uring_prep_recv_multishot(entry, static_cast<int>(index), nullptr, 0, 0);
  } else {
    flow.armed = UringFlow::Receive::kMessage;
    ::io_uring_prep_recvmsg_multishot(entry, static_cast<int>(index), const_cast<msghdr*>(&kReceiveMessage),
                                      0);
  }
  entry->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  entry->buf_group = UringBuffers::kGroup;
  entry->user_data =
      UringRequest{.kind = UringRequest::Kind::kReceive, .generation = ++flow.generation, .flow = index}
          .pack();
  return true;
}

void UringPort::follow_peer(FlowIndex index) TUTTI_REALTIME {
  UringFlow& flow = flows_[index];
  ring_->submit();  // what was sent before goes where it was sent to
  if (sender_ != nullptr) sender_->disconnect(index);
  if (connect_socket(flow.fd, flow.peer)) {
    flow.connected_to = flow.peer;
    if (sender_ != nullptr && flow.peer.valid()) sender_->connect(index, flow.fd, flow.peer);
    return;
  }
  flow.connect_failed = true;
  if (flow.connected_to.valid() && connect_socket(flow.fd, {})) flow.connected_to = {};
}

}  // namespace tutti::net
