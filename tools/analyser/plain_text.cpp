#include "tools/analyser/plain_text.h"

#include <optional>

namespace tutti::analyser {
namespace {

struct Codepoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};

// The first one of a text that is not empty; nothing where the bytes are no UTF-8 (RFC 3629).
std::optional<Codepoint> first_codepoint(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t bytes = lead < 0x80   ? 1
                            : lead < 0xC2 ? 0
                            : lead < 0xE0 ? 2
                            : lead < 0xF0 ? 3
                            : lead < 0xF5 ? 4
                                          : 0;
  if (bytes == 0 || bytes > text.size()) return std::nullopt;
  char32_t value = bytes == 1 ? lead : lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0u) != 0x80u) return std::nullopt;
    value = value << 6 | (next & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x1'0000);
  if (overlong || value > 0x10'FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  return Codepoint{value, bytes};
}

bool harmless(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return false;  // C0, DEL, C1
  if (c >= 0x200B && c <= 0x200F) return false;           // no width, or a direction
  if (c >= 0x2028 && c <= 0x202E) return false;           // line separators, embeddings, overrides
  return !(c >= 0x2060 && c <= 0x206F) && c != 0xFEFF && c != 0x061C;
}

}  // namespace

std::string plain(std::string_view text, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto c = first_codepoint(text);
    const std::size_t bytes = c ? c->bytes : 1;
    if (columns != 0 && used + 1 == columns && text.size() > bytes) return out + "…";
    if (c && harmless(c->value)) {
      out += text.substr(0, bytes);
    } else {
      out += '?';
    }
    ++used;
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace tutti::analyser
