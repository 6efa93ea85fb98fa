// Captures made here, of a conference that mixes as it should, and of some that do not.
#include "tools/ctl/capture.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tools/analyser/g711.h"
#include "tools/analyser/voice.h"
#include "tools/ctl/capture_hearing.h"

namespace tutti::ctl {
namespace {

using analyser::Samples;
using testing::HasSubstr;

constexpr std::size_t kFrame = 160;
constexpr std::uint16_t kServerPort = 20'000;  // the first caller's; the next one's is two higher
constexpr std::uint16_t kCallerPort = 6'000;

// Writes classic pcap of raw IPv4.
class PcapFile {
 public:
  explicit PcapFile(const std::string& path, std::uint32_t link = 101) : file_(path, std::ios::binary) {
    for (const std::uint32_t word : {0xA1B2C3D4U, 0x00040002U, 0U, 0U, 65'535U, link}) put(word);
  }

  void udp(std::uint64_t micros, std::uint16_t from, std::uint16_t to, const std::string& payload) {
    std::string packet;
    const auto big = [&packet](unsigned value) {
      packet += static_cast<char>(value >> 8);
      packet += static_cast<char>(value);
    };
    big(0x4500);
    big(static_cast<unsigned>(28 + payload.size()));
    for (const unsigned word : {0U, 0U, 0x4011U, 0U, 0x7F00U, 1U, 0x7F00U, 1U}) big(word);
    big(from);
    big(to);
    big(static_cast<unsigned>(8 + payload.size()));
    big(0);
    packet += payload;
    frame(micros, packet);
  }

  void frame(std::uint64_t micros, const std::string& bytes) {
    put(static_cast<std::uint32_t>(micros / 1'000'000));
    put(static_cast<std::uint32_t>(micros % 1'000'000));
    put(static_cast<std::uint32_t>(bytes.size()));
    put(static_cast<std::uint32_t>(bytes.size()));
    file_ << bytes;
  }
  void close() { file_.close(); }

 private:
  void put(std::uint32_t word) { file_.write(reinterpret_cast<const char*>(&word), sizeof word); }
  std::ofstream file_;
};

std::string rtp(std::uint32_t ssrc, std::uint32_t number, std::span<const std::int16_t> frame) {
  std::string packet{'\x80', '\0'};
  const auto big = [&packet](std::uint32_t value, int bytes) {
    while (bytes-- > 0) packet += static_cast<char>(value >> (8 * bytes));
  };
  big(number, 2);
  big(number * kFrame, 4);
  big(ssrc, 4);
  for (const std::int16_t sample : frame) {
    packet += static_cast<char>(analyser::encode_g711(analyser::Law::kMu, sample));
  }
  return packet;
}

// In a folder of this process's own, as long as it lives.
std::string temporary(const char* name) {
  struct Folder {
    Folder() { path = mkdtemp(path.data()); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path = testing::TempDir() + "tutti_capture_XXXXXX";
  };
  static const Folder folder;
  return folder.path + '/' + name + ".pcap";
}

using Voices = std::vector<Samples>;

// Who sends what, and what `heard` makes of it for each.
std::string write_calls(const char* name, const Voices& sent, const Voices& heard, bool sip = true) {
  const std::string path = temporary(name);
  PcapFile file(path);
  const auto port = [](std::uint16_t first, std::size_t n) {
    return static_cast<std::uint16_t>(first + 2 * n);
  };
  for (std::size_t n = 0; sip && n < sent.size(); ++n) {
    file.udp(n, 5'061, 5'060,
             fmt::format(
                 "INVITE sip:room@127.0.0.1 SIP/2.0\r\nFrom: \"Caller {}\" <sip:c{}@x>;tag=1\r\n"
                 "Content-Type: application/sdp\r\n\r\nv=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {} RTP/AVP 0\r\n",
                 n, n, port(kCallerPort, n)));
  }
  for (std::uint32_t tick = 0; tick * kFrame < sent[0].size(); ++tick) {
    for (std::size_t n = 0; n < sent.size(); ++n) {
      const std::uint64_t at = 1'000'000 + tick * 20'000 + n * 100;
      const std::span<const std::int16_t> said(sent[n]);
      const std::span<const std::int16_t> got(heard[n]);
      file.udp(at, port(kCallerPort, n), port(kServerPort, n),
               rtp(1 + static_cast<std::uint32_t>(n), tick, said.subspan(tick * kFrame, kFrame)));
      file.udp(at + 50, port(kServerPort, n), port(kCallerPort, n),
               rtp(101 + static_cast<std::uint32_t>(n), tick, got.subspan(tick * kFrame, kFrame)));
    }
  }
  file.close();
  return path;
}

constexpr std::size_t kSeconds = 6;
constexpr std::size_t kDelay = 400;  // samples through the server

// Each hears the sum of those whom `hears` says.
Voices mix(const Voices& sent, const std::function<bool(std::size_t, std::size_t)>& hears) {
  Voices heard(sent.size(), Samples(sent[0].size()));
  for (std::size_t who = 0; who < sent.size(); ++who) {
    for (std::size_t n = kDelay; n < sent[0].size(); ++n) {
      int sum = 0;
      for (std::size_t other = 0; other < sent.size(); ++other) {
        if (hears(who, other)) sum += sent[other][n - kDelay];
      }
      heard[who][n] = static_cast<std::int16_t>(std::clamp(sum, -32'768, 32'767));
    }
  }
  return heard;
}

Voices tones(std::initializer_list<double> frequencies) {
  Voices voices;
  for (const double hz : frequencies) {
    Samples& samples = voices.emplace_back(kSeconds * 8'000);
    for (std::size_t n = 0; n < samples.size(); ++n) {
      samples[n] =
          static_cast<std::int16_t>(6'000 * std::sin(2 * M_PI * hz * static_cast<double>(n) / 8'000));
    }
  }
  return voices;
}

Voices voices(std::initializer_list<std::uint32_t> speakers) {
  Voices all;
  for (const std::uint32_t number : speakers) {
    analyser::Voice voice(number);
    Samples& samples = all.emplace_back(kSeconds * 8'000);
    for (std::size_t n = 0; n + kFrame <= samples.size(); n += kFrame) {
      voice.next(std::span(samples).subspan(n, kFrame));
    }
  }
  return all;
}

bool others(std::size_t who, std::size_t other) {
  return who != other;
}

CaptureHearing judge(const std::string& path) {
  const auto capture = read_capture(path, {});
  if (!capture) {
    ADD_FAILURE() << capture.error();
    return {analyser::HearingMatrix({}), {}};
  }
  auto hearing = judge_capture(*capture);
  if (!hearing) {
    ADD_FAILURE() << hearing.error();
    return {analyser::HearingMatrix({}), {}};
  }
  return std::move(*hearing);
}

TEST(CaptureHearing, FindsTonesAndTheCallersNames) {
  const Voices sent = tones({440, 613.5, 1'000});
  const CaptureHearing hearing = judge(write_calls("tones", sent, mix(sent, others)));
  ASSERT_EQ(hearing.matrix.size(), 3U);
  EXPECT_TRUE(hearing.matrix.right());
  EXPECT_EQ(hearing.matrix.name(1), "\"Caller 1\" <sip:c1@x>");
  EXPECT_THAT(hearing.notes[0], HasSubstr("by tones"));
}

TEST(CaptureHearing, AClockThatIsSetMovesTheStartAsFar) {
  const std::string path = temporary("clock");
  PcapFile file(path);
  file.udp(0, kCallerPort + 8, kServerPort + 8, rtp(9, 0, Samples(kFrame)));  // of 1970
  for (std::uint32_t tick = 0; tick < 50; ++tick) {
    file.udp(1'800'000'000'000'000 + 20'000 * tick, kCallerPort, kServerPort, rtp(1, tick, Samples(kFrame)));
  }
  file.close();
  const auto capture = read_capture(path, {});
  ASSERT_TRUE(capture && capture->callers.size() == 1U);
  EXPECT_EQ(capture->callers[0].sent.start, 1'800'000'000LL * analyser::kRateHz);
}

TEST(CaptureHearing, StreamsOfSilenceHaveABoundTogether) {
  const std::string path = temporary("silence");
  PcapFile file(path);
  constexpr std::uint32_t kAlmostFiveSeconds = 249;  // packets that are missing between two
  for (std::uint32_t ssrc = 1; ssrc <= 10; ++ssrc) {
    for (std::uint32_t n = 0; n < 3; ++n) {
      file.udp(ssrc, kCallerPort, kServerPort, rtp(ssrc, n * kAlmostFiveSeconds, Samples(kFrame)));
    }
  }
  file.close();
  constexpr std::int64_t kAll = 10 * (2 * kAlmostFiveSeconds + 1) * kFrame;
  EXPECT_TRUE(read_capture(path, {}, kAll));
  const auto refused = read_capture(path, {}, kAll - 1);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("more audio than 64 callers"));
}

TEST(CaptureHearing, NamesThatAreNoTextAreMadeHarmless) {
  const std::string path = temporary("names");
  PcapFile file(path);
  const std::string sdp = "\r\n\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n";
  file.udp(0, 5'061, 5'060,
           "INVITE sip:room@x SIP/2.0\r\nFrom: M\xFCller\x1B[2J" + std::string(900, 'x') + ";tag=1" + sdp);
  for (std::uint32_t tick = 0; tick < 50; ++tick) {
    file.udp(20'000 * tick, kCallerPort, kServerPort, rtp(1, tick, Samples(kFrame)));
  }
  file.close();
  const auto capture = read_capture(path, {});
  ASSERT_TRUE(capture && capture->callers.size() == 1U);
  const std::string& name = capture->callers[0].name;
  EXPECT_EQ(name, "M?ller?[2J" + std::string(49, 'x') + "…");
  EXPECT_THAT(analyser::to_json(analyser::HearingMatrix({name})), HasSubstr("M?ller"));
}

TEST(CaptureHearing, FindsWhoIsNotHeardAndWhoHearsThemselves) {
  const Voices sent = tones({440, 613.5, 1'000});
  const CaptureHearing hearing =
      judge(write_calls("wrong", sent, mix(sent, [](std::size_t who, std::size_t other) {
                          return (who != other && !(who == 0 && other == 2)) || (who == 1 && other == 1);
                        })));
  EXPECT_EQ(hearing.matrix.wrong_cells().size(), 2U);
  EXPECT_TRUE(hearing.matrix.at(0, 2).wrong());
  EXPECT_TRUE(hearing.matrix.at(1, 1).wrong());
}

TEST(CaptureHearing, FindsVoicesWithoutSip) {
  const Voices sent = voices({1, 2, 3});
  const CaptureHearing hearing = judge(write_calls("voices", sent, mix(sent, others), false));
  ASSERT_EQ(hearing.matrix.size(), 3U);
  EXPECT_TRUE(hearing.matrix.right()) << testing::PrintToString(hearing.matrix.wrong_cells());
  EXPECT_EQ(hearing.matrix.name(0), "127.0.0.1:6000");
  EXPECT_THAT(hearing.notes[0], HasSubstr("by voices"));
}

TEST(CaptureHearing, SaysWhoCannotBeToldApart) {
  const Voices sent = voices({1, 1});
  const CaptureHearing hearing = judge(write_calls("same", sent, mix(sent, others)));
  ASSERT_EQ(hearing.notes.size(), 2U);
  EXPECT_THAT(hearing.notes[1], HasSubstr("the same sound"));
}

TEST(CaptureHearing, NeedsTwoCallersAndThreeSeconds) {
  const Voices sent = tones({440});
  const auto one = read_capture(write_calls("one", sent, sent), {});
  ASSERT_TRUE(one);
  const auto refused = judge_capture(*one);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("1 callers"));
  EXPECT_THAT(refused.error(), HasSubstr("--rtp-ports"));

  Voices two = tones({440, 700});
  for (Samples& samples : two) samples.resize(8'000 * 3);
  const auto brief = read_capture(write_calls("short", two, mix(two, others)), {});
  ASSERT_TRUE(brief);
  ASSERT_FALSE(judge_capture(*brief));
  EXPECT_THAT(judge_capture(*brief).error(), HasSubstr("3 are needed"));
}

TEST(ReadCapture, CountsWhatHasNoServerInIt) {
  const Voices sent = tones({440, 700});
  const auto capture = read_capture(write_calls("ports", sent, mix(sent, others), false), {40'000, 50'000});
  ASSERT_TRUE(capture);
  EXPECT_TRUE(capture->callers.empty());
  EXPECT_EQ(capture->unplaced, 4 * kSeconds * 50);
}

TEST(ReadCapture, RefusesWhatIsNoCapture) {
  EXPECT_FALSE(read_capture("/nonexistent.pcap", {}));
  const std::string path = temporary("link");
  PcapFile(path, 147).close();
  const auto capture = read_capture(path, {});
  ASSERT_FALSE(capture);
  EXPECT_THAT(capture.error(), HasSubstr("link type 147"));
}

TEST(FindDatagram, TakesNothingThatIsCutShortOrAFragment) {
  std::vector<std::byte> packet(20 + 8 + 4);
  const auto set = [&packet](std::size_t at, unsigned value) { packet[at] = static_cast<std::byte>(value); };
  set(0, 0x45);
  set(3, 32);
  set(9, 17);
  set(23, 9);
  set(25, 12);
  const auto whole = find_datagram(packet);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->payload.size(), 4U);
  EXPECT_EQ(whole->to.port, 9);
  for (std::size_t length = 0; length < packet.size(); ++length) {
    EXPECT_FALSE(find_datagram(std::span(packet).first(length))) << length;
  }
  set(6, 0x20);  // more fragments
  EXPECT_FALSE(find_datagram(packet));
  set(6, 0x40);  // do not fragment
  EXPECT_TRUE(find_datagram(packet));
  set(25, 7);  // a UDP length that does not hold its own header
  EXPECT_FALSE(find_datagram(packet));
  set(25, 13);
  EXPECT_FALSE(find_datagram(packet));
  set(0, 0x4F);
  EXPECT_FALSE(find_datagram(packet));
}

TEST(ReadCapture, NamesTheFileThatIsNone) {
  for (const char* file : {"/dev/null", "/", "/nonexistent"}) {
    const auto refused = read_capture(file, {});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error(), testing::StartsWith(std::string("--pcap ") + file + ": "));
  }
}

}  // namespace
}  // namespace tutti::ctl
