#include "dataplane/net/mld_listener.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/net/ndp_packet.h"

namespace tutti::net {

MldListener::MldListener(std::span<const base::SocketAddress> addresses, const MacAddress& mac) : random_(1) {
  source_.family = base::AddressFamily::kIpv6;
  for (const base::SocketAddress& ip : addresses) {
    if (ip.family != base::AddressFamily::kIpv6) continue;
    const base::SocketAddress group = solicited_node(ip);
    if (std::find(groups_.begin(), groups_.end(), group) == groups_.end()) groups_.push_back(group);
    if (ip.link_local()) source_ = ip.with_port(0);
  }
  CHECK(groups_.size() <= kMldGroupsMax);
  for (const std::uint8_t byte : mac) random_ = random_ << 8 | byte;
}

void MldListener::hear(const MldQuery& query, base::Instant now) {
  const bool asked =
      query.group.unspecified() || std::find(groups_.begin(), groups_.end(), query.group) != groups_.end();
  if (groups_.empty() || !asked) return;
  random_ ^= random_ << 13;  // xorshift
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto most = std::min(query.within, kWithinMax).count() + 1;
  const base::Duration delay(static_cast<std::int64_t>(random_ % static_cast<std::uint64_t>(most)));
  base::Instant at = now + delay;
  if (told_at_ != base::Instant::min()) at = std::max(at, told_at_ + kReportEvery);
  due_ = due_ ? std::min(*due_, at) : at;
  version_1_ |= query.version_1;
}

std::optional<MldListener::Report> MldListener::next_report(base::Instant now) {
  if (!due_ || now < *due_) return std::nullopt;
  const Report report{version_1_};
  due_.reset();
  version_1_ = false;
  told_at_ = now;
  return report;
}

}  // namespace tutti::net
