#include "fake_media_plane.h"

#include <gtest/gtest.h>

namespace tutti::conference {

base::Result<MediaEndpoint, MediaError> FakeMediaPlane::open_endpoint(std::size_t, bool with_rtcp,
                                                                      PortRange within,
                                                                      const base::SocketAddress& remote) {
  asked = within;
  if (fail_with) return base::unexpected(*fail_with);
  remotes.push_back(remote);
  const std::int32_t handle = next_++;
  open_.insert(handle);
  MediaEndpoint endpoint;
  endpoint.handles.rtp = handle;
  if (with_rtcp) endpoint.handles.rtcp = -handle - 1;
  endpoint.rtp = *base::parse_ip("127.0.0.1", static_cast<std::uint16_t>(10'000 + 2 * (handle % 20'000)));
  endpoint.rtcp =
      with_rtcp ? endpoint.rtp.with_port(static_cast<std::uint16_t>(endpoint.rtp.port + 1)) : endpoint.rtp;
  return endpoint;
}

void FakeMediaPlane::close_endpoint(const MediaEndpoint& endpoint) {
  EXPECT_EQ(open_.erase(endpoint.handles.rtp), 1u) << "closed twice, or never opened";
}

}  // namespace tutti::conference
