#include "dataplane/net/ethernet_frame.h"

#include <gtest/gtest.h>

#include "wire_bytes.h"

namespace tutti::net {
namespace {

using base::DropReason;

const EthernetStation kUs{.mac = {0x02, 0, 0, 0, 0, 0x01},
                          .groups = {{0x33, 0x33, 0, 0, 0, 1}, {0x33, 0x33, 0xFF, 0, 0, 0x05}}};
const Bytes kToUs = hex("02 00 00 00 00 01");
const Bytes kFrom = hex("02 00 00 00 00 09");
const Bytes kIpv4 = hex("08 00");
const Bytes kBody = hex("45 00 00 14");

EthernetStation in_vlan(VlanId vlan) {
  EthernetStation us = kUs;
  us.vlan = vlan;
  return us;
}
DropReason refused(const Bytes& frame, const EthernetStation& us = kUs,
                   std::optional<std::uint16_t> stripped = std::nullopt) {
  const auto read = parse_ethernet_frame(frame, us, stripped);
  return read ? DropReason::kCount : read.error();
}

TEST(EthernetFrameTest, ReadsWhatIsForUs) {
  const Bytes frame = kToUs + kFrom + kIpv4 + kBody;
  const auto read = parse_ethernet_frame(frame, kUs);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->destination, kUs.mac);
  EXPECT_EQ(read->source, (MacAddress{0x02, 0, 0, 0, 0, 0x09}));
  EXPECT_EQ(read->type, EtherType::kIpv4);
  EXPECT_EQ(read->payload.data(), frame.data() + 14);
  EXPECT_EQ(read->payload.size(), 4u);
  // Whatever the type, it is told.
  EXPECT_EQ(parse_ethernet_frame(kToUs + kFrom + hex("88 CC"), kUs)->type, EtherType{0x88CC});
}

TEST(EthernetFrameTest, TakesBroadcastsAndItsOwnGroupsOnly) {
  for (const char* to : {"FF FF FF FF FF FF", "33 33 00 00 00 01", "33 33 FF 00 00 05"}) {
    EXPECT_EQ(refused(hex(to) + kFrom + kIpv4 + kBody), DropReason::kCount) << to;
  }
  for (const char* to : {"02 00 00 00 00 02", "33 33 FF 00 00 06", "01 00 5E 00 00 01", "01 80 C2 00 00 00",
                         "00 00 00 00 00 00"}) {
    EXPECT_EQ(refused(hex(to) + kFrom + kIpv4 + kBody), DropReason::kForeignMac) << to;
  }
}

TEST(EthernetFrameTest, RefusesASourceThatNoStationHas) {
  for (const char* from : {"FF FF FF FF FF FF", "33 33 00 00 00 01", "00 00 00 00 00 00"}) {
    EXPECT_EQ(refused(kToUs + hex(from) + kIpv4), DropReason::kMalformed) << from;
  }
}

TEST(EthernetFrameTest, RefusesEveryTruncation) {
  const Bytes whole = kToUs + kFrom + hex("81 00 00 07 08 00");
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_EQ(refused(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)), in_vlan(7)),
              DropReason::kTruncated);
  }
  EXPECT_EQ(refused(whole, in_vlan(7)), DropReason::kCount);
}

TEST(EthernetFrameTest, KeepsToItsVlan) {
  const auto tagged = [](const char* control) {
    return kToUs + kFrom + hex("81 00") + hex(control) + kIpv4 + kBody;
  };
  const auto read = parse_ethernet_frame(tagged("A1 23"), in_vlan(0x123));  // with a priority of 5
  ASSERT_TRUE(read);
  EXPECT_EQ(read->type, EtherType::kIpv4);
  EXPECT_EQ(read->payload.size(), 4u);
  EXPECT_EQ(refused(tagged("01 24"), in_vlan(0x123)), DropReason::kForeignVlan);
  EXPECT_EQ(refused(tagged("01 23")), DropReason::kForeignVlan);
  EXPECT_EQ(refused(kToUs + kFrom + kIpv4 + kBody, in_vlan(0x123)), DropReason::kForeignVlan);
  EXPECT_EQ(refused(tagged("A0 00"), in_vlan(0x123)), DropReason::kForeignVlan);
  // A tag for its priority alone is in no VLAN.
  EXPECT_EQ(refused(tagged("A0 00")), DropReason::kCount);
}

TEST(EthernetFrameTest, KnowsATagThatTheCardTookOut) {
  const Bytes frame = kToUs + kFrom + kIpv4 + kBody;
  EXPECT_EQ(refused(frame, in_vlan(0x123), 0xA123), DropReason::kCount);
  EXPECT_EQ(refused(frame, in_vlan(0x124), 0xA123), DropReason::kForeignVlan);
  EXPECT_EQ(refused(frame, kUs, 0x0123), DropReason::kForeignVlan);
  EXPECT_EQ(refused(frame, kUs, 0xE000), DropReason::kCount);
}

TEST(EthernetFrameTest, RefusesTwoTags) {
  const Bytes to_from = kToUs + kFrom;
  EXPECT_EQ(refused(to_from + hex("81 00 00 07 81 00 00 07 08 00"), in_vlan(7)), DropReason::kForeignVlan);
  EXPECT_EQ(refused(to_from + hex("81 00 00 07 88 A8 00 07 08 00"), in_vlan(7)), DropReason::kForeignVlan);
  EXPECT_EQ(refused(to_from + hex("88 A8 00 07 08 00")), DropReason::kForeignVlan);
  EXPECT_EQ(refused(to_from + hex("81 00 00 07 08 00"), in_vlan(7), 7), DropReason::kForeignVlan);
}

TEST(EthernetFrameTest, RefusesALengthForAType) {
  EXPECT_EQ(refused(kToUs + kFrom + hex("05 FF")), DropReason::kOtherProtocol);
  EXPECT_EQ(refused(kToUs + kFrom + hex("06 00")), DropReason::kCount);
}

TEST(EthernetFrameTest, WritesWhatItReads) {
  Bytes head(18);
  const MacAddress to{0x02, 0, 0, 0, 0, 0x09};
  ASSERT_EQ(write_ethernet_head(kUs, to, EtherType::kArp, head.data()), 14u);
  head.resize(14);
  EXPECT_EQ(head, kFrom + kToUs + hex("08 06"));
  head.resize(18);
  ASSERT_EQ(write_ethernet_head(in_vlan(0x123), to, EtherType::kIpv6, head.data()), 18u);
  EXPECT_EQ(head, kFrom + kToUs + hex("81 00 01 23 86 DD"));
}

}  // namespace
}  // namespace tutti::net
