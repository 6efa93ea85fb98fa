// TCP connections that say nothing, and who may have how many of them.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/sip/sip_fixture.h"

namespace tutti::sip {
namespace {

using std::chrono::milliseconds;

class ConnectionsTest : public SipTest {
 protected:
  void SetUp() override { accept_all(); }

  static std::string options(Peer& peer) { return RawCall(peer, "anybody").request("OPTIONS", {}); }
};

// Its far end may have gone without a word; a connection over which a call came is kept for the call.
TEST_F(ConnectionsTest, IdleConnectionsAreClosedUnlessTheyCarryACall) {
  quicken();
  config.tcp_idle = milliseconds(3'000);
  start();
  Peer calling(loop, server(), true);
  RawCall call(calling, "room");
  call.establish();
  Peer asked(loop, server(), true);
  asked.send(options(asked));
  asked.expect(200, "OPTIONS");
  EXPECT_TRUE(asked.closed());
  turn_for(milliseconds(1500));  // past the end of the call's own transactions
  calling.send(call.bye());
  calling.expect(200, "BYE");
  EXPECT_TRUE(calling.closed());
}

// Nor does one stay that never says anything: the library itself would wait for its first bytes for ever.
TEST_F(ConnectionsTest, ConnectionsThatNeverSpeakAreClosed) {
  config.tcp_idle = milliseconds(200);
  start();
  Peer silent(loop, server(), true);
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(wait_for([&] { return agent->counters().connections.value() == 0; }));
}

// One address takes all the connections that it can get and says nothing: it keeps out nobody but itself.
TEST_F(ConnectionsTest, OneAddressDoesNotHoldAllConnections) {
  config.limits.connections = 32;
  config.limits.connections_per_address = 3;  // not of loopback
  start();
  const SipCounters& counters = agent->counters();
  constexpr std::size_t kItsOwn = 28;
  constexpr std::size_t kTooMany = 12;
  std::vector<std::unique_ptr<Peer>> held;
  for (std::size_t i = 0; i < kItsOwn + kTooMany; ++i) {
    held.push_back(std::make_unique<Peer>(loop, server(), true));
    if (i % 2 == 1 && i < kItsOwn) held.back()->send(options(*held.back()).substr(0, 40));
  }
  // What came with it is not read either.
  held.back()->send(options(*held.back()));
  for (std::size_t i = kItsOwn; i < held.size(); ++i) EXPECT_TRUE(held[i]->closed()) << i;
  EXPECT_EQ(held.back()->next(milliseconds(0)), "");
  EXPECT_EQ(counters.refused_address.value(), kTooMany);
  EXPECT_EQ(counters.connections.value(), static_cast<std::int64_t>(kItsOwn));
  EXPECT_EQ(counters.received(Method::kOptions).value(), 0U);

  Peer other(loop, server(), true, *base::parse_ip("127.0.0.2"));
  RawCall call(other, "other");
  establish(call);
  other.send(call.bye());
  other.expect(200, "BYE");
  EXPECT_EQ(counters.refused_connections.value(), 0U);

  // A place is free again once its tenant is gone.
  held.resize(kItsOwn - 1);
  ASSERT_TRUE(wait_for([&] { return counters.connections.value() == static_cast<std::int64_t>(kItsOwn); }));
  Peer next(loop, server(), true);
  next.send(options(next));
  next.expect(200, "OPTIONS");
  EXPECT_EQ(counters.refused_address.value(), kTooMany);
}

}  // namespace
}  // namespace tutti::sip
