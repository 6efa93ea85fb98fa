// The bodies of PacketPort that `net` has.
#include "port_world.h"

namespace tutti::net {

std::vector<World> worlds() {
  return {{"Sim", &make_sim_world},
          {"Uring", &make_uring_world},
          {"UringIpv6", &make_uring_ipv6_world, false},
          {"Packet", &make_packet_world},
          {"PacketIpv6", &make_packet_ipv6_world, false},
          {"Receiver", &make_receiver_world},
          {"ReceiverIpv6", &make_receiver_ipv6_world, false}};
}

}  // namespace tutti::net
