// CoreLink: one core as the focus knows it: its slots, and its mailbox made never to refuse.
#pragma once

#include <cstddef>
#include <deque>
#include <span>

#include "dataplane/mailbox/core_command.h"
#include "dataplane/mailbox/core_event.h"
#include "signaling/conference/conference_info.h"
#include "signaling/conference/media_plane.h"
#include "signaling/conference/placement.h"
#include "signaling/conference/slot_table.h"

namespace tutti::conference {

class CoreLink {
 public:
  explicit CoreLink(const CoreDoor& door)
      : participants(door.capacity.participants), conferences(door.capacity.conferences), door_(door) {}

  SlotTable<mailbox::ParticipantHandle, ParticipantId> participants;
  SlotTable<mailbox::ConferenceHandle, ConferenceId> conferences;

  // Who came to it just now, and whether it refuses others.
  RecentPlacements recent;
  bool closed = false;

  // Sends a command now or, while the mailbox is full, with a later flush(); always in the order of the
  // posts.
  void post(const mailbox::CoreCommand& command);
  void flush();
  // The core takes commands slower than they come: do not give it what can wait.
  bool behind() const { return !backlog_.empty(); }

  std::size_t drain(std::span<mailbox::CoreEvent> events) { return door_.mailbox->drain(events); }
  const mailbox::CoreCounters& counters() const { return *door_.counters; }
  const mailbox::ParticipantReports& reports() const { return *door_.reports; }

 private:
  CoreDoor door_;
  // Bounded by the slots: a tenant has one attach and one detach; updates of media stop while behind(), and
  // those of the mix are an operator's.
  std::deque<mailbox::CoreCommand> backlog_;
};

}  // namespace tutti::conference
