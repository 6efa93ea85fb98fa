#include "signaling/server/banner.h"

#include <fmt/format.h>

namespace tutti::server {

std::string banner(const ServerFacts& facts, std::string_view version) {
  // Who listens on every address is called at the one that media has.
  const std::string sip =
      base::to_string(facts.sip.unspecified() ? facts.media.with_port(facts.sip.port) : facts.sip);
  std::string text = fmt::format(
      "Tutti {}: whoever calls sip:ROOM@{} meets all others in ROOM (UDP and TCP)\n"
      "  call    baresip -e \"/dial sip:room1@{}\"\n"
      "          sipp -sn uac -s room1 -m 1 {}\n"
      "  media   RTP on {}, ports {}-{}\n",
      version, sip, sip, sip, base::ip_to_string(facts.media), facts.rtp_port_low, facts.rtp_port_high);
  if (facts.http.valid()) {
    text += fmt::format("  http    http://{}/health, /ledger, /cores\n", base::to_string(facts.http));
  }
  text += fmt::format("  cores   media on CPU {} by {}{}, signaling on CPU {}\n", to_string(facts.media_cpus),
                      facts.backend, facts.realtime ? " (SCHED_FIFO)" : "", to_string(facts.control_cpus));
  return text;
}

std::string ready_line(const ServerFacts& facts) {
  return fmt::format("tuttid ready sip={} http={} cores={} pid={}\n", base::to_string(facts.sip),
                     facts.http.valid() ? base::to_string(facts.http) : "off", to_string(facts.media_cpus),
                     facts.pid);
}

}  // namespace tutti::server
