#include "signaling/server/http_token.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
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

// Looks at the file that is open, so that nobody can put another in its place meanwhile.
Token read_token(int fd, const std::string& file) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return no("http.token_file {} is not a file", file);
  }
  if ((status.st_mode & 077U) != 0 || (status.st_uid != ::geteuid() && status.st_uid != 0)) {
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
