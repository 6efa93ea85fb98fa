#include "dataplane/dpdk/host_facts.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>

#include <unistd.h>

namespace tutti::dpdk {
namespace {

namespace fs = std::filesystem;

// Drivers that hand a card to a program, and those that share it with one.
constexpr std::array kGiven = {"vfio-pci", "uio_pci_generic", "igb_uio"};
constexpr std::array kShared = {"mlx4_core", "mlx5_core"};

std::uint64_t number_in(const fs::path& file) {
  std::uint64_t value = 0;
  std::ifstream(file) >> value;
  return value;
}

std::string target_of(const fs::path& link) {
  std::error_code none;
  return fs::read_symlink(link, none).filename().string();
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
  if (std::find(kShared.begin(), kShared.end(), driver) != kShared.end()) return {};
  if (std::find(kGiven.begin(), kGiven.end(), driver) == kGiven.end()) {
    return base::unexpected("the card " + full + " is " + (driver.empty() ? "nobody's" : driver + "'s") +
                            ": give it to DPDK with dpdk-devbind.py --bind=vfio-pci " + full);
  }
  const std::string group = target_of(card / "iommu_group");
  if (driver == "vfio-pci" && !group.empty()) {
    const fs::path door = dev / "vfio" / group;
    if (fs::exists(door) && ::access(door.c_str(), R_OK | W_OK) != 0) {
      return base::unexpected("this user may not open " + door.string() + " (card " + full +
                              "): give it to the user with chown, or start as root");
    }
  }
  return {};
}

}  // namespace tutti::dpdk
