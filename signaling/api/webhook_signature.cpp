#include "signaling/api/webhook_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "dataplane/base/check.h"

namespace tutti::api {

std::string webhook_signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
  std::string message(timestamp);
  message.append(1, '.').append(body);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest,
             &length) != nullptr);
  std::string text = "sha256=";
  for (unsigned i = 0; i < length; ++i) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace tutti::api
