// The module as the library that a program loads, and what it makes. Each of these starts DPDK anew, in a
// child.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/net/packet_bypass.h"

namespace tutti::dpdk {
namespace {

net::BypassOptions bypass_options() {
  net::BypassOptions made;
  made.device = "net_null0,size=64";
  made.addresses = {*base::parse_ip("10.0.0.1"), *base::parse_ip("10.0.0.2"), *base::parse_ip("2001:db8::1")};
  made.gateway_ipv4 = *base::parse_ip("10.0.0.254");
  made.cores = 2;
  made.first_port = 20'000;
  made.last_port = 29'999;
  made.limits = {.endpoints = 16, .receive_buffers = 64, .transmit_buffers = 64};
  made.huge_pages = false;
  return made;
}

std::string refusal(const net::BypassOptions& options) {
  const auto made = net::load_bypass(options, nullptr);
  return made ? "(it was made)" : made.error();
}

// Before the first port ends, as the contract has it, wherever the life is left.
struct StopAtEnd {
  net::PacketBypass& bypass;
  ~StopAtEnd() { bypass.stop(); }
};

// Says what is wrong, if something is.
std::string whole_life() {
  auto loaded = net::load_bypass(bypass_options(), nullptr);
  if (!loaded) return loaded.error();
  net::PacketBypass& bypass = **loaded;
  {
    const auto first = bypass.make_port(0);
    const auto second = bypass.make_port(1);
    const StopAtEnd stop{bypass};
    bypass.start();
    if (!bypass.complaint().empty()) return bypass.complaint();
    if (bypass.description().size() != 2) return "it does not describe itself";
    // net_null has a hash, which leads to the one core or to the other.
    const auto leads = [&](std::size_t core) {
      return bypass.endpoints().leads_to(*base::parse_ip("10.0.0.2", 20'002),
                                         *base::parse_ip("198.51.100.7", 4'000), core);
    };
    if (leads(0) == leads(1)) return "it does not know where its card's hash leads";
    const auto opened = bypass.endpoints().open(*base::parse_ip("10.0.0.2", 20'002), true);
    if (!opened) return "it opens no endpoint";
    if (!second->attach(net::EndpointId{3}, *opened)) return "it attaches no endpoint";
    first->receive();  // net_null brings frames of zeros
    if (first->counters().drops.total() == 0) return "it receives nothing";
    if (bypass.queue(0).counters->polls.value() == 0) return "it counts no polls";
    if (bypass.queue(0).receive_buffers_free == 0) return "it has no buffers";
    const net::PacketBypass::Queue queue = bypass.queue(1);
    if (queue.receive_buffers_free > queue.receive_buffers || queue.transmit_buffers == 0)
      return "its buffers do not add up";
    if (bypass.slow_path().buffers == 0) return "its slow path has no buffers";
    // The gateway, which the slow path's thread asks for before anybody sends. Nobody answers here.
    const auto& known = bypass.neighbour_counters().neighbours;
    std::int64_t neighbours = known.value();
    for (int i = 0; i < 60'000 && neighbours == 0; ++i, neighbours = known.value())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (neighbours != 1) return "it does not ask for its gateway";
    if (bypass.device_counters().empty()) return "the driver counts nothing";
    second->detach(net::EndpointId{3});
    bypass.endpoints().close(*opened);
  }
  loaded->reset();
  const std::string again = refusal(bypass_options());
  return again.find("once in a process") == std::string::npos ? "it starts twice: " + again : "well";
}

TEST(BypassDeathTest, LivesItsWholeLifeFromTheLibrary) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        const std::string said = whole_life();
        std::fprintf(stderr, "%s\n", said.c_str());
        std::_Exit(said == "well" ? 0 : 1);
      },
      testing::ExitedWithCode(0), "well");
}

TEST(BypassTest, SaysWhatIsWrongWithItsAddresses) {
  net::BypassOptions wrong = bypass_options();
  wrong.addresses.clear();
  EXPECT_THAT(refusal(wrong), testing::HasSubstr("needs an address"));
  wrong.addresses = {*base::parse_ip("10.0.0.1"), *base::parse_ip("10.0.0.1")};
  EXPECT_THAT(refusal(wrong), testing::HasSubstr("10.0.0.1 stands twice"));
  wrong.addresses = {*base::parse_ip("224.0.0.1")};
  EXPECT_THAT(refusal(wrong), testing::HasSubstr("224.0.0.1 is no address"));
  wrong = bypass_options();
  wrong.prefix_ipv4 = 33;
  EXPECT_THAT(refusal(wrong), testing::HasSubstr("prefix"));
}

TEST(BypassTest, SaysHowManyHugePagesItWouldNeed) {
  net::BypassOptions wrong = bypass_options();
  wrong.huge_pages = true;
  wrong.limits.receive_buffers = 400'000'000;
  EXPECT_THAT(refusal(wrong), testing::HasSubstr("MB of huge pages asked for"));
}

}  // namespace
}  // namespace tutti::dpdk
