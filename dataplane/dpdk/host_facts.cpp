#include "dataplane/dpdk/host_facts.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

#include <unistd.h>

namespace tutti::dpdk {
namespace {

namespace fs = std::filesystem;
using Outcome = base::Result<void, std::string>;

// Drivers that hand a card to a program, and those that share it with one.
constexpr std::array kGiven = {"vfio-pci", "uio_pci_generic", "igb_uio"};
constexpr std::array kShared = {"mlx4_core", "mlx5_core"};

template <std::size_t count>
bool has(const std::array<const char*, count>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::uint64_t number_in(const fs::path& file) {
  std::uint64_t value = 0;
  std::ifstream(file) >> value;
  return value;
}

std::string target_of(const fs::path& link) {
  std::error_code none;
  return fs::read_symlink(link, none).filename().string();
}

// DPDK's driver reaches these cards by the kernel's verbs.
Outcome check_verbs(const std::string& name, const fs::path& dev) {
  std::error_code none;
  for (const auto& each : fs::directory_iterator(dev / "infiniband", none)) {
    if (!each.path().filename().string().starts_with("uverbs")) continue;
    if (::access(each.path().c_str(), R_OK | W_OK) == 0) return {};
  }
  return base::unexpected("the card " + name + " is reached by the kernel's verbs, and there is no " +
                          (dev / "infiniband").string() +
                          "/uverbs* that this user may open: modprobe mlx5_ib ib_uverbs (package rdma-core)");
}

// vfio hands out whole groups of what the IOMMU cannot tell apart, and nothing of one that the kernel uses
// too.
Outcome check_group(const fs::path& card, const std::string& name, const fs::path& sys, const fs::path& dev) {
  const std::string group = target_of(card / "iommu_group");
  if (group.empty()) return {};
  std::error_code none;
  for (const auto& other : fs::directory_iterator(card / "iommu_group/devices", none)) {
    const std::string address = other.path().filename().string();
    const std::string driver = target_of(sys / "bus/pci/devices" / address / "driver");
    if (address == name || driver.empty() || driver == "pcieport" || has(kGiven, driver)) continue;
    return base::unexpected("the card " + name + " shares its IOMMU group with " + address + ", which " +
                            driver + " has: give that to vfio-pci too, or put the card into another slot");
  }
  std::string kind;
  std::ifstream(card / "iommu_group/name") >> kind;
  const bool without_iommu = kind == "vfio-noiommu";
  if (without_iommu && ::geteuid() != 0) {
    return base::unexpected("the card " + name +
                            " has no IOMMU before it, so that root alone may open it: "
                            "switch the IOMMU on, or start as root");
  }
  const fs::path door = dev / "vfio" / ((without_iommu ? "noiommu-" : "") + group);
  if (fs::exists(door) && ::access(door.c_str(), R_OK | W_OK) != 0) {
    return base::unexpected("this user may not open " + door.string() + " (card " + name +
                            "): give it to the user with chown, or start as root");
  }
  return {};
}

}  // namespace

std::uint64_t free_huge_bytes(const fs::path& sys) {
  std::uint64_t bytes = 0;
  std::error_code none;
  for (const auto& size : fs::directory_iterator(sys / "kernel/mm/hugepages", none)) {
    constexpr std::string_view kBefore = "hugepages-";  // hugepages-2048kB
    const std::string name = size.path().filename().string();
    if (!name.starts_with(kBefore)) continue;
    const std::uint64_t kilobytes = std::strtoull(name.c_str() + kBefore.size(), nullptr, 10);
    bytes += kilobytes * 1'024 * number_in(size.path() / "free_hugepages");
  }
  return bytes;
}

bool is_card(std::string_view device) {
  // The domain may be left out.
  if (device.size() == 7) return is_card("0000:" + std::string(device));
  constexpr std::string_view kShape = "xxxx:xx:xx.x";
  return std::equal(device.begin(), device.end(), kShape.begin(), kShape.end(), [](char is, char shape) {
    return shape == 'x' ? std::isxdigit(static_cast<unsigned char>(is)) != 0 : is == shape;
  });
}

base::Result<void, std::string> check_card(const std::string& address, const fs::path& sys,
                                           const fs::path& dev) {
  const std::string full = address.size() == 7 ? "0000:" + address : address;
  const fs::path card = sys / "bus/pci/devices" / full;
  if (!fs::exists(card)) return base::unexpected("there is no PCI card " + full + ": see lspci -D");
  const std::string driver = target_of(card / "driver");
  if (has(kShared, driver)) return check_verbs(full, dev);
  if (!has(kGiven, driver)) {
    return base::unexpected("the card " + full + " is " + (driver.empty() ? "nobody's" : driver + "'s") +
                            ": give it to DPDK with dpdk-devbind.py --bind=vfio-pci " + full);
  }
  return driver == "vfio-pci" ? check_group(card, full, sys, dev) : Outcome{};
}

}  // namespace tutti::dpdk
