// The flags that set keys of the configuration, for main() and its tests.
#pragma once

namespace tutti::server {

struct Flag {
  const char* name;  // "--sip"
  const char* key;   // "sip.listen"
  const char* help;
  const char* form;  // "ADDR:PORT"
};

// Each takes one text, as the key's string in the file.
inline constexpr Flag kFlags[] = {
    {"--sip", "sip.listen", "Take SIP here, over UDP and TCP; port 0 takes a free one", "ADDR:PORT"},
    {"--media", "media.address", "Take RTP at this address of the host", "ADDR"},
    {"--rtp-ports", "media.rtp_ports", "Take RTP at these ports", "LO-HI"},
    {"--cores", "cores.cpus", "Carry media on these CPUs: 1 or 1,3 or 2-5", "LIST"},
    {"--backend", "cores.backend", "Move packets by this: uring or dpdk", "NAME"},
    {"--tx", "cores.tx", "Send RTP by this: socket or packet", "NAME"},
    {"--rx", "cores.rx", "Receive RTP by this: socket or packet", "NAME"},
    {"--admission", "admission.mode", "Refuse calls by headroom, or off: only by ports and slots", "MODE"},
    {"--http", "http.listen", "Serve HTTP here, or off; port 0 takes a free one", "ADDR:PORT"},
};

}  // namespace tutti::server
