// Quoting, escaping and the parts of header fields and URIs.
#include "signaling/sip/text.h"

#include <optional>

#include <gtest/gtest.h>

namespace tutti::sip {
namespace {

// The library went on behind the end where the last one's name begins like the one sought.
TEST(Text, UriParameters) {
  EXPECT_EQ(uri_parameter("", "lr"), std::nullopt);
  EXPECT_EQ(uri_parameter("lr", "lr"), "");
  EXPECT_EQ(uri_parameter("a=b;LR", "lr"), "");
  EXPECT_EQ(uri_parameter("lr=on;lr=off", "lr"), "on");
  EXPECT_EQ(uri_parameter(";;a;lr=", "lr"), "");
  EXPECT_EQ(uri_parameter(";lr=a=b;", "lr"), "a=b");
  for (const char* text : {"l", "lrx", "lrx=1", "xlr", "a=lr", ";", "=lr"})
    EXPECT_EQ(uri_parameter(text, "lr"), std::nullopt) << text;
  EXPECT_EQ(uri_parameter("lrx;lr=1", "lr"), "1");
  EXPECT_EQ(uri_parameter("lr;Transport=TCP", "transport=tcp"), "");
  EXPECT_EQ(uri_parameter("transport=tcpx;transport", "transport=tcp"), std::nullopt);
}

TEST(Text, QuotesAndEscapes) {
  EXPECT_EQ(unescape("a%20b%2"), "a b%2");
  EXPECT_EQ(unescape("%zz%41"), "%zzA");
  EXPECT_EQ(unquote(" \"a \\\"b\\\\\" "), "a \"b\\");
  EXPECT_EQ(unquote("plain"), "plain");
  EXPECT_EQ(unquote("\""), "\"");
  EXPECT_EQ(unquote(quote("x\"\\y")), "x\"\\y");
  EXPECT_EQ(quote("a\r\nb"), "\"ab\"");
  EXPECT_TRUE(fits_in_header("sip:a@b"));
  EXPECT_FALSE(fits_in_header(""));
  EXPECT_FALSE(fits_in_header("a\r\nb"));
  EXPECT_TRUE(is_sdp("Application/SDP ; a=b"));
  EXPECT_FALSE(is_sdp("application/sdpx"));
}

TEST(Text, ParametersOfAHeaderField) {
  EXPECT_EQ(header_parameter("signal; Handling = optional", "handling"), "optional");
  EXPECT_EQ(header_parameter("x;a=\"\\\";b=1\";b=\"2;3\"", "b"), "2;3") << "not within quotes";
  EXPECT_EQ(header_parameter("x;a", "a"), "");
  EXPECT_EQ(header_parameter("a=1", "a"), std::nullopt) << "that is the value";
  EXPECT_EQ(header_parameter("x;b=\"\\", "a"), std::nullopt);
}

}  // namespace
}  // namespace tutti::sip
