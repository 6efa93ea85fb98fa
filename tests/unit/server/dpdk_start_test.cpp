// tuttid with DPDK as its backend, as its user meets it: what starts, and which sentence tells what is
// missing.
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <grp.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signaling/server/cpu_set.h"
#include "tests/unit/server/tuttid_process.h"

namespace tutti::server {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

// A device without a cable: what is sent is gone, nothing comes.
std::string file_with(const std::string& device, const std::string& more = "huge_pages = false\n") {
  return "[cores]\nparticipants_per_core = 16\nbackend = \"dpdk\"\n[dataplane.dpdk]\ndevices = [\"" + device +
         "\"]\naddresses = [\"192.0.2.10/24\"]\n" + more;
}

// What it says where it does not start.
std::string refusal_of_file(const std::string& text) {
  const TemporaryFile file(text);
  ChildProcess child(kTuttid, on_free_ports(file));
  EXPECT_EQ(child.wait(), 1) << child.err();
  EXPECT_EQ(child.out(), "");
  return child.err();
}

TEST(DpdkStart, ServesOnADeviceAndEnds) {
  const TemporaryFile file(file_with("net_null0"));
  ChildProcess child(kTuttid, on_free_ports(file));
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  EXPECT_THAT(child.out(), HasSubstr("RTP on 192.0.2.10, ports"));
  EXPECT_THAT(child.out(), HasSubstr("by dpdk"));
  EXPECT_THAT(http_get(told(child, "http"), "/ledger"), HasSubstr("200 OK"));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST(DpdkStart, PoolsWithoutTheirDriverAreNamed) {
  const std::string error = refusal_of_file(
      file_with("net_null0", "huge_pages = false\neal = [\"--mbuf-pool-ops-name=nowhere\"]\n"));
  EXPECT_THAT(error, HasSubstr("DPDK's driver nowhere for pools of packets is missing"));
  EXPECT_THAT(error, HasSubstr("librte-meta-mempool"));
}

// In kB. What lies in the file of the program or of a library is the kernel's to keep or not.
long anonymous_kb(const ChildProcess& child) {
  std::ifstream status("/proc/" + std::to_string(child.pid()) + "/status");
  std::string word;
  long kilobytes = 0;
  while (status >> word && word != "RssAnon:") {
  }
  status >> kilobytes;
  return kilobytes;
}

// 131,072 a core at five addresses: whoever does not call costs nearly nothing.
TEST(DpdkStart, HasRoomForTheLargestCoreWithoutTakingItsMemory) {
  std::array<long, 2> kilobytes{};
  for (const bool large : {false, true}) {
    const TemporaryFile file(
        "[cores]\ncpus = \"" + std::to_string(allowed_cpus().back()) + "\"\nbackend = \"dpdk\"\n" +
        std::string(large ? "participants_per_core = 131072\nconferences_per_core = 32768\n" : "") +
        "[media]\nrtp_ports = \"1024-65535\"\n[dataplane.dpdk]\nhuge_pages = false\ndevices = "
        "[\"net_null0\"]\n"
        "addresses = [\"192.0.2.10/24\", \"192.0.2.11/24\", \"192.0.2.12/24\", \"192.0.2.13/24\", "
        "\"192.0.2.14/24\"]\n");
    ChildProcess child(kTuttid, on_free_ports(file));
    ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
    kilobytes[large ? 1 : 0] = anonymous_kb(child);
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.err();
  }
  std::printf("anonymous memory with room for 8192: %ld kB, for 131072: %ld kB\n", kilobytes[0],
              kilobytes[1]);
  EXPECT_GT(kilobytes[0], 0);
  EXPECT_LT(kilobytes[1] - kilobytes[0], 16'384) << "128 bytes of each at most";
}

TEST(DpdkStart, ItsMetricsAreThoseOfACard) {
  const TemporaryFile file(file_with("net_null0"));
  ChildProcess child(kTuttid, on_free_ports(file));
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  std::string said;
  // The core polls as soon as its CPU lets it.
  EXPECT_TRUE(eventually([&] {
    said = http_get(told(child, "http"), "/metrics");
    return testing::Value(said, testing::ContainsRegex("\ntutti_dpdk_polls_total\\{cpu=\"[0-9]+\"\\} [1-9]"));
  })) << said;
  EXPECT_THAT(said,
              testing::ContainsRegex("\ntutti_dpdk_buffers\\{cpu=\"[0-9]+\",queue=\"receive\"\\} [1-9]"));
  EXPECT_THAT(said, HasSubstr("\ntutti_dpdk_device{counter=\"rx_good_packets\"} "));
  EXPECT_THAT(said, HasSubstr("\ntutti_dpdk_neighbours 0\n"));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST(DpdkStart, ItsLogIsOurs) {
  const TemporaryFile file(file_with("net_null0") + "[log]\nlevel = \"info\"\n");
  ChildProcess child(kTuttid, on_free_ports(file));
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_THAT(child.err(), HasSubstr("tuttid: DPDK: port net_null0 of DPDK's driver net_null, "));
  EXPECT_THAT(child.err(), HasSubstr("tuttid: EAL: "));
}

TEST(DpdkStart, WhatIsMissingIsOneSentence) {
  EXPECT_THAT(refusal_of_file("[cores]\nbackend = \"dpdk\"\n"), HasSubstr("and no devices: name the card"));
  EXPECT_THAT(
      refusal_of_file(file_with("net_null0", "huge_pages = true\nmemory_mb = 1048576\n")),
      MatchesRegex("tuttid: DPDK cannot be used: of the 1048576 MB of huge pages asked for [0-9]+ are "
                   "free: reserve them with sysctl vm.nr_hugepages=524288, or do without\n"));
  EXPECT_THAT(refusal_of_file(file_with("net_nothing0")),
              HasSubstr("tuttid: DPDK cannot be used: DPDK makes no port of \"net_nothing0\""));
  EXPECT_THAT(refusal_of_file(file_with("net_af_packet0,iface=nowhere7")),
              HasSubstr("net_af_packet0,iface=nowhere7"));
  EXPECT_THAT(refusal_of_file(file_with("ffff:ff:1f.7")),
              MatchesRegex("tuttid: DPDK cannot be used: [^\n]*ffff:ff:1f.7[^\n]*\n"));
}

// Beside a kernel: a port that the kernel gives to SIP may be one of the calls'. In a network of its own,
// where the tap is nobody else's.
TEST(DpdkStart, AFreePortForSipIsNoneOfTheCalls) {
  if (::geteuid() != 0) GTEST_SKIP() << "a tap and a network are root's to make";
  const TemporaryFile file(file_with("net_null0", "huge_pages = false\nkernel_path = \"tap\"\n"));
  ChildProcess child(
      kTuttid, {"--config", file.name(), "--sip", "0.0.0.0:0", "--rtp-ports", "1024-65535", "--http", "off"},
      [] {
        if (::unshare(CLONE_NEWNET) != 0) ::_exit(126);
      });
  EXPECT_EQ(child.wait(), 1) << child.out();
  EXPECT_THAT(child.err(), MatchesRegex("tuttid: kernel_path in [^\n]*listen is 0.0.0.0:[1-9][^\n]*\n"));
}

// Whoever is to be at the other end of this cable of memory is not there.
TEST(DpdkStart, APortThatStaysDownIsNamed) {
  const std::string device = "net_memif0,role=server,socket=tutti-nobody-" + std::to_string(::getpid());
  EXPECT_THAT(refusal_of_file(file_with(device)),
              HasSubstr("tuttid: DPDK cannot be used: the port net_memif0 is down: look at its cable"));
}

// Whether a user who owns nothing may start it.
bool all_may_start(const std::string& program) {
  namespace fs = std::filesystem;
  if (::geteuid() != 0) return true;  // whoever runs this does
  bool may = true;
  for (fs::path path = program; path.has_relative_path(); path = path.parent_path()) {
    may = may && (fs::status(path).permissions() & fs::perms::others_exec) != fs::perms::none;
  }
  return may;
}

TEST(DpdkStart, ServesOnAVirtualDeviceWithoutAnyPrivilege) {
  if (!all_may_start(kTuttid)) GTEST_SKIP() << "other users may not enter the folder of " << kTuttid;
  const TemporaryFile file(file_with("net_null0"));
  ASSERT_EQ(::chmod(file.name().c_str(), 0644), 0);
  ChildProcess child(kTuttid, on_free_ports(file), [] {
    constexpr ::uid_t kNobody = 65'534;
    if (::geteuid() != 0) return;
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(126);
  });
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  EXPECT_THAT(child.out(), HasSubstr("by dpdk"));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

// DPDK prints its usage besides.
TEST(DpdkStart, AnArgumentThatItDoesNotKnowIsNamed) {
  const TemporaryFile file(file_with("net_null0", "huge_pages = false\neal = [\"--no-such-thing\"]\n"));
  ChildProcess child(kTuttid, on_free_ports(file));
  EXPECT_EQ(child.wait(), 1);
  EXPECT_THAT(child.err(), HasSubstr("tuttid: DPDK cannot be used: "));
  EXPECT_THAT(child.err(), HasSubstr("no-such-thing"));
}

// Where the flag alone asks for it.
TEST(DpdkStart, TheFlagNeedsAFile) {
  ChildProcess child(kTuttid, {"--backend", "dpdk", "--sip", "127.0.0.1:0", "--http", "off"});
  EXPECT_EQ(child.wait(), 1);
  EXPECT_THAT(child.err(), MatchesRegex("tuttid: backend = \"dpdk\" and no devices: [^\n]+\n"));
}

}  // namespace
}  // namespace tutti::server
