// Hot reload: what each key is, and the whole program under SIGHUP and POST /reload.
#include "signaling/server/reload.h"

#include <csignal>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "signaling/server/configuration_keys.h"
#include "signaling/server/http_token.h"
#include "tests/unit/server/tuttid_process.h"

namespace tutti::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Configuration parse(const std::string& text) {
  const auto parsed = parse_configuration(text, "t.toml");
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Configuration{};
}

// What a reload can change and what it cannot, all of it: whoever adds a key says here which it is.
TEST(Reload, OfEveryKeyIsKnownWhetherItIsLive) {
  std::vector<std::string> live;
  std::vector<std::string> restart;
  for (const auto& key : configuration_keys()) {
    (key.live ? live : restart).push_back(std::string(key.section) + "." + std::string(key.name));
  }
  EXPECT_THAT(
      restart,
      ElementsAre("sip.listen", "sip.session_timer_s", "sip.min_session_timer_s", "sip.max_pending_invites",
                  "sip.connections_per_address", "media.address", "media.rtp_ports", "cores.cpus",
                  "cores.backend", "cores.tx", "cores.rx", "cores.realtime", "cores.participants_per_core",
                  "cores.conferences_per_core", "http.listen", "dataplane.dpdk.devices",
                  "dataplane.dpdk.addresses", "dataplane.dpdk.gateway", "dataplane.dpdk.vlan",
                  "dataplane.dpdk.receive_descriptors", "dataplane.dpdk.transmit_descriptors",
                  "dataplane.dpdk.huge_pages", "dataplane.dpdk.memory_mb", "dataplane.dpdk.kernel_path",
                  "dataplane.dpdk.eal"));
  EXPECT_EQ(live.size() + restart.size(), configuration_keys().size());
  for (const auto& key : room_keys()) EXPECT_TRUE(key.live) << key.name;
}

TEST(Reload, NamesWhatIsOtherAndWhetherItWaits) {
  const Configuration running =
      parse("[[room]]\nname = \"a\"\n[[room]]\nname = \"b\"\n[[room]]\nname = \"c\"\n");
  const Configuration wanted = parse(
      "[sip]\nlisten = \"127.0.0.1:1\"\n[rooms]\nmax_rooms = 3\n"
      "[[room]]\nname = \"a\"\n[[room]]\nname = \"b\"\nlocked = true\n[[room]]\nname = \"d\"\n");
  const ConfigurationChange change = compare(running, wanted);
  EXPECT_THAT(change.restart, ElementsAre("sip.listen"));
  EXPECT_THAT(change.live, UnorderedElementsAre("rooms.max_rooms", "room b", "room c", "room d"));
}

// By what may be shown: a path may be a secret. Another order of them is no change.
TEST(Reload, NamesWebhooksThatCameWentOrAreOthers) {
  const auto hook = [](const std::string& url, const std::string& more = "") {
    return "[[webhook]]\nurl = \"" + url + "\"\n" + more;
  };
  const Configuration running = parse(hook("http://a/x") + hook("http://b/x") + hook("http://c/x"));
  EXPECT_THAT(compare(running, parse(hook("http://c/x") + hook("http://b/x") + hook("http://a/x"))).live,
              IsEmpty());
  const Configuration wanted =
      parse(hook("http://a/x") + hook("http://b/x", "secret = \"s\"\n") + hook("https://d:81/x"));
  EXPECT_THAT(compare(running, wanted).live,
              ElementsAre("webhook http://b", "webhook http://c", "webhook https://d:81"));
  EXPECT_THAT(compare(running, wanted).restart, IsEmpty());
  EXPECT_THAT(compare(take_live(running, wanted), wanted).live, IsEmpty());
  EXPECT_THAT(compare(parse(hook("http://a/x")), parse(hook("http://a/x") + hook("http://a/x"))).live,
              ElementsAre("webhook http://a"));
}

TEST(Reload, TakesWhatIsLiveAndNamesTheRestAgainTheNextTime) {
  const Configuration running;
  const Configuration wanted =
      parse("[sip]\nlisten = \"127.0.0.1:1\"\n[rooms]\nmax_rooms = 3\n[[room]]\nname = \"d\"\n");
  const Configuration merged = take_live(running, wanted);
  EXPECT_THAT(compare(merged, wanted).live, IsEmpty());
  EXPECT_THAT(compare(merged, wanted).restart, ElementsAre("sip.listen"));
}

class TokenFile {
 public:
  TokenFile(const std::string& text, mode_t mode) : file_(text) { ::chmod(file_.name().c_str(), mode); }
  base::Result<std::string, std::string> read() const {
    Configuration configuration;
    configuration.http.token_file = file_.name();
    return http_token(configuration);
  }

 private:
  TemporaryFile file_;
};

TEST(HttpToken, IsReadFromAFileThatOnlyItsOwnerReads) {
  EXPECT_EQ(TokenFile("0123456789abcdef\n", 0600).read().value(), "0123456789abcdef");
  EXPECT_EQ(TokenFile("0123456789abcdef", 0400).read().value(), "0123456789abcdef");
  for (const mode_t mode : {0640, 0604, 0620, 0666}) {
    EXPECT_THAT(TokenFile("0123456789abcdef", mode).read().error(), HasSubstr("may be read by others"))
        << mode;
  }
  for (const char* text : {"", "\n", "short", "0123456789abcdef\n\n", "0123456789 abcdef"}) {
    EXPECT_THAT(TokenFile(text, 0600).read().error(), HasSubstr("holds no token")) << text;
  }
  EXPECT_THAT(TokenFile(std::string(600, 'x'), 0600).read().error(), HasSubstr("holds no token"));
  Configuration configuration;
  configuration.http.token_file = "/nonexistent";
  EXPECT_THAT(http_token(configuration).error(), HasSubstr("cannot be read: No such file"));
  configuration.http.token_file = "/dev/zero";
  EXPECT_THAT(http_token(configuration).error(), HasSubstr("is not a file"));
}

// systemd gives a credential to root, and to the service's user by an access control list: mode 0440.
TEST(HttpToken, IsReadWhereAListGivesItToThisServerAlone) {
  const TemporaryFile file("0123456789abcdef\n");
  ASSERT_EQ(::chmod(file.name().c_str(), 0400), 0);
  Configuration configuration;
  configuration.http.token_file = file.name();
  const auto give_to = [&](std::uint32_t user, std::uint16_t group_bits) {
    struct Entry {
      std::uint16_t tag;
      std::uint16_t bits;
      std::uint32_t id;
    };
    constexpr std::uint32_t kNobody = ~0U;
    const Entry list[] = {
        {1, 4, kNobody}, {2, 4, user}, {4, group_bits, kNobody}, {16, 4, kNobody}, {32, 0, kNobody}};
    const std::uint32_t version = 2;
    std::string bytes(reinterpret_cast<const char*>(&version), sizeof version);
    bytes.append(reinterpret_cast<const char*>(list), sizeof list);
    return ::setxattr(file.name().c_str(), "system.posix_acl_access", bytes.data(), bytes.size(), 0) == 0;
  };
  if (!give_to(::geteuid(), 0)) GTEST_SKIP() << "no access control lists here";
  struct stat status {};
  ASSERT_EQ(::stat(file.name().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0440U);
  EXPECT_EQ(http_token(configuration).value_or(""), "0123456789abcdef");
  ASSERT_TRUE(give_to(::geteuid() + 1, 0));
  EXPECT_THAT(http_token(configuration).error(), HasSubstr("may be read by others"));
  ASSERT_TRUE(give_to(::geteuid(), 4));
  EXPECT_THAT(http_token(configuration).error(), HasSubstr("may be read by others"));
}

TEST(HttpToken, IsNeededWhereOthersThanThisHostCanAsk) {
  Configuration configuration;
  EXPECT_EQ(http_token(configuration).value(), "");
  configuration.http.listen = *base::parse_address_and_port("0.0.0.0:8080");
  EXPECT_EQ(http_token(configuration).error(),
            "HTTP on 0.0.0.0:8080 would let anybody control conferences: set http.token or http.token_file");
  configuration.http.token = "0123456789abcdef";
  EXPECT_EQ(http_token(configuration).value(), "0123456789abcdef");
  configuration.http.token = "";
  configuration.http.listen = {};
  EXPECT_EQ(http_token(configuration).value(), "");
}

class TuttidReload : public testing::Test {
 protected:
  TuttidReload() : file_(kSmall), child_(kTuttid, on_free_ports(file_, {"--verbose"})) {}
  void SetUp() override { ASSERT_TRUE(child_.wait_for_output("pid=")) << child_.err(); }
  void TearDown() override {
    child_.signal(SIGTERM);
    EXPECT_EQ(child_.wait(), 0) << child_.err();
  }

  void write(const std::string& text) { std::ofstream(file_.name()) << kSmall << text; }
  std::string post(const std::string& path, const std::string& body = "", const std::string& headers = "") {
    return http_ask(told(child_, "http"), "POST", path, body, headers);
  }
  std::string get(const std::string& path) { return http_get(told(child_, "http"), path); }

  TemporaryFile file_;
  ChildProcess child_;
};

TEST_F(TuttidReload, ChangesWhatCanChangeAndNamesWhatCannot) {
  write(
      "[rooms]\nmax_talkers = 3\n[sip]\nsession_timer_s = 600\n[[room]]\nname = \"lobby\"\nmax_participants "
      "= "
      "9\n");
  EXPECT_THAT(
      post("/reload"),
      HasSubstr(R"({"changed":["rooms.max_talkers","room lobby"],"needs_restart":["sip.session_timer_s"]})"));
  EXPECT_THAT(get("/rooms/lobby/settings"), HasSubstr(R"("max_participants":9,"max_talkers":3,)"));
  EXPECT_THAT(get("/rooms/lobby"), HasSubstr(R"("state":"Active","permanent":true)"));
  write("[[room]]\nname = \"lobby\"\nlocked = true\n[[room]]\nname = \"attic\"\n");
  EXPECT_THAT(post("/reload"),
              HasSubstr(R"({"changed":["rooms.max_talkers","room lobby","room attic"],"needs_restart":[]})"));
  EXPECT_THAT(get("/rooms/lobby"), HasSubstr(R"("state":"Locked")"));
  write("");
  EXPECT_THAT(post("/reload"), HasSubstr(R"("changed":["room lobby","room attic"])"));
  EXPECT_TRUE(eventually([&] { return get("/rooms").find(R"({"rooms":[]})") != std::string::npos; }));
  EXPECT_THAT(get("/metrics"), HasSubstr("tutti_config_reloads_total{result=\"done\"} 3\n"));
}

TEST_F(TuttidReload, WhatARoomSaysNothingOfIsAsInAll) {
  write(
      "[rooms]\nmax_talkers = 3\nmax_participants = 12\n[[room]]\nname = \"lobby\"\n"
      "[[room]]\nname = \"hall\"\nmax_talkers = 7\n[[room]]\nname = \"yard\"\nmax_talkers = "
      "0\nmax_participants = 0\n");
  EXPECT_THAT(
      post("/reload"),
      HasSubstr(
          R"({"changed":["rooms.max_participants","rooms.max_talkers","room lobby","room hall","room yard"],)"));
  EXPECT_THAT(get("/rooms/lobby/settings"), HasSubstr(R"("max_participants":12,"max_talkers":3,)"));
  EXPECT_THAT(get("/rooms/hall/settings"), HasSubstr(R"("max_participants":12,"max_talkers":7,)"));
  EXPECT_THAT(get("/rooms/yard/settings"), HasSubstr(R"("max_participants":0,"max_talkers":0,)"));
}

TEST_F(TuttidReload, ABrokenFileChangesNothingAndSaysWhere) {
  write("[rooms]\nmax_talkers = 3\nmax_room = 2\n");
  const std::string answer = post("/reload");
  EXPECT_THAT(answer, HasSubstr("400 Bad Request"));
  EXPECT_THAT(answer, HasSubstr(file_.name() +
                                R"(:6:1: unknown key \"max_room\" in [rooms]; did you mean \"max_rooms\"?)"));
  EXPECT_THAT(answer, HasSubstr(R"("errors":[)"));
  write("");
  EXPECT_THAT(post("/reload"), HasSubstr(R"({"changed":[],"needs_restart":[]})"));
  EXPECT_THAT(get("/metrics"), HasSubstr("tutti_config_reloads_total{result=\"failed\"} 1\n"));
}

// As --config /dev/stdin is, of which nothing is left: no rooms, no token.
TEST_F(TuttidReload, APipeIsNotReadAgain) {
  ASSERT_EQ(::unlink(file_.name().c_str()), 0);
  ASSERT_EQ(::mkfifo(file_.name().c_str(), 0600), 0);
  EXPECT_THAT(post("/reload"), HasSubstr(file_.name() + ": cannot be read again: it is no regular file"));
  EXPECT_THAT(get("/health"), HasSubstr(R"("status":"ok")"));
}

TEST_F(TuttidReload, SighupDoesTheSameAndTellsTheLog) {
  write("[rooms]\nmax_talkers = 3\n[sip]\nsession_timer_s = 600\n");
  child_.signal(SIGHUP);
  EXPECT_TRUE(child_.wait_for_error("sip.session_timer_s needs a restart\n"));
  EXPECT_THAT(child_.err(), HasSubstr("tuttid: reloaded, 1 changed\n"));
  write("nonsense\n");
  child_.signal(SIGHUP);
  EXPECT_TRUE(child_.wait_for_error("tuttid: not reloaded: " + file_.name() + ":4:"));
  EXPECT_THAT(get("/health"), HasSubstr(R"("status":"ok")"));
}

TEST_F(TuttidReload, ListensOtherwiseAndCountsPinsOtherwiseAtOnce) {
  write("[media]\njitter_ms = 20\ngate_dbov = 0\n[rooms]\npin_tries = 1\npin_address_tries = 0\n");
  EXPECT_THAT(post("/reload"),
              HasSubstr(R"({"changed":["media.jitter_ms","media.gate_dbov","rooms.pin_tries",)"
                        R"("rooms.pin_address_tries"],"needs_restart":[]})"));
  write("[rooms]\npin_entry_s = 5\n");
  child_.signal(SIGHUP);
  EXPECT_TRUE(child_.wait_for_error("tuttid: reloaded, 5 changed\n")) << child_.err();
}

TEST_F(TuttidReload, TakesAnotherTokenAndAnotherLogAtOnce) {
  write("[http]\ntoken = \"0123456789abcdef\"\n[log]\nformat = \"json\"\n");
  EXPECT_THAT(post("/reload"), HasSubstr(R"("changed":["http.token","log.format"])"));
  EXPECT_TRUE(child_.wait_for_error(R"("message":"reloaded, 2 changed"})")) << child_.err();
  EXPECT_TRUE(eventually([&] { return get("/rooms").find("401 Unauthorized") != std::string::npos; }));
  EXPECT_THAT(get("/metrics"), HasSubstr("200 OK"));
  EXPECT_THAT(
      http_ask(told(child_, "http"), "GET", "/rooms", "", "Authorization: Bearer 0123456789abcdef\r\n"),
      HasSubstr("200 OK"));
}

TEST(TuttidReloadWithoutFile, Answers409) {
  ChildProcess child(kTuttid, {"--sip", "127.0.0.1:0", "--http", "127.0.0.1:0"});
  ASSERT_TRUE(child.wait_for_output("pid=")) << child.err();
  EXPECT_THAT(http_ask(told(child, "http"), "POST", "/reload", "", ""), HasSubstr("409 Conflict"));
  child.signal(SIGHUP);
  EXPECT_TRUE(child.wait_for_error("not reloaded: tuttid was started without --config"));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace tutti::server
