// HttpServer: HTTP/1.1 on a thread of its own; its handlers run in the control thread, and one that does
// not answer in time costs its caller a 503 and nobody else anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "dataplane/base/result.h"
#include "dataplane/base/socket_address.h"
#include "signaling/api/http_counters.h"
#include "signaling/api/router.h"

namespace tutti::api {

struct HttpLimits {
  // One more is answered 503 and closed; who has how many of them: base::ConnectionBound.
  std::size_t connections = 64;
  std::size_t connections_per_address = 16;
  std::uint32_t header_bytes = 8'192;
  std::uint64_t body_bytes = 65'536;
  std::uint32_t requests_per_second = 0;  // of each client address, above it 429; 0 = no bound
  // For one request to come in whole, also the wait for it; and for one answer to be taken.
  std::chrono::milliseconds transfer_timeout{10'000};
  std::chrono::milliseconds answer_timeout{2'000};  // for the control thread
  std::chrono::milliseconds later_timeout{30'000};  // for what it waits for, too
  std::chrono::milliseconds stream_idle{15'000};    // after which a stream gives a sign of life
  std::chrono::milliseconds stream_stall{60'000};   // of who takes nothing more of it: it is closed
  std::string host_name;  // what Host may say besides a literal address and localhost; empty: nothing
  std::string token;      // who may ask; empty: everybody
};

class HttpServer {
 public:
  // Has a task done in the control thread, or drops it; called by the HTTP thread.
  using Post = std::function<void(std::function<void()>)>;

  // Errors: of bind(2) and listen(2).
  static base::Result<std::unique_ptr<HttpServer>, std::error_code> start(const base::SocketAddress& listen,
                                                                          Router router, Post post,
                                                                          HttpLimits limits = {});
  // Closes what is open and ends the thread; no handler begins after it.
  // Thread: the control thread, or any after it has ended.
  ~HttpServer();

  // With the port filled in where 0 was asked for.
  const base::SocketAddress& bound() const;
  // From the next request on; connections above a lower limit stay. Thread: any.
  void set_limits(HttpLimits limits);
  // Thread: any.
  const HttpCounters& counters() const;

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tutti::api
