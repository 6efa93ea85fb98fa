#include "tools/ctl/command_line.h"

#include <cstdio>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "tools/ctl/text_table.h"

namespace tutti::ctl {
namespace {

constexpr const char* kDescription =
    R"(Operates a running tuttid over its HTTP interface: rooms, who is in them, and what they hear.)";

constexpr const char* kFooter = R"(Settings
  create and settings take KEY=VALUE; settings ROOM alone prints every key. null is the default again.

Token
  --token-file FILE, or the variable TUTTI_TOKEN. It is sent as it is over HTTP: to another host only through a
  tunnel.

Colour
  on a terminal alone, and none where NO_COLOR is set.

Exit code
  0  done, or yes
  1  refused, or the server cannot be reached; the reason is printed. exists: no. matrix --pcap: a cell is wrong
  2  the line is wrong

Examples
  tuttictl create board pin=4711 wait_for_moderator=true
  tuttictl participants board
  tuttictl mute 3 7 9
  tuttictl why-silent 7
  tuttictl watch board
  tuttictl matrix --pcap sipp.pcap)";

// CLI11's own words for a subcommand's options are kept, its groups are the table's.
void add_parameter(CLI::App& command, const Parameter& parameter, CommandLine& line) {
  if (parameter.many) {
    command.add_option(parameter.label, line.many, parameter.help)->required()->expected(1, 10'000);
    return;
  }
  std::string& value = line.values[parameter.label];  // those left out are dropped again
  if (parameter.kind == Kind::kFlag) {
    command.add_flag_function(
        parameter.label, [&value](std::int64_t) { value = "true"; }, parameter.help);
    return;
  }
  auto* option = command.add_option(parameter.label, value, parameter.help);
  option->option_text(parameter.positional() ? "" : parameter.kind == Kind::kInteger ? "N" : "TEXT");
  if (parameter.needed) option->required();
}

// What roff would take for a command or an escape.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += fmt::format("\\&{}", c);
    } else {
      out += c;
    }
  }
  return out;
}

// A text between single quotes, as fish reads it.
std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string usage_of(const CLI::App& command) {
  std::string out = command.get_name();
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    const bool many = option->get_items_expected_max() > 1;
    const std::string word = option->get_name(true) + (many ? "..." : "");
    out += option->get_required() ? " " + word : " [" + word + "]";
  }
  return out;
}

}  // namespace

Grammar::Grammar(CommandLine& line) : line_(line), app_(kDescription, "tuttictl") {
  app_.footer(kFooter);
  app_.require_subcommand(1);
  app_.fallthrough();
  app_.add_option("--server", line.server, "where tuttid's [http] listens (http://127.0.0.1:8080)")
      ->option_text("URL")
      ->envname("TUTTI_SERVER");
  app_.add_option("--token-file", line.token_file, "a file with the bearer token")->option_text("FILE");
  app_.add_flag("--json", line.json,
                "prints what the server answered, as it came; watch: a line each second");
  for (const Operation& operation : operations()) add_operation(operation);
  add_specials();
}

void Grammar::add_operation(const Operation& operation) {
  CLI::App* command = app_.add_subcommand(operation.name, operation.help)->group(operation.group);
  for (const Parameter& parameter : operation.parameters) add_parameter(*command, parameter, line_);
  command->callback([this, command, &operation] {
    line_.operation = &operation;
    Values given;
    for (const Parameter& parameter : operation.parameters) {
      if (!parameter.many && command->get_option(parameter.label)->count() != 0) {
        given[parameter.label] = line_.values[parameter.label];
      }
    }
    line_.values = std::move(given);
  });
}

CLI::App* Grammar::add_special(Special special, const char* name, const char* group, const char* help) {
  CLI::App* command = app_.add_subcommand(name, help)->group(group);
  command->callback([this, special] { line_.special = special; });
  return command;
}

void Grammar::add_specials() {
  CLI::App* create = add_special(Special::kCreate, "create", "Rooms", "makes a room before anyone calls it");
  create->add_option("ROOM", line_.room, "its name; made up where it is missing");
  create->add_option("SETTINGS", line_.assignments, "KEY=VALUE each")->expected(0, 100);
  CLI::App* exists = add_special(Special::kExists, "exists", "Rooms", "whether there is such a room");
  exists->add_option("ROOM", line_.room, "its name or id")->required();
  CLI::App* settings = add_special(Special::kSettings, "settings", "Rooms", "shows or changes settings");
  settings->add_option("ROOM", line_.room, "its name or id")->required();
  settings->add_option("SETTINGS", line_.assignments, "KEY=VALUE each, what shall be another")
      ->expected(0, 100);

  CLI::App* matrix = add_special(Special::kMatrix, "matrix", "Questions",
                                 "who hears whom: as routed, or as measured in a capture");
  auto* room = matrix->add_option("ROOM", line_.room, "its name or id");
  auto* pcap = matrix->add_option("--pcap", line_.pcap, "a capture of the callers' G.711, and of their SIP")
                   ->option_text("FILE");
  room->excludes(pcap);
  matrix->add_option("--rtp-ports", line_.rtp_ports, "the server's media ports in it (16384-32767)")
      ->option_text("LO-HI")
      ->needs(pcap);

  CLI::App* events = add_special(Special::kEvents, "events", "Questions", "what happens, as it happens");
  events->add_option("ROOM", line_.room, "its name or id; all rooms where it is missing");
  events->add_option("--after", line_.after, "begins behind this event")->option_text("ID");
  CLI::App* watch = add_special(Special::kWatch, "watch", "Questions", "a live table, drawn each second");
  watch->add_option("ROOM", line_.room, "its name or id; all rooms where it is missing");

  CLI::App* completion = add_special(Special::kCompletion, "completion", "Tuttictl", "prints it for a shell");
  completion->add_option("SHELL", line_.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_special(Special::kMan, "man", "Tuttictl", "prints tuttictl(1): tuttictl man | man -l -");
}

base::Result<void, int> Grammar::parse(int argc, const char* const* argv) {
  // The library would take the next word for the value.
  for (const char* const word : std::span(argv, static_cast<std::size_t>(argc))) {
    if (const std::string_view flag(word); flag.starts_with("--") && flag.ends_with('=')) {
      fmt::print(stderr, "tuttictl: {}: a value is needed\n", plain(flag.substr(0, flag.size() - 1)));
      return base::unexpected(2);
    }
  }
  try {
    app_.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // The library misses a command before it looks at what stands there instead.
    const auto words = app_.remaining();
    if (!app_.get_subcommands().empty() || words.empty())
      return base::unexpected(app_.exit(error) == 0 ? 0 : 2);
    fmt::print(stderr, "tuttictl: there is no command {}; --help names them all\n", plain(words.front()));
    return base::unexpected(2);
  } catch (const CLI::ParseError& error) {
    return base::unexpected(app_.exit(error) == 0 ? 0 : 2);
  }
  if (line_.special == Special::kMatrix && line_.room.empty() && line_.pcap.empty()) {
    fmt::print(stderr, "tuttictl: matrix: ROOM or --pcap FILE is needed\n");
    return base::unexpected(2);
  }
  return {};
}

std::string Grammar::completion(const std::string& shell) const {
  std::string names;
  std::string fish;
  std::string options;
  for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : " ") + command->get_name();
    fish += fmt::format("complete -c tuttictl -n __fish_use_subcommand -a {} -d {}\n", command->get_name(),
                        fish_quoted(command->get_description()));
    std::string own;
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_positional() || option->get_lnames().empty()) continue;
      const std::string flag = option->get_lnames().front();
      own += " --" + flag;
      fish += fmt::format("complete -c tuttictl -n '__fish_seen_subcommand_from {}' -l {} -d {}\n",
                          command->get_name(), flag, fish_quoted(option->get_description()));
    }
    options +=
        fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), own.empty() ? own : own.substr(1));
  }
  if (shell == "fish") return "complete -c tuttictl -f\n" + fish;
  std::string bash = fmt::format(R"sh(_tuttictl() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case " {0} " in *" $word "*) command="$word"; break ;; esac
  done
  case "$command" in
    "") words="{0} --server --token-file --json --help" ;;
{1}  esac
  case "$command" in
    room|stats|lock|unlock|terminate|participants|invite|kick-all|mute-all|unmute-all|exists|settings|matrix|events|watch|*-recording|*-all)
      case "$current" in
        -*) ;;
        *) words="$words $(tuttictl --json rooms 2>/dev/null | grep -o '"name": *"[^"]*"' | cut -d'"' -f4 | grep -x '[A-Za-z0-9_.+~-]*')" ;;
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _tuttictl tuttictl
)sh",
                                 names, options);
  if (shell == "bash") return bash;
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash;
  return {};
}

std::string Grammar::man_page() const {
  std::string out =
      ".TH TUTTICTL 1\n.SH NAME\ntuttictl \\- operates a running tuttid\n.SH SYNOPSIS\n"
      ".B tuttictl\n[\\-\\-server URL] [\\-\\-token\\-file FILE] [\\-\\-json] COMMAND ...\n"
      ".SH DESCRIPTION\n";
  out += roff(kDescription) + "\n";
  std::string group;
  for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group() != group) {
      group = command->get_group();
      out += ".SH " + group + "\n";
    }
    out += fmt::format(".TP\n.B {}\n{}\n", roff(usage_of(*command)), roff(command->get_description()));
    for (const CLI::Option* option : command->get_options()) {
      if (option->get_name() == "--help" || option->get_lnames() == std::vector<std::string>{"help"})
        continue;
      out += fmt::format(".br\n.I {}\n{}\n", roff(option->get_name(option->get_positional(), false)),
                         roff(option->get_description()));
    }
  }
  return out + ".SH NOTES\n.nf\n" + roff(kFooter) + "\n.fi\n";
}

base::Result<PortRange, std::string> parse_port_range(const std::string& text) {
  unsigned low = 0;
  unsigned high = 0;
  int used = 0;
  const bool whole = std::sscanf(text.c_str(), "%5u-%5u%n", &low, &high, &used) == 2 &&
                     static_cast<std::size_t>(used) == text.size();
  if (!whole || low == 0 || high > 65'535 || low > high) {
    return base::unexpected(fmt::format("--rtp-ports {}: LO-HI is needed, as in 16384-32767", text));
  }
  return PortRange{static_cast<std::uint16_t>(low), static_cast<std::uint16_t>(high)};
}

}  // namespace tutti::ctl
