#include "dataplane/dpdk/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rte_ethdev.h>

#include "tests/support/crossed_rings.h"

namespace tutti::dpdk {
namespace {

using testing::HasSubstr;

class DeviceTest : public testing::Test {
 protected:
  DeviceTest() { test_eal(); }
  static std::string refusal(const DeviceOptions& options) {
    auto device = Device::open(options);
    return device ? "(it opened)" : device.error();
  }
};

TEST_F(DeviceTest, OpensARingWithItsQueuesAndBuffers) {
  const CrossedRings rings(2);
  auto device = Device::open({.name = rings.near(), .cores = 2});
  ASSERT_TRUE(device) << device.error();
  EXPECT_EQ((*device)->driver(), "net_ring");
  EXPECT_EQ((*device)->cores(), 2);
  EXPECT_TRUE((*device)->link_up());
  EXPECT_TRUE((*device)->wait_for_link(std::chrono::milliseconds(0)));
  EXPECT_TRUE((*device)->has_spare_queue());
  EXPECT_FALSE((*device)->offloads().received.udp_checksum);
  EXPECT_FALSE((*device)->offloads().transmit_udp_checksum);
  EXPECT_EQ((*device)->buffers(), (*device)->free_buffers());
  EXPECT_GE((*device)->buffers(), 2u * (4'096 + 2'048));
  EXPECT_NE((*device)->receive_pool(0), (*device)->receive_pool(1));
  EXPECT_FALSE((*device)->statistics().empty());
}

TEST_F(DeviceTest, OpensAVirtualOneByItsWordsAndTakesItAwayAgain) {
  for (int round = 0; round < 2; ++round) {
    auto device = Device::open({.name = "net_null7,size=64"});
    ASSERT_TRUE(device) << device.error();
    EXPECT_EQ((*device)->name(), "net_null7");
    EXPECT_EQ((*device)->driver(), "net_null");
  }
}

TEST_F(DeviceTest, SaysWhatToDoAboutAnUnknownDriver) {
  const std::string said = refusal({.name = "net_nothing0,iface=eth9"});
  EXPECT_THAT(said, HasSubstr("net_nothing0,iface=eth9"));
  EXPECT_THAT(said, HasSubstr("driver's name"));
}

TEST_F(DeviceTest, SaysWhatToDoAboutACardThatIsNotThere) {
  EXPECT_THAT(refusal({.name = "fffe:ff:1f.7"}), HasSubstr("there is no PCI card fffe:ff:1f.7"));
}

TEST_F(DeviceTest, SaysWhatToDoAboutAPortThatIsDown) {
  const CrossedRings rings(1);
  auto device = Device::open({.name = rings.near()});
  ASSERT_TRUE(device) << device.error();
  ASSERT_EQ(::rte_eth_dev_set_link_down((*device)->number()), 0);
  EXPECT_FALSE((*device)->link_up());
  const auto waited = (*device)->wait_for_link(std::chrono::milliseconds(1));
  ASSERT_FALSE(waited);
  EXPECT_THAT(waited.error(), HasSubstr("the port " + rings.near() + " is down: look at its cable"));
  ASSERT_EQ(::rte_eth_dev_set_link_up((*device)->number()), 0);
  EXPECT_TRUE((*device)->wait_for_link(std::chrono::milliseconds(1)));
}

TEST_F(DeviceTest, SaysWhatToDoAboutTooFewQueues) {
  const CrossedRings rings(1);
  EXPECT_THAT(refusal({.name = rings.near(), .cores = 4}), HasSubstr("has 1 queues, and 4 cores"));
}

TEST_F(DeviceTest, SaysWhatToDoAboutTooLittleMemory) {
  const CrossedRings rings(1);
  EXPECT_THAT(refusal({.name = rings.near(), .limits = {.receive_buffers = 200'000'000}}),
              HasSubstr("no memory"));
}

}  // namespace
}  // namespace tutti::dpdk
