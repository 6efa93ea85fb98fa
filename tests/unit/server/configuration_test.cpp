#include "signaling/server/configuration.h"

#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "signaling/server/configuration_keys.h"
#include "tests/support/checkout.h"
#include "tests/unit/server/configuration_errors.h"

namespace tutti::server {
namespace {

using testing::HasSubstr;

// Every key as it stands, to compare whole configurations.
std::string all_keys(const Configuration& configuration) {
  std::string text;
  for (const auto& key : configuration_keys()) {
    text += std::string(key.section) + '.' + std::string(key.name) + '=' + to_string(key.get(configuration)) +
            '\n';
  }
  for (const auto& room : configuration.room) {
    for (const auto& key : room_keys()) text += std::string(key.name) + '=' + to_string(key.get(room)) + '\n';
  }
  return text;
}

TEST(Configuration, AnEmptyFileIsTheDefaults) {
  const auto parsed = parse_configuration("", "t.toml");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(all_keys(*parsed), all_keys(Configuration{}));
  EXPECT_EQ(base::to_string(parsed->sip.listen), "127.0.0.1:5060");
  EXPECT_EQ(base::to_string(parsed->http.listen), "127.0.0.1:8080");
}

TEST(Configuration, TheExampleIsCompleteAndIsTheDefaults) {
  std::ifstream file(test_support::in_checkout("docs/tuttid.toml"));
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), example_configuration()) << "tuttid --example-config > docs/tuttid.toml";

  const auto parsed = parse_configuration(text.str(), "docs/tuttid.toml");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(all_keys(*parsed), all_keys(Configuration{}));
}

TEST(Configuration, TheExampleRoomIsARoom) {
  std::string text = example_configuration();
  text.erase(0, text.find("# [[room]]"));
  for (const std::string_view mark : {"# [[room]]", "# name =", "# locked =", "# max_participants ="}) {
    text.erase(text.find(mark), 2);
  }
  const auto parsed = parse_configuration(text, "t.toml");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->room, std::vector<Configuration::Room>{{.name = "lobby"}});
}

struct KeyCase {
  const char* key;    // section.name
  const char* value;  // another one than the default, as TOML
  std::vector<const char*> refused;
};

const std::vector<KeyCase>& key_cases() {
  static const std::vector<KeyCase> cases = {
      {"sip.listen",
       R"("[::1]:0")",
       {R"("5060")", R"("localhost:5060")", R"("127.0.0.1:70000")", "5060", R"("")"}},
      {"sip.session_timer_s", "86400", {"89", "86401", "-1", "90.5", R"("90")", "true"}},
      {"sip.min_session_timer_s", "91", {"0", "1979-05-27"}},
      {"sip.max_pending_invites", "1", {"0", "100001"}},
      {"sip.connections_per_address", "100000", {"0", "100001"}},
      {"media.address", R"("::1")", {R"("0.0.0.0")", R"("::")", R"("eth0")", R"("127.0.0.1:5")", "1"}},
      {"media.rtp_ports",
       R"("1024-1025")",
       {R"("20000")", R"("20000-19999")", R"("1000-2000")", R"("20001-20002")", R"("20000-70000")",
        R"("a-b")", R"("20000-20010x")", R"("-")", "20000", R"("65535-65535")"}},
      {"media.jitter_ms", "0", {"-1", "501"}},
      {"media.gate_dbov", "90", {"-1", "91"}},
      {"media.silence_timeout_s", "0", {"-1", "65536"}},
      {"media.codecs",
       R"(["PCMA"])",
       {"[]", R"(["G729"])", R"(["PCMU", "PCMU"])", R"("PCMU")", "[1]", "[[]]"}},
      {"cores.cpus",
       R"("1,4-6")",
       {R"("")", R"("x")", R"("3-2")", R"("1,")", R"("-1")", R"("1024")", "1", "[1]"}},
      {"cores.backend", R"("uring")", {R"("xdp")", "1"}},
      {"cores.tx", R"("packet")", {R"("raw")", "1"}},
      {"cores.rx", R"("packet")", {R"("raw")", "1"}},
      {"cores.realtime", R"("on")", {R"("yes")", "true"}},
      {"cores.participants_per_core", "32768", {"0", "131073"}},
      {"cores.conferences_per_core", "1", {"0", "32769"}},
      {"admission.mode", R"("off")", {R"("on")", "false", R"("Headroom")"}},
      {"admission.headroom_percent", "0", {"-1", "100", "20.5", R"("20%")"}},
      {"admission.retry_after_s", "3600", {"0", "3601"}},
      {"http.listen", R"("off")", {R"("on")", "false", R"("127.0.0.1")"}},
      {"http.name", R"("tutti.example.org")", {R"("a b")", R"("http://a")", R"("a:80")", "1"}},
      {"http.token", R"("0123456789abcdef")", {R"("short")", R"("0123456789abcde f")", "1"}},
      {"http.token_file", R"("/etc/tuttid.token")", {"1", "true"}},
      {"http.requests_per_second", "0", {"-1", "1000001"}},
      {"http.connections_per_address", "64", {"0", "65"}},
      {"log.format", R"("json")", {R"("xml")", "1"}},
      {"log.level", R"("info")", {R"("debug")", "2"}},
      {"rooms.create_on_dial", "false", {"0", R"("false")"}},
      {"rooms.max_participants", "65535", {"-1", "65536"}},
      {"rooms.max_talkers", "65535", {"-1", "65536"}},
      {"rooms.max_rooms", "1000000", {"-1", "1000001"}},
      {"rooms.dial_out", "true", {"1", R"("yes")"}},
      {"rooms.dial_out_hosts",
       R"(["10.1.2.3", "*.example.org"])",
       {R"("*")", R"([""])", R"(["a b"])", R"(["a@b"])"}},
      {"rooms.pin_tries", "5", {"0", "101"}},
      {"rooms.pin_address_tries", "0", {"-1", "100001"}},
      {"rooms.pin_entry_s", "600", {"4", "601"}},
      {"rooms.pin_lockout_s", "86400", {"0", "86401"}},
      {"rooms.pin_lockout_max_s", "60", {"0", "86401"}},
      {"rooms.display_name", R"("All hands")", {"1", R"("a\nb")"}},
      {"rooms.rtp_port_low", "20000", {"-1", "65536", R"("20000-20999")"}},
      {"rooms.rtp_port_high", "20999", {"-1", "65536", "true"}},
      {"rooms.mixing", "false", {"0"}},
      {"rooms.entry_tone", "true", {"1"}},
      {"rooms.exit_tone", "true", {"1"}},
      {"rooms.hold_music", "true", {"1"}},
      {"rooms.wait_for_moderator", "true", {"1"}},
      {"rooms.end_with_last_moderator", "true", {"1"}},
      {"rooms.moderator_grace_s", "60", {"-1", "31536001"}},
      {"rooms.moderators_pass_lock", "true", {"1"}},
      {"rooms.start_muted", "true", {"1"}},
      {"rooms.pin", R"("4711")", {"4711", R"("12a")", R"("12345678901234567")"}},
      {"rooms.moderator_pin", R"("0815")", {"815", R"("#")"}},
      {"rooms.linger_s", "60", {"-1", "31536001"}},
      {"rooms.idle_s", "60", {"-1", "31536001"}},
      {"rooms.duration_s", "60", {"-1", "31536001"}},
      {"rooms.participant_limit_s", "60", {"-1", "31536001"}},
      {"rooms.language", R"("de-CH")", {R"("")", R"("en_GB")"}},
      {"events.journal", "500", {"0", "1000001", R"("all")"}},
      {"events.journal_mb", "8", {"0", "65537", "1.5"}},
      {"events.keep_s", "60", {"-1", "86401", "true"}},
      {"records.file", R"("/var/log/calls.jsonl")", {R"("calls.jsonl")", "1", "[]"}},
      {"records.sqlite", R"("/var/lib/calls.db")", {R"("calls.db")", "false"}},
      {"records.flush_ms", "500", {"9", "60001", R"("1s")"}},
      {"dataplane.dpdk.devices",
       R"(["net_af_packet0,iface=eth1"])",
       {R"("0000:3b:00.0")", R"([""])", R"(["a", "b"])", R"(["a\nb"])", "[1]"}},
      {"dataplane.dpdk.addresses",
       R"(["192.0.2.10/24", "192.0.2.11/32"])",
       {R"(["192.0.2.10"])", R"(["192.0.2.10/33"])", R"(["192.0.2.10/0"])", R"(["192.0.2.10/24x"])",
        R"(["0.0.0.0/8"])", R"(["eth0/24"])", R"(["2001:db8::1/129"])", R"("192.0.2.10/24")"}},
      {"dataplane.dpdk.gateway", R"("2001:db8::1")", {R"("0.0.0.0")", R"("192.0.2.1/24")", "1"}},
      {"dataplane.dpdk.vlan", "4094", {"-1", "4095", R"("7")"}},
      {"dataplane.dpdk.receive_descriptors", "32768", {"63", "32769"}},
      {"dataplane.dpdk.transmit_descriptors", "64", {"0", "32769"}},
      {"dataplane.dpdk.huge_pages", "false", {"0", R"("no")"}},
      {"dataplane.dpdk.memory_mb", "512", {"-1", "1048577"}},
      {"dataplane.dpdk.kernel_path", R"("tap")", {R"("tun")", "true", R"("")"}},
      {"dataplane.dpdk.eal", R"(["--file-prefix=tutti"])", {R"("-l 1")", R"([""])"}},
  };
  return cases;
}

std::string file_of(const std::string& key, const std::string& value) {
  const std::size_t dot = key.rfind('.');
  return "[" + key.substr(0, dot) + "]\n" + key.substr(dot + 1) + " = " + value + "\n";
}

TEST(Configuration, EveryKeyHasACase) {
  std::multiset<std::string> cases;
  for (const auto& one : key_cases()) cases.insert(one.key);
  std::multiset<std::string> keys;
  for (const auto& key : configuration_keys())
    keys.insert(std::string(key.section) + '.' + std::string(key.name));
  EXPECT_EQ(cases, keys);
}

TEST(Configuration, EveryKeyIsReadBackAsWritten) {
  for (const auto& one : key_cases()) {
    const auto parsed = parse_configuration(file_of(one.key, one.value), "t.toml");
    ASSERT_TRUE(parsed) << one.key << to_string(parsed.error().front());
    EXPECT_THAT(all_keys(*parsed), HasSubstr(std::string(one.key) + "=" + one.value + "\n"));
  }
}

TEST(Configuration, EveryBadValueIsAnErrorOfItsPlaceThatTellsWhatIsExpected) {
  for (const auto& one : key_cases()) {
    const std::string name = std::string(one.key).substr(std::string(one.key).rfind('.') + 1);
    for (const char* refused : one.refused) {
      const auto errors = errors_of(file_of(one.key, refused));
      ASSERT_EQ(errors.size(), 1U) << one.key << " = " << refused;
      const std::string column = std::to_string(name.size() + 4);  // "name = "
      EXPECT_THAT(errors[0], testing::StartsWith("t.toml:2:" + column + ": " + name + " in [")) << refused;
      EXPECT_THAT(errors[0], HasSubstr(": expected ")) << refused;
    }
  }
}

TEST(Configuration, SuggestsTheNearestKey) {
  EXPECT_EQ(errors_of("[sip]\nlisten = \"127.0.0.1:5060\"\nsesion_timer = 90\n").at(0),
            "t.toml:3:1: unknown key \"sesion_timer\" in [sip]; did you mean \"session_timer_s\"?");
  EXPECT_EQ(errors_of("[http]\nbanana = 1\n").at(0),
            "t.toml:2:1: unknown key \"banana\" in [http]; known here: listen, name, token, token_file, "
            "requests_per_second, connections_per_address");
  EXPECT_EQ(errors_of("\n[medai]\n").at(0), "t.toml:2:2: unknown section [medai]; did you mean \"media\"?");
  EXPECT_THAT(
      errors_of("[banana]\n").at(0),
      HasSubstr(
          "known here: sip, media, cores, admission, http, log, rooms, events, records, dataplane.dpdk, "
          "room, webhook"));
}

TEST(Configuration, TellsAllErrorsInTheOrderOfTheFile) {
  const auto errors = errors_of(
      "[rooms]\nmax_rooms = -1\n[sip]\nx = 1\nlisten = 3\n[[room]]\nname = \"a b\"\n[http]\nlisten = "
      "\"on\"\n");
  ASSERT_EQ(errors.size(), 5U);
  const char* places[] = {"t.toml:2:13: ", "t.toml:4:1: ", "t.toml:5:10: ", "t.toml:7:8: ", "t.toml:9:10: "};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_THAT(errors[i], testing::StartsWith(places[i]));
}

TEST(Configuration, TheSessionTimerIsNotBelowItsMinimum) {
  EXPECT_THAT(errors_of("[sip]\nsession_timer_s = 100\nmin_session_timer_s = 200\n").at(0),
              testing::StartsWith(
                  "t.toml:2:19: session_timer_s in [sip]: 100 is less than min_session_timer_s, 200"));
  EXPECT_THAT(errors_of("[sip]\nmin_session_timer_s = 3600\n").at(0), testing::StartsWith("t.toml:2:23: "));
}

TEST(Configuration, ARoomHasTheSettingsOfRoomsWhereItSaysNothingItself) {
  const auto parsed = parse_configuration(
      "[[room]]\nname = \"a\"\npin = \"1\"\n[[room]]\nname = \"b\"\n"
      "[rooms]\npin = \"2\"\nstart_muted = true\nmoderator_grace_s = 5\n",
      "t.toml");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->room[0].settings.pin, "1");
  EXPECT_EQ(parsed->room[1].settings.pin, "2");
  for (const auto& room : parsed->room) {
    EXPECT_TRUE(room.settings.start_muted);
    EXPECT_EQ(room.settings.moderator_grace, std::chrono::seconds(5));
  }
  EXPECT_THAT(errors_of("[rooms]\npin = \"1\"\nmoderator_pin = \"1\"\n").at(0), HasSubstr("are the same"));
  EXPECT_THAT(errors_of("[rooms]\npin = \"1\"\n[[room]]\nname = \"a\"\nmoderator_pin = \"1\"\n").at(0),
              HasSubstr("the room \"a\": pin and moderator_pin are the same"));
}

TEST(Configuration, EverySettingOfARoomIsAKey) {
  // One key of each in [rooms] is one in [[room]]: what the one takes the other takes.
  const auto parsed = parse_configuration(
      "[[room]]\nname = \"a\"\ndisplay_name = \"A\"\nmax_talkers = 8\nrtp_port_low = 7\nrtp_port_high = "
      "9\nmixing = "
      "false\nentry_tone = true\nexit_tone = true\n"
      "hold_music = true\nwait_for_moderator = true\nend_with_last_moderator = true\nmoderator_grace_s = 1\n"
      "moderators_pass_lock = true\nstart_muted = true\npin = \"1\"\nmoderator_pin = \"2\"\nlinger_s = 3\n"
      "idle_s = 4\nduration_s = 5\nparticipant_limit_s = 6\nlanguage = \"de\"\n",
      "t.toml");
  ASSERT_TRUE(parsed);
  using std::chrono::seconds;
  const conference::ConferenceSettings expected{.display_name = "A",
                                                .max_talkers = 8,
                                                .rtp_port_low = 7,
                                                .rtp_port_high = 9,
                                                .mixing = false,
                                                .entry_tone = true,
                                                .exit_tone = true,
                                                .hold_music = true,
                                                .wait_for_moderator = true,
                                                .end_with_last_moderator = true,
                                                .moderator_grace = seconds(1),
                                                .moderators_pass_lock = true,
                                                .start_muted = true,
                                                .pin = "1",
                                                .moderator_pin = "2",
                                                .linger = seconds(3),
                                                .idle = seconds(4),
                                                .duration = seconds(5),
                                                .participant_limit = seconds(6),
                                                .language = "de"};
  EXPECT_EQ(parsed->room[0].settings, expected);
}

TEST(Configuration, TakesOneTokenNotTwo) {
  EXPECT_THAT(errors_of("[http]\ntoken = \"0123456789abcdef\"\ntoken_file = \"/x\"\n").at(0),
              testing::StartsWith("t.toml:3:14: token_file in [http]: there is a token as well"));
}

TEST(Configuration, ReadsRooms) {
  const auto parsed = parse_configuration(
      "[[room]]\nname = \"standup\"\nmax_participants = 12\n[[room]]\nname = \"vault\"\nlocked = true\n",
      "t.toml");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->room,
            (std::vector<Configuration::Room>{{.name = "standup", .settings = {.max_participants = 12}},
                                              {.name = "vault", .locked = true}}));
}

TEST(Configuration, RefusesBadRooms) {
  EXPECT_EQ(errors_of("[[room]]\nlocked = true\n").at(0),
            "t.toml:1:1: this [[room]] has no name: add name = \"...\"");
  EXPECT_EQ(errors_of("[[room]]\nname = \"a\"\n[[room]]\nname = \"a\"\n").at(0),
            "t.toml:3:1: a second [[room]] of the name \"a\": choose another");
  EXPECT_EQ(errors_of("[[room]]\nname = \"a\"\nlock = true\n").at(0),
            "t.toml:3:1: unknown key \"lock\" in [[room]]; did you mean \"locked\"?");
  for (const char* name : {"\"\"", "\"a b\"", "\"a@b\"", "1", "\"a/b\""}) {
    EXPECT_EQ(errors_of(std::string("[[room]]\nname = ") + name).size(), 1U) << name;
  }
  EXPECT_EQ(errors_of("[[room]]\nname = \"" + std::string(65, 'a') + "\"\n").size(), 1U);
  EXPECT_EQ(errors_of("[room]\nname = \"a\"\n").at(0),
            "t.toml:1:1: rooms are written as [[room]], each with its keys below");
  EXPECT_EQ(errors_of("room = [1]\n").size(), 1U);
}

TEST(Configuration, ReadsWebhooks) {
  const auto parsed = parse_configuration(
      "[[webhook]]\nurl = \"https://a.example/x\"\nrooms = [\"a\"]\nevents = [\"ParticipantJoined\"]\n"
      "secret = \"s\"\nca_file = \"/etc/ca.pem\"\n[[webhook]]\nurl = \"http://127.0.0.1:9/\"\n",
      "t.toml");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->webhook, (std::vector<Configuration::Webhook>{
                                 {"https://a.example/x", {"a"}, {"ParticipantJoined"}, "s", "/etc/ca.pem"},
                                 {.url = "http://127.0.0.1:9/"}}));
}

TEST(Configuration, RefusesBadWebhooks) {
  EXPECT_EQ(errors_of("[[webhook]]\nsecret = \"s\"\n").at(0),
            "t.toml:1:1: this [[webhook]] has no url: add url = \"https://...\"");
  EXPECT_EQ(errors_of("webhook = 1\n").at(0),
            "t.toml:1:11: webhooks are written as [[webhook]], each with its keys below");
  for (const char* line :
       {"url = \"ftp://a/\"", "url = 1", "rooms = [\"a b\"]", "rooms = \"a\"", "events = [\"Nothing\"]",
        "secret = 1", "ca_file = \"ca.pem\"", "urls = \"http://a/\""}) {
    EXPECT_GE(errors_of(std::string("[[webhook]]\n") + line).size(), 1U) << line;
  }
}

TEST(Configuration, TheExampleWebhookIsAWebhook) {
  std::string text = example_configuration();
  text.erase(0, text.find("# [[webhook]]"));
  std::string plain;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    plain += line.substr(std::min<std::size_t>(2, line.size())) + '\n';
  const auto parsed = parse_configuration(plain, "t.toml");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->webhook, (std::vector<Configuration::Webhook>{{.url = "https://example.org/tutti"}}));
}

TEST(Configuration, ALongValueIsShownShort) {
  const auto errors = errors_of("[cores]\ncpus = \"" + std::string(1'000, 'x') + "\"\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_LT(errors[0].size(), 200U);
}

TEST(Configuration, AMissingFileIsAnError) {
  const auto read = read_configuration("/nonexistent/tuttid.toml");
  ASSERT_FALSE(read);
  EXPECT_EQ(to_string(read.error().at(0)),
            "/nonexistent/tuttid.toml: cannot be read: No such file or directory");
  EXPECT_FALSE(read_configuration("/"));
}

TEST(Configuration, FlagsSetKeysFromText) {
  Configuration configuration;
  EXPECT_TRUE(set_from_text(configuration, "sip.listen", "127.0.0.2:5070"));
  EXPECT_EQ(base::to_string(configuration.sip.listen), "127.0.0.2:5070");
  const auto refused = set_from_text(configuration, "cores.cpus", "all");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), R"(expected "auto" or CPU numbers such as "1", "1,3" or "2-5", not "all")");
  EXPECT_FALSE(set_from_text(configuration, "sip.nothing", "1"));
}

}  // namespace
}  // namespace tutti::server
