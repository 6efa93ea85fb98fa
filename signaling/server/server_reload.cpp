// The server's part in a reload of the configuration.
#include <algorithm>
#include <system_error>
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
Result<PendingReload, std::vector<std::string>> Server::read_wanted() const {
  const auto read = read_again_();
  if (!read) return base::unexpected(as_lines(read.error()));
  ConfigurationChange change = compare(running_, *read);
  Configuration next = take_live(running_, *read);
  conference::FocusConfig focus = focus_config(next);
  if (auto fault = conference::find_fault(focus)) return base::unexpected(std::vector{std::move(*fault)});
  auto token = http_token(next);
  if (!token) return base::unexpected(std::vector{token.error()});
  try {
    RecordsOpening opening(running_.records, next.records);
    return PendingReload{std::move(next),   std::move(change),  std::move(focus),
                         std::move(*token), std::move(opening), {}};
  } catch (const std::system_error& error) {
    return base::unexpected(
        std::vector{"records: there is no thread to open files: " + error.code().message()});
  }
}

Result<void, std::string> Server::take(PendingReload& wanted) {
  auto opened = wanted.opening.take();
  if (!opened) return base::unexpected(opened.error());
  if (auto taken = events_->reconfigure(running_, wanted.next, std::move(*opened)); !taken) return taken;
  running_ = std::move(wanted.next);
  log::set_format(running_.log.format);
  log::set_level(running_.log.level);
  focus_->reconfigure(std::move(wanted.focus));
  if (http_) http_->set_limits(http_limits(running_, std::move(wanted.token)));
  return {};
}

void Server::begin_reload(ReloadDone done) {
  if (reload_) return next_reloads_.push_back(std::move(done));
  events_->reopen_files();
  if (!read_again_) {
    ++reloads_.failed;
    api::ReloadFault fault{true, {"tuttid was started without --config: there is nothing to read again."}};
    log::error("not reloaded: " + fault.errors.front());
    return done(base::unexpected(std::move(fault)));
  }
  auto wanted = read_wanted();
  if (!wanted) {
    ++reloads_.failed;
    for (const auto& line : wanted.error()) log::error("not reloaded: " + line);
    return done(base::unexpected(api::ReloadFault{false, std::move(wanted.error())}));
  }
  reload_ = std::make_unique<PendingReload>(std::move(*wanted));
  reload_->done = std::move(done);
  if (reload_->opening.done()) end_reload();
}

void Server::end_reload() {
  const std::unique_ptr<PendingReload> ended = std::move(reload_);
  if (const auto taken = take(*ended); !taken) {
    ++reloads_.failed;
    log::error("not reloaded: " + taken.error());
    ended->done(base::unexpected(api::ReloadFault{false, {taken.error()}}));
  } else {
    ++reloads_.done;
    ConfigurationChange& change = ended->change;
    log::info(fmt::format("reloaded, {} changed", change.live.size()));
    for (const auto& key : change.restart) log::warning(fmt::format("{} needs a restart", key));
    ended->done(api::ReloadReport{std::move(change.live), std::move(change.restart)});
  }
  if (next_reloads_.empty()) return;
  // They all want what the file is by now.
  begin_reload([all = std::exchange(next_reloads_, {})](const api::Reloaded& done) {
    for (const auto& each : all) each(done);
  });
}

}  // namespace tutti::server
