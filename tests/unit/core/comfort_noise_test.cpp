// A phone that sends nothing in its pauses but comfort noise, now and then, and was not asked to: whose the
// media path is meanwhile. Source: RFC 3389.

#include <gtest/gtest.h>

#include "tests/unit/core/wire.h"

namespace tutti::core {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kComfortNoise = 13;  // RFC 3551, table 4

class ComfortNoise : public ::testing::Test {
 protected:
  ComfortNoise()
      : phone_(wire_, "10.0.0.1", 100), participant_(wire_.server.join(conference_, phone_.media())) {
    phone_.talk(participant_.endpoint.rtp, 500ms);
  }
  std::vector<mailbox::SourceLatched> latched() { return wire_.server.events_of<mailbox::SourceLatched>(); }

  Wire wire_;
  const sim::ConferenceKey conference_ = wire_.server.open_conference();
  WireCaller phone_;
  const sim::ParticipantKey participant_;
};

TEST_F(ComfortNoise, KeepsTheSourceLocked) {
  WireCaller stranger(wire_, "10.0.0.66", 666);
  for (int i = 0; i < 10; ++i) {
    phone_.send_rtp(participant_.endpoint.rtp, 0x40, kComfortNoise);
    wire_.run_for(300ms);
    stranger.send_rtp(participant_.endpoint.rtp);
    stranger.send_rtp(participant_.endpoint.rtp);
    wire_.run_for(1ms);
  }
  EXPECT_EQ(latched().size(), 1U);
  phone_.take_rtp();
  phone_.talk(participant_.endpoint.rtp, 100ms);
  EXPECT_EQ(phone_.take_rtp().size(), 5U);
  EXPECT_TRUE(stranger.take_rtp().empty());
}

// As behind a NAT that has forgotten it.
TEST_F(ComfortNoise, FromAnotherPortIsFollowedThere) {
  wire_.run_for(1'500ms);
  constexpr std::uint16_t kOtherPort = 20'010;
  const auto moved = phone_.host().open(kOtherPort);
  std::array<std::byte, rtp::kRtpHeaderBytes + 1> packet{};
  // 25 packets were sent, the first with 65 530.
  rtp::write_rtp_header(packet, {rtp::PayloadType{kComfortNoise}, false, rtp::SequenceNumber(19),
                                 rtp::RtpTimestamp(0xFFFF'FF00U + 100 * 160), rtp::Ssrc{phone_.ssrc()}});
  phone_.send_raw(participant_.endpoint.rtp, packet, kOtherPort);
  wire_.run_for(100ms);
  ASSERT_EQ(latched().size(), 2U);
  EXPECT_EQ(latched()[1].source, moved);
  EXPECT_TRUE(phone_.host().receive(kOtherPort).has_value());
}

}  // namespace
}  // namespace tutti::core
