// MldListener: when the groups that we listen to are to be told of, of our own accord and when we are asked.
//
// All of them in each report, whichever was asked about: they fit into one packet. Source: RFC 3810,
// section 6.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/socket_address.h"
#include "dataplane/net/mac_address.h"
#include "dataplane/net/mld_packet.h"

namespace tutti::net {

// Thread: one.
class MldListener {
 public:
  // However often we are asked.
  static constexpr base::Duration kReportEvery = std::chrono::milliseconds(100);
  // No longer is waited, whatever a query allows.
  static constexpr base::Duration kWithinMax = std::chrono::seconds(10);

  // The solicited-node groups of the IPv6 ones of `addresses`; `mac` draws when to answer.
  MldListener(std::span<const base::SocketAddress> addresses, const MacAddress& mac);

  // None where there is no IPv6 address.
  std::span<const base::SocketAddress> groups() const { return groups_; }
  // Whence reports come: our address of the link, else unspecified: switches read that, routers do not
  // (RFC 3590).
  const base::SocketAddress& source() const { return source_; }

  void hear(const MldQuery& query, base::Instant now);

  struct Report {
    bool version_1 = false;  // one for each group
  };
  // The one that is due, once.
  std::optional<Report> next_report(base::Instant now);

 private:
  std::vector<base::SocketAddress> groups_;
  base::SocketAddress source_;
  std::optional<base::Instant> due_;
  bool version_1_ = false;
  base::Instant told_at_ = base::Instant::min();
  std::uint64_t random_;
};

}  // namespace tutti::net
