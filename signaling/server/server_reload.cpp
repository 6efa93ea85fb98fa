// The server's part in a reload of the configuration.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "signaling/server/http_token.h"
#include "signaling/server/module_configs.h"
#include "signaling/server/server.h"

namespace tutti::server {
namespace {

using base::Result;

std::vector<std::string> as_lines(const std::vector<ConfigurationError>& errors) {
  std::vector<std::string> lines;
  lines.reserve(errors.size());
  for (const auto& error : errors) lines.push_back(to_string(error));
  return lines;
}

}  // namespace

// All that can be wrong is looked at before anything is changed.
Result<ConfigurationChange, std::vector<std::string>> Server::take_configuration() {
  const auto read = read_again_();
  if (!read) return base::unexpected(as_lines(read.error()));
  const ConfigurationChange change = compare(running_, *read);
  Configuration next = take_live(running_, *read);
  conference::FocusConfig focus = focus_config(next);
  if (auto fault = conference::find_fault(focus)) return base::unexpected(std::vector{std::move(*fault)});
  auto token = http_token(next);
  if (!token) return base::unexpected(std::vector{token.error()});

  running_ = std::move(next);
  log::set_format(running_.log.format);
  log::set_level(running_.log.level);
  focus_->reconfigure(std::move(focus));
  if (http_) http_->set_limits(http_limits(running_, std::move(*token)));
  return change;
}

Result<api::ReloadReport, api::ReloadFault> Server::reload_now() {
  events_->reopen_files();
  if (!read_again_) {
    ++reloads_.failed;
    api::ReloadFault fault{true, {"tuttid was started without --config: there is nothing to read again."}};
    log::error("not reloaded: " + fault.errors.front());
    return base::unexpected(std::move(fault));
  }
  auto change = take_configuration();
  if (!change) {
    ++reloads_.failed;
    for (const auto& line : change.error()) log::error("not reloaded: " + line);
    return base::unexpected(api::ReloadFault{false, std::move(change.error())});
  }
  ++reloads_.done;
  log::info(fmt::format("reloaded, {} changed", change->live.size()));
  for (const auto& key : change->restart) log::warning(fmt::format("{} needs a restart", key));
  return api::ReloadReport{std::move(change->live), std::move(change->restart)};
}

}  // namespace tutti::server
