#include "signaling/conference/seating.h"

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

std::uint32_t index_of(std::size_t core) {
  return static_cast<std::uint32_t>(core);
}

void open_share(Host& host, Conference& conference, std::size_t core) {
  const auto handle = host.cores[core]->conferences.try_take(conference.id());
  CHECK(handle);  // the core was chosen for its free slot
  host.cores[core]->post(mailbox::OpenConference{*handle, host.config.rooms.max_talkers});
  for (const auto& [other, seat] : conference.seats) {
    host.cores[core]->post(mailbox::LinkShare{*handle, index_of(other), seat.share});
    host.cores[other]->post(mailbox::LinkShare{seat.share, index_of(core), *handle});
  }
  conference.seats[core] = Seat{*handle, 0};
}

// Its slot comes back with ConferenceClosed; who comes to the core meanwhile gets a new share.
void close_share(Host& host, Conference& conference, std::size_t core) {
  const mailbox::ConferenceHandle handle = conference.seats.at(core).share;
  conference.seats.erase(core);
  for (const auto& [other, seat] : conference.seats) {
    host.cores[other]->post(mailbox::UnlinkShare{seat.share, index_of(core)});
  }
  host.cores[core]->post(mailbox::CloseConference{handle});
}

}  // namespace

mailbox::ConferenceHandle take_seat(Host& host, Conference& conference, std::size_t core) {
  if (!conference.sits_on(core)) open_share(host, conference, core);
  Seat& seat = conference.seats.at(core);
  ++seat.participants;
  return seat.share;
}

void leave_seat(Host& host, Conference& conference, std::size_t core) {
  Seat& seat = conference.seats.at(core);
  CHECK(seat.participants > 0);
  if (--seat.participants == 0) close_share(host, conference, core);
}

}  // namespace tutti::conference
