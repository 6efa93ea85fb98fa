// tuttid: reads flags and file, starts the server, ends it when a signal asks.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "signaling/server/banner.h"
#include "signaling/server/command_line.h"
#include "signaling/server/configuration.h"
#include "signaling/server/log.h"
#include "signaling/server/server.h"
#include "signaling/server/service_manager.h"
#include "signaling/server/signal_watch.h"
#include "signaling/server/status_line.h"

namespace {

using namespace tutti::server;

struct Arguments {
  std::string file;
  std::vector<std::pair<std::string, std::string>> keys;  // key, text; over the file
  bool check_only = false;
  bool example = false;
  bool verbose = false;
};

void describe(CLI::App& app, Arguments& arguments) {
  app.set_version_flag("--version", "tuttid " TUTTI_VERSION);
  app.add_option("--config", arguments.file, "Read this file; flags go over it")->type_name("FILE");
  for (const Flag& flag : kFlags) {
    const std::string key = flag.key;
    app.add_option_function<std::string>(
           flag.name, [&arguments, key](const std::string& text) { arguments.keys.emplace_back(key, text); },
           flag.help)
        ->type_name(flag.form)
        ->check([key](const std::string& text) {
          Configuration scratch;
          const auto taken = set_from_text(scratch, key, text);
          return taken ? std::string() : taken.error();
        });
  }
  app.add_flag("--check-config", arguments.check_only, "Check file and flags, start nothing");
  app.add_flag("--example-config", arguments.example, "Print a file of every key with its default");
  app.add_flag("--verbose", arguments.verbose, "Tell more on standard error");
}

// The file, and the flags over it.
tutti::base::Result<Configuration, std::vector<ConfigurationError>> configure(const Arguments& arguments) {
  Configuration configuration;
  if (!arguments.file.empty()) {
    auto read = read_configuration(arguments.file);
    if (!read) return read;
    configuration = std::move(*read);
  }
  for (const auto& [key, text] : arguments.keys) {
    static_cast<void>(set_from_text(configuration, key, text).has_value());  // checked with the flags
  }
  if (arguments.verbose) configuration.log.level = log::Level::kInfo;
  return configuration;
}

// A pipe has given what it had: now it is empty, which is a configuration too, or has its reader wait.
tutti::base::Result<Configuration, std::vector<ConfigurationError>> configure_again(
    const Arguments& arguments) {
  std::error_code error;
  const auto status = std::filesystem::status(arguments.file, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    const std::string text = "cannot be read again: it is no regular file";
    return tutti::base::unexpected(std::vector{ConfigurationError{arguments.file, 0, 0, text}});
  }
  return configure(arguments);
}

int serve(const Arguments& arguments, const Configuration& configuration) {
  SignalWatch::block();
  ServiceManager manager(ServiceManager::socket_of_environment());
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of write(2)
  ReadConfiguration again;
  if (!arguments.file.empty()) again = [arguments] { return configure_again(arguments); };
  auto started = Server::start(configuration, TUTTI_VERSION, std::move(again));
  if (!started) {
    log::error(started.error().sentence);
    return 1;
  }
  Server& server = **started;
  const SignalWatch signals([&server, &manager, ends = 0](int signal) mutable {
    if (signal == SIGHUP) return server.reload();
    ++ends;
    manager.stopping();
    if (ends == 1) return server.drain();
    if (ends == 2) return server.end();
    _exit(1);  // the third: whatever holds us does not let go
  });
  std::fputs(banner(server.facts(), TUTTI_VERSION).c_str(), stdout);
  std::fputs(ready_line(server.facts()).c_str(), stdout);
  std::fflush(stdout);
  StatusLine line(STDOUT_FILENO);
  if (line.lives() || manager.listens()) {
    server.watch([&line, &manager](const std::string& text) {
      line.show(text);
      manager.status(tutti::base::monotonic_now(), text);
    });
  }
  manager.ready();
  server.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Tutti, a conference server: callers dial sip:ROOM@ADDR:PORT and hear each other.", "tuttid");
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ValidationError& error) {  // a value of the wrong form: as wrong as in a file
    log::error(error.what());
    return 1;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (arguments.example) return std::fputs(example_configuration().c_str(), stdout) < 0 ? 1 : 0;

  const auto configuration = configure(arguments);
  if (!configuration) {
    for (const auto& error : configuration.error()) std::fprintf(stderr, "%s\n", to_string(error).c_str());
    return 1;
  }
  if (arguments.check_only) {
    std::puts("configuration ok");
    return 0;
  }
  return serve(arguments, *configuration);
}
