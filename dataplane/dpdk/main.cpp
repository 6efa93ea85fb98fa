// What makes this module a library to be loaded: its two entries (net/packet_bypass.h).
#include "dataplane/dpdk/dpdk_bypass.h"

extern "C" __attribute__((visibility("default"))) const char* tutti_bypass_build() {
  return tutti::net::bypass_build().data();  // a literal
}

extern "C" __attribute__((visibility("default"))) void tutti_make_bypass(
    const tutti::net::BypassOptions& options, const tutti::net::BypassLog& log,
    std::unique_ptr<tutti::net::PacketBypass>& made, std::string& error) {
  auto bypass = tutti::dpdk::make_bypass(options, log);
  if (bypass) {
    made = std::move(*bypass);
  } else {
    error = bypass.error();
  }
}

static_assert(std::is_same_v<decltype(&tutti_bypass_build), tutti::net::BypassBuild>);
static_assert(std::is_same_v<decltype(&tutti_make_bypass), tutti::net::BypassEntry>);
