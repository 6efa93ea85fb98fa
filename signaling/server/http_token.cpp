#include "signaling/server/http_token.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <endian.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "dataplane/base/host_network.h"
#include "signaling/api/access.h"

namespace tutti::server {
namespace {

using Token = base::Result<std::string, std::string>;

template <typename... Arguments>
base::unexpected<std::string> no(fmt::format_string<Arguments...> form, Arguments&&... arguments) {
  return base::unexpected(fmt::format(form, std::forward<Arguments>(arguments)...));
}

// Whether others than its owner and this server may read or write it. Of a file with an access control list
// the mode's group is that list's bound: systemd gives a service's credentials to its user by one. Source:
// acl(5).
bool others_may(int fd, mode_t mode) {
  std::array<posix_acl_xattr_entry, 16> list;
  posix_acl_xattr_header header;
  std::array<char, sizeof header + sizeof list> bytes;
  const ssize_t got = ::fgetxattr(fd, "system.posix_acl_access", bytes.data(), bytes.size());
  if (got < static_cast<ssize_t>(sizeof header)) return (mode & 077U) != 0;  // none, or a long one
  const std::size_t entries = (static_cast<std::size_t>(got) - sizeof header) / sizeof list[0];
  std::memcpy(list.data(), bytes.data() + sizeof header, entries * sizeof list[0]);
  return std::any_of(list.begin(), list.begin() + entries, [](const posix_acl_xattr_entry& entry) {
    const unsigned tag = le16toh(entry.e_tag);
    const bool ours =
        tag == ACL_USER_OBJ || tag == ACL_MASK || (tag == ACL_USER && le32toh(entry.e_id) == ::geteuid());
    return entry.e_perm != 0 && !ours;
  });
}

// Looks at the file that is open, so that nobody can put another in its place meanwhile.
Token read_token(int fd, const std::string& file) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return no("http.token_file {} is not a file", file);
  }
  if (others_may(fd, status.st_mode) || (status.st_uid != ::geteuid() && status.st_uid != 0)) {
    return no("http.token_file {} may be read by others than this server: chmod 600, and its own user", file);
  }
  std::array<char, 512> bytes;
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  std::string_view text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!api::is_token(text)) {
    return no("http.token_file {} holds no token: 16 to 256 letters, digits and any of -._~+/=, alone", file);
  }
  return std::string(text);
}

}  // namespace

Token http_token(const Configuration& configuration) {
  const auto& http = configuration.http;
  std::string token = http.token;
  if (!http.token_file.empty()) {
    const int fd = ::open(http.token_file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return no("http.token_file {} cannot be read: {}", http.token_file, std::strerror(errno));
    auto read = read_token(fd, http.token_file);
    ::close(fd);
    if (!read) return read;
    token = std::move(*read);
  }
  if (token.empty() && http.listen.valid() && !base::is_loopback(http.listen)) {
    return no("HTTP on {} would let anybody control conferences: set http.token or http.token_file",
              base::to_string(http.listen));
  }
  return token;
}

}  // namespace tutti::server
