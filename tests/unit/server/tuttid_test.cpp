// tuttid as its user meets it: a process with flags, a file, exit codes and sentences.
#include <csignal>
#include <cstddef>

#include <gmock/gmock.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/base/socket_address.h"
#include "signaling/server/configuration.h"
#include "signaling/server/cpu_set.h"
#include "tests/unit/server/tuttid_process.h"

namespace tutti::server {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

// A socket of ours on a port of its own, in the way of others.
class TakenPort {
 public:
  explicit TakenPort(int type) : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage{};
    socklen_t length = base::to_sockaddr(*base::parse_ip("127.0.0.1"), storage);
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    EXPECT_EQ(bind(fd_, address, length), 0);
    EXPECT_EQ(type == SOCK_STREAM ? listen(fd_, 1) : 0, 0);
    length = sizeof storage;
    EXPECT_EQ(getsockname(fd_, address, &length), 0);
    address_ = base::from_sockaddr(address, length);
  }
  ~TakenPort() { close(fd_); }
  std::string text() const { return base::to_string(address_); }

 private:
  int fd_;
  base::SocketAddress address_;
};

struct Ended {
  int code;
  std::string out;
  std::string err;
};

Ended run(const std::vector<std::string>& arguments, const std::function<void()>& prepare = {}) {
  ChildProcess child(kTuttid, arguments, prepare);
  const int code = child.wait();
  return {code, child.out(), child.err()};
}

// Starts, must fail with exit 1, and returns the one sentence said.
std::string refusal(const std::vector<std::string>& more, const std::function<void()>& prepare = {}) {
  const TemporaryFile small(kSmall);
  const Ended ended = run(on_free_ports(small, more), prepare);
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_THAT(ended.err, MatchesRegex("tuttid: [^\n]+\n"));
  return ended.err;
}

TEST(TuttidFlags, TellsItsVersion) {
  const Ended ended = run({"--version"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, MatchesRegex("tuttid [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(TuttidFlags, HelpNamesEveryFlag) {
  const Ended ended = run({"--help"});
  EXPECT_EQ(ended.code, 0);
  for (const char* flag : {"--config", "--sip", "--media", "--rtp-ports", "--cores", "--backend", "--tx",
                           "--admission", "--http", "--check-config", "--version"}) {
    EXPECT_THAT(ended.out, HasSubstr(flag));
  }
}

TEST(TuttidFlags, UnknownFlagsExit2) {
  const std::vector<std::vector<std::string>> bad = {{"--sip"}, {"--nothing"}, {"room1"}};
  for (const auto& arguments : bad) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 2) << arguments[0];
    EXPECT_THAT(ended.err, HasSubstr(arguments[0]));
    EXPECT_EQ(ended.out, "");
  }
}

TEST(TuttidFlags, ABadValueIsOneSentenceAndExit1AsInAFile) {
  const std::vector<std::vector<std::string>> bad = {
      {"--sip", "5060"},        {"--sip", "localhost:5060"}, {"--media", "eth0"}, {"--media", "0.0.0.0"},
      {"--rtp-ports", "20000"}, {"--cores", "all"},          {"--cores", "2-1"},  {"--backend", "xdp"},
      {"--tx", "raw"},          {"--admission", "on"},       {"--http", "on"}};
  for (const auto& arguments : bad) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.code, 1) << arguments[0];
    EXPECT_EQ(ended.out, "");
    EXPECT_THAT(ended.err, MatchesRegex("tuttid: [^\n]+\n"));
    EXPECT_THAT(ended.err, StartsWith("tuttid: " + arguments[0] + ": expected ")) << arguments[1];
    EXPECT_THAT(ended.err, HasSubstr(arguments[1]));
  }
}

TEST(TuttidFlags, SendsThroughSocketsWhereFramesAreNotPermittedAndSaysSo) {
  const TemporaryFile small(kSmall);
  // Of no effect where there is nothing to drop.
  ChildProcess child(kTuttid, on_free_ports(small, {"--tx", "packet"}),
                     [] { ::prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0); });
  ASSERT_TRUE(child.wait_for_output("tuttid ready")) << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_THAT(child.err(),
              HasSubstr("tuttid: warning: tx = \"packet\" cannot be had at 127.0.0.1, RTP leaves "
                        "through sockets: it needs CAP_NET_RAW\n"));
}

TEST(TuttidConfig, PrintsItsExample) {
  const Ended ended = run({"--example-config"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, example_configuration());
}

TEST(TuttidConfig, ChecksAFile) {
  const TemporaryFile good(example_configuration());
  const Ended passed = run({"--check-config", "--config", good.name()});
  EXPECT_EQ(passed.code, 0) << passed.err;
  EXPECT_EQ(passed.out, "configuration ok\n");

  const TemporaryFile bad("[sip]\nlisten = 1\nlisen = 2\n");
  const Ended failed = run({"--check-config", "--config", bad.name()});
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.err, StartsWith(bad.name() + ":2:10: listen in [sip]: expected ADDR:PORT"));
  EXPECT_THAT(failed.err, HasSubstr("\n" + bad.name() +
                                    ":3:1: unknown key \"lisen\" in [sip]; did you mean \"listen\"?\n"));
}

TEST(TuttidConfig, RefusesToStartWithABadFile) {
  const TemporaryFile bad("[cores]\nspeed = 11\n");
  EXPECT_EQ(run({"--config", bad.name()}).code, 1);
  const Ended missing = run({"--config", "/nonexistent.toml"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_EQ(missing.err, "/nonexistent.toml: cannot be read: No such file or directory\n");
}

TEST(TuttidRefuses, PortsThatAreTaken) {
  const TakenPort udp(SOCK_DGRAM);
  EXPECT_THAT(refusal({"--sip", udp.text()}), HasSubstr(udp.text()));
  const TakenPort tcp(SOCK_STREAM);
  EXPECT_THAT(refusal({"--sip", tcp.text()}), HasSubstr(tcp.text()));
  EXPECT_EQ(refusal({"--http", tcp.text()}),
            "tuttid: HTTP cannot listen on " + tcp.text() + ": Address already in use\n");
}

TEST(TuttidRefuses, AddressesOfOtherHosts) {
  EXPECT_THAT(refusal({"--sip", "192.0.2.1:5060"}), HasSubstr("192.0.2.1"));
  EXPECT_EQ(refusal({"--media", "192.0.2.1"}),
            "tuttid: media cannot use 192.0.2.1: the address does not belong to this host\n");
  EXPECT_THAT(refusal({"--http", "192.0.2.1:80"}), HasSubstr("192.0.2.1"));
}

TEST(TuttidRefuses, ToLetAnybodyControlConferences) {
  EXPECT_EQ(refusal({"--http", "0.0.0.0:8080"}),
            "tuttid: HTTP on 0.0.0.0:8080 would let anybody control conferences: set http.token or "
            "http.token_file\n");
}

TEST(TuttidRefuses, ACpuThatItMayNotUse) {
  EXPECT_THAT(refusal({"--cores", "1000"}),
              StartsWith("tuttid: CPU 1000 is not one that this process may use ("));
}

TEST(TuttidRefuses, TooFewDescriptors) {
  EXPECT_EQ(refusal({},
                    [] {
                      const rlimit few{100, 100};
                      setrlimit(RLIMIT_NOFILE, &few);
                    }),
            "tuttid: 100 file descriptors are not enough, 258 are the least: raise the limit (ulimit -n)\n");
  // Not even enough for the event loop.
  EXPECT_EQ(refusal({},
                    [] {
                      const rlimit fewest{5, 5};
                      setrlimit(RLIMIT_NOFILE, &fewest);
                    }),
            "tuttid: 5 file descriptors are not enough, 258 are the least: raise the limit (ulimit -n)\n");
}

// Has io_uring_setup(2) fail in the child, as on a host where it is switched off.
void forbid_io_uring() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

TEST(TuttidRefuses, AHostWithoutIoUring) {
  EXPECT_THAT(refusal({}, forbid_io_uring), StartsWith("tuttid: io_uring cannot be used: "));
}

TEST(TuttidRuns, WithFewDescriptorsAndSaysHowManyCallsFit) {
  const TemporaryFile small(kSmall);
  ChildProcess child(kTuttid, on_free_ports(small), [] {
    const rlimit few{266, 266};
    setrlimit(RLIMIT_NOFILE, &few);
  });
  ASSERT_TRUE(child.wait_for_output("tuttid ready ")) << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_THAT(
      child.err(),
      StartsWith("tuttid: warning: 266 file descriptors are enough for 4 calls at a time, of the 16 "));
}

TEST(TuttidRuns, UntilASignalAndExits0) {
  const TemporaryFile small(kSmall);
  for (const int signal : {SIGTERM, SIGINT}) {
    ChildProcess child(kTuttid, on_free_ports(small));
    ASSERT_TRUE(child.wait_for_output("pid=")) << child.err();
    child.signal(signal);
    EXPECT_EQ(child.wait(), 0) << signal;
    EXPECT_EQ(child.err(), "");
  }
}

TEST(TuttidRuns, AndSaysHowToCallAndWhereItListens) {
  const TemporaryFile small(kSmall);
  ChildProcess child(kTuttid, on_free_ports(small));
  ASSERT_TRUE(child.wait_for_output("pid=" + std::to_string(child.pid()) + "\n")) << child.err();
  const std::string sip = told(child, "sip");
  EXPECT_THAT(sip, MatchesRegex("127\\.0\\.0\\.1:[1-9][0-9]*"));
  EXPECT_THAT(child.out(), HasSubstr("sip:ROOM@" + sip));
  EXPECT_EQ(told(child, "cores"), to_string(default_media_cpus(allowed_cpus())));
  EXPECT_THAT(http_get(told(child, "http"), "/health"), HasSubstr(R"("status":"ok")"));
  EXPECT_THAT(http_get(told(child, "http"), "/ledger"),
              HasSubstr(R"({"dialogs":0,"participants":0,"ports":0,"streams":0,"rooms":0})"));
  EXPECT_THAT(
      http_get(told(child, "http"), "/cores"),
      HasSubstr("{\"cores\":[{\"cpu\":" + std::to_string(default_media_cpus(allowed_cpus()).front()) + ","));
  const std::string said = child.out();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(child.out(), said) << "nothing periodic where nobody looks";
}

TEST(TuttidRuns, WithoutHttp) {
  const TemporaryFile small(kSmall);
  ChildProcess child(kTuttid, on_free_ports(small, {"--http", "off"}));
  ASSERT_TRUE(child.wait_for_output("pid=")) << child.err();
  EXPECT_EQ(told(child, "http"), "off");
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
}

TEST(TuttidRuns, WithAStatusLineOnATerminal) {
  const TemporaryFile small(kSmall);
  ChildProcess child(kTuttid, on_free_ports(small), {}, true);
  EXPECT_TRUE(
      child.wait_for_output("\r\x1b[2Kcalls 0  rooms 0  refused 0  in 0/s  out 0/s  dropped 0  late ticks 0"))
      << child.out() << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace tutti::server
