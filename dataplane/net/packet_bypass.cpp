#include "dataplane/net/packet_bypass.h"

#include <filesystem>
#include <system_error>

#include <dlfcn.h>

namespace tutti::net {

base::Result<std::unique_ptr<PacketBypass>, std::string> load_bypass(const BypassOptions& options,
                                                                     BypassLog log) {
  std::error_code none;
  const auto library = std::filesystem::read_symlink("/proc/self/exe", none).parent_path() / kBypassLibrary;
  // Never closed: DPDK does not start twice in a process.
  void* const loaded = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) {
    return base::unexpected("DPDK's part of this program cannot be loaded (" + std::string(::dlerror()) +
                            "): it belongs beside the program, and needs Debian's DPDK (libdpdk-dev)");
  }
  void* const entry = ::dlsym(loaded, kBypassEntry);
  if (entry == nullptr)
    return base::unexpected(library.string() + " is of another version than this program");
  std::unique_ptr<PacketBypass> made;
  std::string error;
  reinterpret_cast<BypassEntry>(entry)(options, log, made, error);
  if (made == nullptr) return base::unexpected(error);
  return made;
}

}  // namespace tutti::net
