#include "signaling/conference/seating.h"

#include <algorithm>
#include <chrono>

#include "dataplane/base/check.h"

namespace tutti::conference {
namespace {

mailbox::LinkShare link_to(const mailbox::ConferenceHandle& own, std::uint32_t number, const Seat& peer) {
  return {own, number, static_cast<std::uint32_t>(peer.core), peer.share};
}

mailbox::UpdateConference update_of(const Conference& conference, const Seat& seat) {
  return {seat.share, conference.settings().max_talkers, conference.settings().mixing};
}

std::uint32_t open_share(Host& host, Conference& conference, std::size_t core) {
  const auto number = conference.free_number();
  const auto handle = host.cores[core]->conferences.try_take(conference.id());
  CHECK(number && handle);  // the core was chosen for its seat
  const mailbox::CoreCounters& counters = host.cores[core]->counters();
  const Seat seat{.core = core,
                  .share = *handle,
                  .opened_at = host.now,
                  .core_ticks = counters.ticks.value(),
                  .core_late_ticks = counters.late_ticks.value()};
  host.cores[core]->post(mailbox::OpenConference{*handle, conference.settings().max_talkers, *number});
  if (!conference.settings().mixing) host.cores[core]->post(update_of(conference, seat));
  for (const auto& [other, peer] : conference.seats) {
    host.cores[core]->post(link_to(seat.share, other, peer));
    host.cores[peer.core]->post(link_to(peer.share, *number, seat));
  }
  conference.seats[*number] = seat;
  conference.last_number = *number;
  return *number;
}

// Its slot comes back with ConferenceClosed, its number is free now: whatever is opened next under it is
// linked by commands that come behind those that unlink it.
void close_share(Host& host, Conference& conference, std::uint32_t number) {
  const Seat seat = conference.seats.at(number);
  const SeatTicks of_seat = ticks_of(host, seat);
  conference.past_ticks += of_seat.ticks;
  conference.past_late_ticks += of_seat.late;
  conference.seats.erase(number);
  for (const auto& [other, peer] : conference.seats) {
    host.cores[peer.core]->post(mailbox::UnlinkShare{peer.share, number});
  }
  host.cores[seat.core]->post(mailbox::CloseConference{seat.share});
}

}  // namespace

void update_shares(Host& host, const Conference& conference) {
  for (const auto& [number, seat] : conference.seats) {
    host.cores[seat.core]->post(update_of(conference, seat));
  }
}

SeatTicks ticks_of(const Host& host, const Seat& seat) {
  const mailbox::CoreCounters& counters = host.cores[seat.core]->counters();
  const auto all = static_cast<double>(counters.ticks.value() - seat.core_ticks);
  const auto late = static_cast<double>(counters.late_ticks.value() - seat.core_late_ticks);
  SeatTicks of_seat;
  of_seat.ticks = std::max(0.0, std::chrono::duration<double>(host.now - seat.opened_at).count() * 50.0);
  if (all > 0) of_seat.late = of_seat.ticks * late / all;
  return of_seat;
}

bool has_seat(const Host& host, const Conference* conference, std::size_t core) {
  if (conference != nullptr && conference->find_seat(core, host.config.share_participants)) return true;
  return !host.cores[core]->conferences.full() && (conference == nullptr || conference->free_number());
}

std::optional<std::uint32_t> next_neighbour(const Host& host, const Conference* conference,
                                            std::size_t core) {
  if (conference == nullptr) return std::nullopt;
  const auto found = conference->find_seat(core, host.config.share_participants);
  return found ? std::optional(conference->seats.at(*found).last_slot) : std::nullopt;
}

std::uint32_t take_seat(Host& host, Conference& conference, std::size_t core, std::uint32_t slot) {
  const auto found = conference.find_seat(core, host.config.share_participants);
  const std::uint32_t number = found ? *found : open_share(host, conference, core);
  Seat& seat = conference.seats.at(number);
  ++seat.participants;
  seat.last_slot = slot;
  return number;
}

void leave_seat(Host& host, Conference& conference, std::uint32_t number) {
  Seat& seat = conference.seats.at(number);
  CHECK(seat.participants > 0);
  if (--seat.participants == 0) close_share(host, conference, number);
}

}  // namespace tutti::conference
