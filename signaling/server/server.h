// Server: everything, started in order and stopped in reverse.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/result.h"
#include "signaling/api/api.h"
#include "signaling/api/http_server.h"
#include "signaling/conference/focus.h"
#include "signaling/server/banner.h"
#include "signaling/server/configuration.h"
#include "signaling/server/event_plane.h"
#include "signaling/server/log.h"
#include "signaling/server/media_host.h"
#include "signaling/server/metrics.h"
#include "signaling/server/reload.h"
#include "signaling/server/start_error.h"
#include "signaling/server/status_line.h"
#include "signaling/sip/event_loop.h"
#include "signaling/sip/user_agent.h"

namespace tutti::server {

class Server {
 public:
  // How long calls may take to end at a drain.
  static constexpr std::chrono::seconds kDrainTime{5};
  // How long call records may take to be written after it.
  static constexpr std::chrono::seconds kRecordsTime{3};
  // How often refusals are told in the log at most.
  static constexpr std::chrono::seconds kRefusalsToldEvery{10};

  // Takes calls from run() on. The calling thread becomes the signaling thread, off the media CPUs. `again`
  // reads the configuration anew, in that thread; empty: there is no file, and no reload.
  static base::Result<std::unique_ptr<Server>, StartError> start(const Configuration& configuration,
                                                                 std::string version = {},
                                                                 ReadConfiguration again = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const ServerFacts& facts() const { return facts_; }

  // Calls `show` once a second with what a status line says.
  void watch(std::function<void(const std::string&)> show);

  // Serves until a drain or end() is over.
  void run();

  // Refuses new calls, hangs up on everyone, waits for the end of it up to kDrainTime, then ends run().
  // Thread: any.
  void drain();
  // Reads the configuration again and takes what can change while calls go on; what came of it is told in the
  // log. Thread: any.
  void reload();
  // Ends run() at once. Thread: any.
  void end();

 private:
  Server(const Configuration& configuration, std::uint64_t descriptors, std::string version,
         ReadConfiguration again);
  base::Result<void, StartError> start_media(const Configuration& configuration);
  base::Result<void, StartError> start_sip(const Configuration& configuration);
  base::Result<void, StartError> start_http(const Configuration& configuration);
  void begin_drain();
  // One after the other; `done` is called with what came of it.
  void begin_reload(ReloadDone done);
  void end_reload();
  base::Result<PendingReload, std::vector<std::string>> read_wanted() const;
  base::Result<void, std::string> take(PendingReload& wanted);
  std::string tell_metrics() const;
  void tell_refusals(base::Instant now);
  std::vector<api::CoreStatus> cores() const;
  StatusSample sample() const;

  const base::Instant started_at_;
  const std::uint64_t descriptors_;  // so many it may have open
  const std::string version_;
  const ReadConfiguration read_again_;
  Configuration running_;  // what is in force
  ReloadCounts reloads_;
  std::unique_ptr<PendingReload> reload_;  // whose files are being opened; null: none is
  std::vector<ReloadDone> next_reloads_;   // who asked meanwhile
  ServerFacts facts_;
  bool draining_ = false;
  std::uint64_t refusals_told_ = 0;
  base::Instant tell_refusals_at_;

  // In the order of their making; each uses those above it.
  std::unique_ptr<MediaHost> media_;
  std::unique_ptr<log::Writer> log_writer_;
  std::unique_ptr<EventPlane> events_;
  sip::EventLoop loop_;
  std::unique_ptr<conference::Focus> focus_;
  std::unique_ptr<sip::UserAgent> user_agent_;
  std::unique_ptr<api::HttpServer> http_;
  sip::Timer poll_timer_;
  sip::Timer status_timer_;
};

}  // namespace tutti::server
