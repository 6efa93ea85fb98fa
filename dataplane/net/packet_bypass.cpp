#include "dataplane/net/packet_bypass.h"

#include <system_error>

#include <dlfcn.h>

namespace tutti::net {
namespace {

// Beside this program where that was built, PREFIX/lib/tutti where PREFIX/sbin has the program.
std::filesystem::path of_this_program() {
  std::error_code none;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
  const auto installed = folder.parent_path() / "lib/tutti" / kBypassLibrary;
  return std::filesystem::exists(installed, none) ? installed : folder / kBypassLibrary;
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
  const auto library = given.empty() ? of_this_program() : given;
  // Never closed: DPDK does not start twice in a process.
  void* const loaded = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) {
    return base::unexpected("DPDK's part of this program cannot be loaded (" + std::string(::dlerror()) +
                            "): it belongs beside the program or into ../lib/tutti, and needs Debian's DPDK "
                            "(librte-meta-net, librte-meta-mempool)");
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
