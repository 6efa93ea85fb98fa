#include "signaling/conference/announcer.h"

#include <utility>

#include "signaling/conference/conference.h"
#include "signaling/conference/participant.h"

namespace tutti::conference {

void Announcer::tell(const Conference& conference, EventDetail detail) const {
  if (sink_ == nullptr) return;
  sink_->emit({.number = 0,
               .at = std::chrono::system_clock::now(),
               .conference = conference.name(),
               .participant = {},
               .detail = std::move(detail)});
}

void Announcer::tell(const Participant& participant, EventDetail detail) const {
  if (sink_ == nullptr) return;
  sink_->emit({.number = 0,
               .at = std::chrono::system_clock::now(),
               .conference = participant.conference().name(),
               .participant = participant.identity().id,
               .detail = std::move(detail)});
}

}  // namespace tutti::conference
