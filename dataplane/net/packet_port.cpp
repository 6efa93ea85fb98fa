// What a PacketPort does of several packets whose body gains nothing by knowing them all.
#include "dataplane/net/packet_port.h"

#include "dataplane/net/packet_pieces.h"

namespace tutti::net {

std::size_t PacketPort::send(std::span<const PacketHead> heads,
                             std::span<const std::byte> payload) TUTTI_REALTIME {
  std::size_t sent = 0;
  while (sent < heads.size() &&
         send(heads[sent].endpoint, Flow::kRtp, *heads[sent].to, heads[sent].bytes, payload)) {
    ++sent;
  }
  return sent;
}

std::size_t PacketPort::reserve_payloads(std::span<std::uint8_t*> places) TUTTI_REALTIME {
  if (places.empty() || reserve().empty()) return 0;
  places[0] = behind_head(reserve().data());
  return 1;
}

void PacketPort::send_reserved(std::span<const PacketHead> heads, std::size_t payload_bytes) TUTTI_REALTIME {
  for (const PacketHead& head : heads) {
    copy_pieces(reserve().data(), head.bytes, {});
    send(head.endpoint, Flow::kRtp, *head.to, head.bytes.size() + payload_bytes);
  }
}

}  // namespace tutti::net
