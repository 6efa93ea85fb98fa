// Captures of frames, which net_pcap reads and writes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tutti::dpdk {

// The classic form, of Ethernet. Source: the libpcap project's pcap-savefile(5).
struct CaptureHead {
  std::uint32_t magic = 0xA1B2C3D4;
  std::uint16_t major = 2, minor = 4;
  std::uint32_t zone = 0, accuracy = 0, longest = 65'535, link = 1;
};
struct CapturedFrameHead {
  std::uint32_t seconds = 0, microseconds = 0, kept = 0, length = 0;
};

// What comes and what left, in a folder of the test's own.
class Captures {
 public:
  // Of a test's own name.
  explicit Captures(const std::string& name)
      : folder_(std::filesystem::path(testing::TempDir()) / (name + "." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~Captures() { std::filesystem::remove_all(folder_); }
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  // For Device::open. `number`: a device's own in this process.
  std::string device(unsigned number) const {
    return "net_pcap" + std::to_string(number) + ",rx_pcap=" + in().string() + ",tx_pcap=" + out().string();
  }

  void write(const std::vector<std::string>& frames) const {
    std::ofstream file(in(), std::ios::binary);
    const CaptureHead head;
    file.write(reinterpret_cast<const char*>(&head), sizeof(head));
    for (const std::string& frame : frames) {
      const auto bytes = static_cast<std::uint32_t>(frame.size());
      const CapturedFrameHead each{.kept = bytes, .length = bytes};
      file.write(reinterpret_cast<const char*>(&each), sizeof(each));
      file.write(frame.data(), static_cast<std::streamsize>(frame.size()));
    }
  }

  // The device has been closed.
  std::vector<std::string> read() const {
    std::ifstream file(out(), std::ios::binary);
    CaptureHead head;
    file.read(reinterpret_cast<char*>(&head), sizeof(head));
    std::vector<std::string> frames;
    CapturedFrameHead each;
    while (file.read(reinterpret_cast<char*>(&each), sizeof(each))) {
      std::string frame(each.kept, '\0');
      file.read(frame.data(), each.kept);
      frames.push_back(std::move(frame));
    }
    return frames;
  }

 private:
  std::filesystem::path in() const { return folder_ / "in.pcap"; }
  std::filesystem::path out() const { return folder_ / "out.pcap"; }

  const std::filesystem::path folder_;
};

}  // namespace tutti::dpdk
