#include "signaling/conference/core_link.h"

namespace tutti::conference {

void CoreLink::post(const mailbox::CoreCommand& command) {
  if (!backlog_.empty() || !door_.mailbox->post(command)) backlog_.push_back(command);
}

void CoreLink::flush() {
  while (!backlog_.empty() && door_.mailbox->post(backlog_.front())) backlog_.pop_front();
}

}  // namespace tutti::conference
