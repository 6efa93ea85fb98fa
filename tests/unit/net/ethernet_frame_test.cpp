#include "dataplane/net/ethernet_frame.h"

#include <gtest/gtest.h>

#include "wire_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;

const EthernetStation kStation{.mac = {0x02, 0, 0, 0, 0, 0x01},
                               .groups = {{0x33, 0x33, 0, 0, 0, 1}, {0x33, 0x33, 0xFF, 0, 0, 0x05}}};
const Bytes kToUs = hex("02 00 00 00 00 01");
const Bytes kSender = hex("02 00 00 00 00 09");
const Bytes kIpv4Type = hex("08 00");
const Bytes kBody = hex("45 00 00 14");

EthernetStation in_vlan(VlanId vlan) {
  EthernetStation us = kStation;
  us.vlan = vlan;
  return us;
}
DropReason frame_refusal(const Bytes& frame, const EthernetStation& us = kStation,
                         std::optional<std::uint16_t> stripped = std::nullopt) {
  const auto read = parse_ethernet_frame(frame, us, stripped);
  return read ? DropReason::kCount : read.error();
}

TEST(EthernetFrameTest, ReadsWhatIsForUs) {
  const Bytes frame = kToUs + kSender + kIpv4Type + kBody;
  const auto read = parse_ethernet_frame(frame, kStation);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->destination, kStation.mac);
  EXPECT_EQ(read->source, (MacAddress{0x02, 0, 0, 0, 0, 0x09}));
  EXPECT_EQ(read->type, EtherType::kIpv4);
  EXPECT_EQ(read->payload.data(), frame.data() + 14);
  EXPECT_EQ(read->payload.size(), 4u);
  // Whatever the type, it is told.
  EXPECT_EQ(parse_ethernet_frame(kToUs + kSender + hex("88 CC"), kStation)->type, EtherType{0x88CC});
}

TEST(EthernetFrameTest, TakesBroadcastsAndItsOwnGroupsOnly) {
  for (const char* to : {"FF FF FF FF FF FF", "33 33 00 00 00 01", "33 33 FF 00 00 05"}) {
    EXPECT_EQ(frame_refusal(hex(to) + kSender + kIpv4Type + kBody), DropReason::kCount) << to;
  }
  for (const char* to : {"02 00 00 00 00 02", "33 33 FF 00 00 06", "01 00 5E 00 00 01", "01 80 C2 00 00 00",
                         "00 00 00 00 00 00"}) {
    EXPECT_EQ(frame_refusal(hex(to) + kSender + kIpv4Type + kBody), DropReason::kForeignMac) << to;
  }
}

TEST(EthernetFrameTest, RefusesASourceThatNoStationHas) {
  for (const char* from : {"FF FF FF FF FF FF", "33 33 00 00 00 01", "00 00 00 00 00 00"}) {
    EXPECT_EQ(frame_refusal(kToUs + hex(from) + kIpv4Type), DropReason::kMalformed) << from;
  }
}

TEST(EthernetFrameTest, RefusesEveryTruncation) {
  const Bytes whole = kToUs + kSender + hex("81 00 00 07 08 00");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_EQ(
        frame_refusal(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)), in_vlan(7)),
        DropReason::kTruncated);
  }
  EXPECT_EQ(frame_refusal(whole, in_vlan(7)), DropReason::kCount);
}

TEST(EthernetFrameTest, KeepsToItsVlan) {
  const auto tagged = [](const char* control) {
    return kToUs + kSender + hex("81 00") + hex(control) + kIpv4Type + kBody;
  };
  const auto read = parse_ethernet_frame(tagged("A1 23"), in_vlan(0x123));  // with a priority of 5
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, EtherType::kIpv4);
  EXPECT_EQ(read->payload.size(), 4u);
  EXPECT_EQ(frame_refusal(tagged("01 24"), in_vlan(0x123)), DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(tagged("01 23")), DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(kToUs + kSender + kIpv4Type + kBody, in_vlan(0x123)), DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(tagged("A0 00"), in_vlan(0x123)), DropReason::kForeignVlan);
  // A tag for its priority alone is in no VLAN.
  EXPECT_EQ(frame_refusal(tagged("A0 00")), DropReason::kCount);
}

TEST(EthernetFrameTest, KnowsATagThatTheCardTookOut) {
  const Bytes frame = kToUs + kSender + kIpv4Type + kBody;
  EXPECT_EQ(frame_refusal(frame, in_vlan(0x123), 0xA123), DropReason::kCount);
  EXPECT_EQ(frame_refusal(frame, in_vlan(0x124), 0xA123), DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(frame, kStation, 0x0123), DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(frame, kStation, 0xE000), DropReason::kCount);
}

TEST(EthernetFrameTest, RefusesTwoTags) {
  const Bytes to_from = kToUs + kSender;
  EXPECT_EQ(frame_refusal(to_from + hex("81 00 00 07 81 00 00 07 08 00"), in_vlan(7)),
            DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(to_from + hex("81 00 00 07 88 A8 00 07 08 00"), in_vlan(7)),
            DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(to_from + hex("88 A8 00 07 08 00")), DropReason::kForeignVlan);
  EXPECT_EQ(frame_refusal(to_from + hex("81 00 00 07 08 00"), in_vlan(7), 7), DropReason::kForeignVlan);
}

TEST(EthernetFrameTest, RefusesALengthForAType) {
  EXPECT_EQ(frame_refusal(kToUs + kSender + hex("05 FF")), DropReason::kOtherProtocol);
  EXPECT_EQ(frame_refusal(kToUs + kSender + hex("06 00")), DropReason::kCount);
}

TEST(EthernetFrameTest, WritesWhatItReads) {
  Bytes head(18);
  const MacAddress to{0x02, 0, 0, 0, 0, 0x09};
  ASSERT_EQ(write_ethernet_head(kStation, to, EtherType::kArp, head.data()), 14u);
  head.resize(14);
  EXPECT_EQ(head, kSender + kToUs + hex("08 06"));
  head.resize(18);
  ASSERT_EQ(write_ethernet_head(in_vlan(0x123), to, EtherType::kIpv6, head.data()), 18u);
  EXPECT_EQ(head, kSender + kToUs + hex("81 00 01 23 86 DD"));
}

}  // namespace
}  // namespace tutti::net
