#include "tests/sim/tone_callers.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace tutti::sim {
namespace {

// Finer than a sub-slot, so that arrivals fall between the turns of a core.
constexpr base::Duration kStep = std::chrono::microseconds(500);
constexpr std::uint16_t kPort = 20'000;

base::SocketAddress ip_of(std::size_t caller) {
  return *base::parse_ip("10.0." + std::to_string(caller / 250) + "." + std::to_string(caller % 250 + 1));
}

}  // namespace

ToneCallers::ToneCallers(SimulatedHost& server, const test_support::ToneOracleConfig& config)
    : server_(server), oracle_(config), participants_(config.callers) {
  for (std::size_t i = 0; i < config.callers; ++i) {
    hosts_.push_back(server_.network().make_host(ip_of(i)));
    addresses_.push_back(hosts_.back()->open(kPort));
  }
}

void ToneCallers::join(std::size_t caller, const ConferenceKey& conference,
                       const std::function<void(mailbox::MediaParameters&)>& change) {
  auto media = SimulatedHost::media_for(addresses_[caller]);
  if (change) change(media);
  participants_[caller] = server_.join(conference, media);
  if (!oracle_.caller(caller).present()) oracle_.caller(caller).join(now());
}

void ToneCallers::leave(std::size_t caller) {
  server_.leave(*participants_[caller]);
  oracle_.caller(caller).leave(now());
}

testing::AssertionResult ToneCallers::come_and_go(std::mt19937_64& random,
                                                  const std::function<ConferenceKey()>& conference,
                                                  base::Duration settle, base::Duration judge) {
  const auto judged = [&] {
    run_for(settle);
    const auto from = now();
    run_for(judge);
    return oracle().everyone_hears_the_others(from, now());
  };
  std::vector<std::size_t> order(hosts_.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  for (const auto caller : order) {
    join(caller, conference());
    if (auto heard = judged(); !heard) return heard;
  }
  std::shuffle(order.begin(), order.end(), random);
  for (const auto caller : order) {
    leave(caller);
    if (auto heard = judged(); !heard) return heard;
  }
  return testing::AssertionSuccess();
}

void ToneCallers::set_links(const net::LinkConditions& up, const net::LinkConditions& down) {
  for (auto& host : hosts_) {
    host->set_uplink(up);
    host->set_downlink(down);
  }
}

void ToneCallers::run_for(base::Duration duration) {
  const base::Instant end = now() + duration;
  while (now() < end) {
    server_.network().advance_to(now() + kStep);
    for (std::size_t i = 0; i < oracle_.size(); ++i) {
      auto& caller = oracle_.caller(i);
      while (caller.next_due() <= now()) {
        const auto due = caller.next_due();
        const auto packet = caller.next_packet();
        if (participants_[i]) hosts_[i]->send(kPort, participants_[i]->endpoint.rtp, packet, due);
      }
      while (const auto datagram = hosts_[i]->receive(kPort)) {
        if (caller.present()) {
          caller.receive(datagram->payload, datagram->arrival);
        } else {
          ++packets_after_leaving_;
        }
      }
    }
    server_.run_cores();
  }
}

}  // namespace tutti::sim
