// tuttictl: operates a running tuttid from the command line.
#include <algorithm>
#include <cstdio>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "tools/analyser/colour.h"
#include "tools/ctl/capture_hearing.h"
#include "tools/ctl/command_line.h"
#include "tools/ctl/events.h"
#include "tools/ctl/pages.h"
#include "tools/ctl/token.h"
#include "tools/ctl/watch.h"

namespace {

using namespace tutti::ctl;

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kUsage = 2;

int wrong(int code, const std::string& sentence) {
  fmt::print(stderr, "tuttictl: {}\n", sentence);
  return code;
}

int ask(const HttpClient& client, const HttpRequest& request, View view, bool json) {
  const auto reply = ask_all(client, request);
  if (!reply) return wrong(kRefused, reply.error());
  if (!reply->ok()) {
    if (json) fmt::print("{}\n", reply->body);
    return wrong(kRefused, problem_sentence(reply->status, reply->body));
  }
  if (!json) {
    fmt::print("{}", show(view, reply->body));
  } else if (!reply->body.empty()) {
    fmt::print("{}\n", reply->body);
  }
  return kDone;
}

// A request, or one for each of the many; goes on behind a refusal, and tells of it at the end.
int run_operation(const HttpClient& client, const CommandLine& line) {
  const Operation& operation = *line.operation;
  const auto many = std::find_if(operation.parameters.begin(), operation.parameters.end(),
                                 [](const Parameter& parameter) { return parameter.many; });
  std::vector<Values> all;
  if (many == operation.parameters.end()) {
    all.push_back(line.values);
  } else {
    for (const std::string& one : line.many) (all.emplace_back(line.values))[many->label] = one;
  }
  std::vector<HttpRequest> requests;
  for (const Values& values : all) {
    auto request = make_request(operation, values);
    if (!request) return wrong(kUsage, request.error());
    requests.push_back(std::move(*request));
  }
  int code = kDone;
  for (const HttpRequest& request : requests) {
    code = std::max(code, ask(client, request, operation.view, line.json));
  }
  return code;
}

int create(const HttpClient& client, CommandLine line) {
  // A name may be left out, settings have an equals sign, names have none.
  if (line.room.find('=') != std::string::npos) {
    line.assignments.insert(line.assignments.begin(), std::exchange(line.room, {}));
  }
  const auto patch = settings_patch(line.assignments);
  if (!patch) return wrong(kUsage, patch.error());
  return ask(client, {"POST", "/rooms", "application/json", new_room(line.room, *patch)}, View::kMembers,
             line.json);
}

int settings(const HttpClient& client, const CommandLine& line) {
  const std::string path = "/rooms/" + escape(line.room) + "/settings";
  if (line.assignments.empty()) return ask(client, {"GET", path, {}, {}}, View::kMembers, line.json);
  const auto patch = settings_patch(line.assignments);
  if (!patch) return wrong(kUsage, patch.error());
  return ask(client, {"PATCH", path, "application/merge-patch+json", *patch}, View::kMembers, line.json);
}

int exists(const HttpClient& client, const CommandLine& line) {
  const auto reply = client.ask({"GET", "/rooms/" + escape(line.room), {}, {}});
  if (!reply) return wrong(kRefused, reply.error());
  if (!reply->ok() && reply->status != 404) {
    return wrong(kRefused, problem_sentence(reply->status, reply->body));
  }
  const char* const words[2][2] = {{"no", "yes"}, {"false", "true"}};
  fmt::print("{}\n", words[line.json ? 1 : 0][reply->ok() ? 1 : 0]);
  return reply->ok() ? kDone : kRefused;
}

int measured_matrix(const CommandLine& line) {
  PortRange ports;
  if (!line.rtp_ports.empty()) {
    const auto parsed = parse_port_range(line.rtp_ports);
    if (!parsed) return wrong(kUsage, parsed.error());
    ports = *parsed;
  }
  const auto capture = read_capture(line.pcap, ports);
  if (!capture) return wrong(kRefused, capture.error());
  const auto hearing = judge_capture(*capture);
  if (!hearing) return wrong(kRefused, hearing.error());
  if (line.json) {
    fmt::print("{}\n", tutti::analyser::to_json(hearing->matrix));
  } else {
    fmt::print("{}", tutti::analyser::to_text(hearing->matrix, tutti::analyser::wants_colour(STDOUT_FILENO)));
  }
  for (const std::string& note : hearing->notes) fmt::print(stderr, "{}\n", note);
  for (const std::string& cell : hearing->matrix.wrong_cells()) fmt::print(stderr, "{}\n", cell);
  return hearing->matrix.right() ? kDone : kRefused;
}

int run(const Grammar& grammar, const CommandLine& line) {
  if (line.special == Special::kCompletion) {
    fmt::print("{}", grammar.completion(line.shell));
    return kDone;
  }
  if (line.special == Special::kMan) {
    fmt::print("{}", grammar.man_page());
    return kDone;
  }
  if (!line.pcap.empty()) return measured_matrix(line);

  const auto server = parse_server(line.server);
  if (!server) return wrong(kUsage, server.error());
  const auto token = read_token(line.token_file);
  if (!token) return wrong(kUsage, token.error());
  const HttpClient client(*server, *token);
  switch (line.special) {
    case Special::kCreate:
      return create(client, line);
    case Special::kExists:
      return exists(client, line);
    case Special::kSettings:
      return settings(client, line);
    case Special::kMatrix:
      return ask(client, {"GET", "/rooms/" + escape(line.room) + "/matrix", {}, {}}, View::kMatrix,
                 line.json);
    case Special::kEvents:
      return print_events(client, line.room, line.after, line.json);
    case Special::kWatch:
      return watch(client, line.room, line.json);
    case Special::kNone:
    case Special::kCompletion:
    case Special::kMan:
      break;
  }
  return run_operation(client, line);
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  Grammar grammar(line);
  if (const auto parsed = grammar.parse(argc, argv); !parsed) return parsed.error();
  try {
    const int code = run(grammar, line);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  } catch (const std::system_error&) {  // fmt's, of what is more than stdio holds back
  }
  return wrong(kRefused, "standard output cannot be written");
}
