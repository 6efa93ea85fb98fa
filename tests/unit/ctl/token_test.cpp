#include "tools/ctl/token.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tutti::ctl {
namespace {

class TokenTest : public ::testing::Test {
 protected:
  ~TokenTest() override {
    std::filesystem::remove(file_);
    ::unsetenv("TUTTI_TOKEN");
  }
  base::Result<std::string, std::string> read(const std::string& text) const {
    std::ofstream(file_, std::ios::binary) << text;
    return read_token(file_);
  }
  const std::string file_ = testing::TempDir() + "token of " + std::to_string(::getpid());
};

TEST_F(TokenTest, IsTheFilesFirstLine) {
  for (const char* text :
       {"abc-._~+/=1", "abc-._~+/=1\n", "abc-._~+/=1\r\n", "abc-._~+/=1\r\nnote\r\n", "\tabc-._~+/=1 \n"}) {
    const auto token = read(text);
    ASSERT_TRUE(token) << token.error();
    EXPECT_EQ(*token, "abc-._~+/=1");
  }
}

TEST_F(TokenTest, IsRefusedWhereThereIsNone) {
  for (const char* text : {"", "\n", "\r\nabc\n", "two words\n", "a\x1b[2J\n",
                           "\xEF\xBB\xBF"
                           "abc\n"}) {
    const auto token = read(text);
    ASSERT_FALSE(token) << text;
    EXPECT_NE(token.error().find(file_), std::string::npos);
  }
  EXPECT_FALSE(read_token("/"));
  EXPECT_FALSE(read_token("/nonexistent/token"));
}

TEST_F(TokenTest, IsTheVariableWithoutAFile) {
  EXPECT_EQ(read_token("").value(), "");
  ::setenv("TUTTI_TOKEN", "abc\r", 1);
  EXPECT_EQ(read_token("").value(), "abc");
  ::setenv("TUTTI_TOKEN", "a\r\nHost: b", 1);
  EXPECT_FALSE(read_token(""));
}

}  // namespace
}  // namespace tutti::ctl
