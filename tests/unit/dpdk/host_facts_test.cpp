#include "dataplane/dpdk/host_facts.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tutti::dpdk {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class HostFactsTest : public testing::Test {
 protected:
  HostFactsTest() : root_(fs::path(testing::TempDir()) / ("host_facts." + std::to_string(::getpid()))) {
    fs::create_directories(root_);
  }
  ~HostFactsTest() override { fs::remove_all(root_); }

  void pages(const std::string& kilobytes, const std::string& free) {
    const fs::path folder = root_ / "kernel/mm/hugepages" / ("hugepages-" + kilobytes + "kB");
    fs::create_directories(folder);
    std::ofstream(folder / "free_hugepages") << free << '\n';
  }
  fs::path card(const std::string& driver) {
    const fs::path folder = root_ / "bus/pci/devices/0000:01:00.0";
    fs::create_directories(folder);
    fs::create_directories(root_ / "bus/pci/drivers" / driver);
    if (!driver.empty()) fs::create_symlink(root_ / "bus/pci/drivers" / driver, folder / "driver");
    return folder;
  }
  std::string refusal() {
    const auto usable = check_card("0000:01:00.0", root_, root_ / "dev");
    return usable ? "" : usable.error();
  }

  const fs::path root_;
};

TEST_F(HostFactsTest, CountsFreeHugePagesOfAllSizes) {
  EXPECT_EQ(free_huge_bytes(root_), 0u);
  pages("2048", "3");
  pages("1048576", "1");
  EXPECT_EQ(free_huge_bytes(root_), (std::uint64_t{3} << 21) + (std::uint64_t{1} << 30));
}

TEST_F(HostFactsTest, KnowsACardByItsAddress) {
  EXPECT_TRUE(is_card("0000:01:00.0"));
  EXPECT_TRUE(is_card("01:00.0"));
  EXPECT_FALSE(is_card("net_af_packet0"));
  EXPECT_FALSE(is_card("0000:01:00.0,arg=1"));
  EXPECT_FALSE(is_card(""));
  EXPECT_FALSE(is_card("zzzz"));
}

TEST_F(HostFactsTest, SaysWhoHasACard) {
  EXPECT_THAT(refusal(), HasSubstr("there is no PCI card"));
  const fs::path folder = card("ixgbe");
  EXPECT_THAT(refusal(), HasSubstr("ixgbe's: give it to DPDK with dpdk-devbind.py"));
  fs::remove(folder / "driver");
  EXPECT_THAT(refusal(), HasSubstr("nobody's"));
}

TEST_F(HostFactsTest, TakesWhatWasGivenOrIsShared) {
  const fs::path folder = card("vfio-pci");
  EXPECT_EQ(refusal(), "");
  fs::remove(folder / "driver");
  card("mlx5_core");
  EXPECT_THAT(refusal(), HasSubstr("modprobe mlx5_ib ib_uverbs"));
  fs::create_directories(root_ / "dev/infiniband");
  std::ofstream(root_ / "dev/infiniband/uverbs0") << '\n';
  EXPECT_EQ(refusal(), "");
}

TEST_F(HostFactsTest, SaysWhoElseIsInTheCardsGroup) {
  const fs::path folder = card("vfio-pci");
  const fs::path other = root_ / "bus/pci/devices/0000:01:00.1";
  fs::create_directories(root_ / "bus/pci/drivers/ice");
  fs::create_directories(other);
  fs::create_directories(root_ / "groups/12/devices/0000:01:00.0");
  fs::create_directories(root_ / "groups/12/devices/0000:01:00.1");
  fs::create_symlink(root_ / "groups/12", folder / "iommu_group");
  EXPECT_EQ(refusal(), "") << "nobody's";
  fs::create_symlink(root_ / "bus/pci/drivers/ice", other / "driver");
  EXPECT_THAT(refusal(), HasSubstr("shares its IOMMU group with 0000:01:00.1, which ice has"));
  fs::remove(other / "driver");
  fs::create_symlink(root_ / "bus/pci/drivers/vfio-pci", other / "driver");
  EXPECT_EQ(refusal(), "");
}

TEST_F(HostFactsTest, SaysWhichDoorThisUserMayNotOpen) {
  const fs::path folder = card("vfio-pci");
  fs::create_directories(root_ / "groups/12");
  fs::create_symlink(root_ / "groups/12", folder / "iommu_group");
  fs::create_directories(root_ / "dev/vfio");
  std::ofstream(root_ / "dev/vfio/12") << '\n';
  fs::permissions(root_ / "dev/vfio/12", fs::perms::none);
  EXPECT_EXIT(
      {
        if (::getuid() == 0 && ::setuid(65'534) != 0) ::_exit(2);
        std::fprintf(stderr, "%s\n", refusal().c_str());
        ::_exit(0);  // not what a whole process ends with
      },
      testing::ExitedWithCode(0), "this user may not open .*/vfio/12");
  std::ofstream(root_ / "groups/12/name") << "vfio-noiommu\n";
  EXPECT_EXIT(
      {
        if (::getuid() == 0 && ::setuid(65'534) != 0) ::_exit(2);
        std::fprintf(stderr, "%s\n", refusal().c_str());
        ::_exit(0);
      },
      testing::ExitedWithCode(0), "has no IOMMU before it, so that root alone may open it");
}

}  // namespace
}  // namespace tutti::dpdk
