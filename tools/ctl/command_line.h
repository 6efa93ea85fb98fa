// CommandLine: what a person wrote, understood.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "dataplane/base/result.h"
#include "tools/ctl/capture.h"
#include "tools/ctl/operation.h"

namespace tutti::ctl {

// The commands that are more than one request, or none.
enum class Special : std::uint8_t {
  kNone,
  kCreate,
  kExists,
  kSettings,
  kMatrix,
  kEvents,
  kWatch,
  kCompletion,
  kMan,
};

struct CommandLine {
  std::string server = "http://127.0.0.1:8080";
  std::string token_file;
  bool json = false;

  const Operation* operation = nullptr;  // null where it is a special one
  Values values;
  std::vector<std::string> many;  // of the parameter that may be given more than once

  Special special = Special::kNone;
  std::string room;
  std::vector<std::string> assignments;  // KEY=VALUE
  std::string pcap;
  std::string rtp_ports;
  std::string after;
  std::string shell;
};

// The line's grammar; what is parsed lands in `line`, which outlives it.
class Grammar {
 public:
  explicit Grammar(CommandLine& line);
  // Errors: 0 where help was asked for and printed, 2 where the line is wrong and that was said.
  base::Result<void, int> parse(int argc, const char* const* argv);

  // For a shell: bash, zsh or fish. Empty for another.
  std::string completion(const std::string& shell) const;
  // The page tuttictl(1) as roff.
  std::string man_page() const;

 private:
  void add_operation(const Operation& operation);
  void add_specials();
  CLI::App* add_special(Special special, const char* name, const char* group, const char* help);

  CommandLine& line_;
  CLI::App app_;
};

// "16384-32767". Errors: one sentence.
base::Result<PortRange, std::string> parse_port_range(const std::string& text);

}  // namespace tutti::ctl
