#include "signaling/sdp/session_description.h"

#include <random>

#include <gtest/gtest.h>

#include "real_offers.h"

namespace tutti::sdp {
namespace {

constexpr std::string_view kHead = "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\n";  // four lines

std::string with(std::string_view lines) {
  return std::string(kHead) + std::string(lines);
}

TEST(Parse, SaysWhatIsWrongAndWhere) {
  struct Case {
    std::string text;
    SdpFault what;
    std::uint32_t line;
  };
  const Case cases[] = {
      {"", SdpFault::kMissingLine, 0},
      {"\r\n\r\n", SdpFault::kMissingLine, 0},
      {"v=0\r\n", SdpFault::kMissingLine, 0},
      {"o=- 1 1 IN IP4 1.2.3.4\r\nv=0\r\n", SdpFault::kMissingLine, 1},
      {"v=1\r\n", SdpFault::kMalformed, 1},
      {with("v=0\r\n"), SdpFault::kMalformed, 5},
      {with("o=- 1 1 IN IP4 1.2.3.4\r\n"), SdpFault::kMalformed, 5},
      {"v=0\r\no=- 1 1 IN IP4\r\n", SdpFault::kMalformed, 2},
      {"v=0\r\no=-  1 IN IP4 1.2.3.4\r\n", SdpFault::kMalformed, 2},
      {with("hello\r\n"), SdpFault::kMalformed, 5},
      {with("a\r\n"), SdpFault::kMalformed, 5},
      {with("x=y\r\n"), SdpFault::kUnknownLine, 5},
      {with("C=IN IP4 1.2.3.4\r\n"), SdpFault::kUnknownLine, 5},
      {with("c=IN IP4\r\n"), SdpFault::kMalformed, 5},
      {with("t=now then\r\n"), SdpFault::kMalformed, 5},
      {with("a=\r\n"), SdpFault::kMalformed, 5},
      {with("a=:value\r\n"), SdpFault::kMalformed, 5},
      {with("m=audio\r\n"), SdpFault::kMalformed, 5},
      {with("m=audio port RTP/AVP 0\r\n"), SdpFault::kMalformed, 5},
      {with("m=audio 65536 RTP/AVP 0\r\n"), SdpFault::kMalformed, 5},
      {with("m=audio -1 RTP/AVP 0\r\n"), SdpFault::kMalformed, 5},
      {with("m=audio 6000/x RTP/AVP 0\r\n"), SdpFault::kMalformed, 5},
      {with("m=audio 6000 RTP/AVP\r\n"), SdpFault::kMalformed, 5},
      {with(std::string("a=x\0y\r\n", 7)), SdpFault::kMalformed, 5},
      {with("a=x\ry\r\n"), SdpFault::kMalformed, 5},
  };
  for (const Case& c : cases) {
    const auto result = parse(c.text);
    ASSERT_FALSE(result) << c.text;
    EXPECT_EQ(result.error(), (SdpError{c.what, c.line})) << c.text;
    EXPECT_TRUE(is_syntax(result.error().what));
  }
}

TEST(Parse, ForgivesWhatRealSendersDo) {
  EXPECT_TRUE(parse("v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 6000 RTP/AVP 0"));  // LF, no s=, no t=, no end
  EXPECT_TRUE(parse(with("m=audio 6000/2 RTP/AVP 0\r\n\r\n")));  // a count, a blank line at the end
  EXPECT_TRUE(parse(with("m=video 0 RTP/AVP\r\n")));             // a refused stream without formats
  EXPECT_TRUE(parse(with("i=a\r\nu=b\r\ne=c\r\np=d\r\nb=AS:1\r\nr=1 2 3\r\nz=0 0\r\nk=prompt\r\n")));
  const auto spaced = parse(with("m=audio 6000 RTP/AVP  0  8 \r\na=sendonly \r\n"));
  ASSERT_TRUE(spaced);
  EXPECT_EQ(spaced->media[0].formats, (std::vector<std::string>{"0", "8"}));
  EXPECT_EQ(spaced->media[0].attributes[0].name, "sendonly");
}

TEST(Parse, KeepsTheFirstConnectionOfEachLevel) {
  const auto result =
      parse(with("c=IN IP4 1.1.1.1\r\nm=audio 6000 RTP/AVP 0\r\nc=IN IP4 2.2.2.2\r\nc=IN IP4 3.3.3.3\r\n"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->connection->address, "1.1.1.1");
  EXPECT_EQ(result->media[0].connection->address, "2.2.2.2");
}

TEST(Parse, HoldsItsLimits) {
  const auto repeat = [](std::string_view line, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += line;
    return text;
  };
  const auto fault = [](const std::string& text) {
    const auto result = parse(text);
    return result ? SdpFault::kNoAudio : result.error().what;
  };
  EXPECT_EQ(fault(with(repeat("a=x\r\n", kAttributesMax))), SdpFault::kNoAudio);  // just fits
  EXPECT_EQ(fault(with(repeat("a=x\r\n", kAttributesMax + 1))), SdpFault::kTooLarge);
  EXPECT_EQ(fault(with(repeat("a=candidate:1 1 udp 1 1.2.3.4 5 typ host\r\n", 1'500))), SdpFault::kTooLarge);
  EXPECT_EQ(fault(with(repeat("b=AS:1\r\n", kLinesMax - 4))), SdpFault::kNoAudio);
  EXPECT_EQ(fault(with(repeat("b=AS:1\r\n", kLinesMax - 3))), SdpFault::kTooLarge);
  EXPECT_EQ(fault(with(repeat("m=audio 0 RTP/AVP 0\r\n", kMediaMax))), SdpFault::kNoAudio);
  EXPECT_EQ(fault(with(repeat("m=audio 0 RTP/AVP 0\r\n", kMediaMax + 1))), SdpFault::kTooLarge);
  EXPECT_EQ(fault(with("m=audio 6 RTP/AVP" + repeat(" 0", kFormatsMax) + "\r\n")), SdpFault::kNoAudio);
  EXPECT_EQ(fault(with("m=audio 6 RTP/AVP" + repeat(" 0", kFormatsMax + 1) + "\r\n")), SdpFault::kTooLarge);
  EXPECT_EQ(fault(with("a=" + std::string(kLineBytesMax - 2, 'x') + "\r\n")), SdpFault::kNoAudio);
  EXPECT_EQ(fault(with("a=" + std::string(kLineBytesMax - 1, 'x') + "\r\n")), SdpFault::kTooLarge);
  EXPECT_EQ(fault(with(repeat("b=" + std::string(1'000, 'x') + "\r\n", 66))), SdpFault::kTooLarge);
}

TEST(Write, LetsNoFieldAddALine) {
  SessionDescription description;
  description.session_name = "room\r\na=evil";
  description.attributes.push_back({"x", "1\nm=audio 1 RTP/AVP 0"});
  const auto result = parse(write(description));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->media.empty());
  EXPECT_EQ(result->attributes.size(), 1u);
  EXPECT_EQ(result->session_name, "room  a=evil");
}

TEST(Write, NeverLeavesTheSessionNameEmpty) {
  SessionDescription description;
  description.session_name.clear();
  EXPECT_NE(write(description).find("s=-\r\n"), std::string::npos);
}

// Every prefix of a real offer, and a real offer with any bytes of it changed, is read or refused.
TEST(Parse, SurvivesDamage) {
  constexpr std::uint32_t kSeed = 20'260'807;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (const RealOffer& offer : real_offers()) {
    for (std::size_t length = 0; length < offer.text.size(); ++length)
      (void)parse(offer.text.substr(0, length));
    for (int round = 0; round < 200; ++round) {
      std::string text(offer.text);
      for (int i = 0; i < 4; ++i) text[random() % text.size()] = static_cast<char>(random());
      if (const auto result = parse(text)) {
        EXPECT_TRUE(parse(write(*result))) << text;
      }
    }
  }
}

}  // namespace
}  // namespace tutti::sdp
