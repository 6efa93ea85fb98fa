#include "dataplane/net/packet_bypass.h"

#include <system_error>

#include <dlfcn.h>

namespace tutti::net {
namespace {

std::filesystem::path beside_this_program() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none).parent_path() / kBypassLibrary;
}

// Of a library that says nothing of itself, it is an older one.
std::string_view build_of(void* library) {
  void* const told = ::dlsym(library, kBypassBuild);
  return told == nullptr ? "an older build" : reinterpret_cast<BypassBuild>(told)();
}

}  // namespace

base::Result<std::unique_ptr<PacketBypass>, std::string> load_bypass(const BypassOptions& options,
                                                                     BypassLog log,
                                                                     const std::filesystem::path& given) {
  const auto library = given.empty() ? beside_this_program() : given;
  // Never closed: DPDK does not start twice in a process.
  void* const loaded = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) {
    return base::unexpected("DPDK's part of this program cannot be loaded (" + std::string(::dlerror()) +
                            "): it belongs beside the program, and needs Debian's DPDK (libdpdk-dev)");
  }
  void* const entry = ::dlsym(loaded, kBypassEntry);
  if (const std::string_view build = build_of(loaded); build != bypass_build() || entry == nullptr) {
    return base::unexpected(library.string() + " is of " + std::string(build) + " and this program of " +
                            std::string(bypass_build()) +
                            ": put the two of one build beside each other, and start again");
  }
  std::unique_ptr<PacketBypass> made;
  std::string error;
  reinterpret_cast<BypassEntry>(entry)(options, log, made, error);
  if (made == nullptr) return base::unexpected(error);
  return made;
}

}  // namespace tutti::net
