// tutti-demo: places calls with speech-like audio into one room of a running server and tells who heard whom.
#include <atomic>
#include <csignal>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "tools/analyser/colour.h"
#include "tools/demo/demo_verdict.h"

namespace {

std::atomic<bool> interrupted = false;

}  // namespace

int main(int argc, char** argv) {
  tutti::demo::DemoPlan plan;
  std::string server = "127.0.0.1:5060";
  CLI::App app(
      "Dials callers with speech-like audio into one room of a running Tutti, keeps what each of them heard "
      "as WAV, and prints who hears whom. Exits 0 when each hears the others and not their own voice.");
  app.add_option("--server", server, "the server's SIP address, ADDR:PORT")->capture_default_str();
  app.add_option("--out", plan.out, "folder for said-NAME.wav, heard-NAME.wav and matrix.json")
      ->capture_default_str();
  app.add_option("--callers", plan.callers, "how many dial in")
      ->check(CLI::Range(2, 16))
      ->capture_default_str();
  app.add_option("--seconds", plan.seconds, "how long they talk")
      ->check(CLI::Range(4, 120))
      ->capture_default_str();
  app.add_option("--room", plan.room, "the room's name")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto address = tutti::base::parse_address_and_port(server);
  if (!address || address->unspecified() || address->port == 0) {
    fmt::print(stderr, "tutti-demo: --server {}: an address and a port are needed, as in 127.0.0.1:5060\n",
               server);
    return 1;
  }
  plan.server = *address;
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  const auto trial = tutti::demo::run_trial(plan, interrupted);
  if (!trial) {
    fmt::print(stderr, "tutti-demo: {}\n", trial.error());
    return 1;
  }
  const auto right = tutti::demo::print_verdict(*trial, plan, tutti::analyser::wants_colour(STDOUT_FILENO));
  if (!right) {
    fmt::print(stderr, "tutti-demo: {}\n", right.error());
    return 1;
  }
  return *right ? 0 : 1;
}
