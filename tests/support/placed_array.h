// PlacedArray: an array at a chosen distance from an alignment boundary, which notices writes beside it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

namespace tutti::support {

// An array that begins `offset` elements behind a 64-byte boundary. Behind and before it stand canaries;
// under AddressSanitizer nothing stands behind it, so that reading too far is found as well.
template <typename T>
class PlacedArray {
 public:
  PlacedArray(std::size_t offset, std::size_t n)
      : offset_(offset), n_(n), memory_(static_cast<T*>(::operator new(bytes(), kAlignment))) {
    std::memset(memory_, kCanary, bytes());
  }
  PlacedArray(const PlacedArray&) = delete;
  PlacedArray& operator=(const PlacedArray&) = delete;
  ~PlacedArray() { ::operator delete(memory_, kAlignment); }

  T* data() { return memory_ + offset_; }
  std::size_t size() const { return n_; }

  bool canaries_live() const {
    const auto* begin = reinterpret_cast<const unsigned char*>(memory_);
    const auto* array = begin + offset_ * sizeof(T);
    const auto dead = [](unsigned char byte) { return byte != kCanary; };
    return std::none_of(begin, array, dead) && std::none_of(array + n_ * sizeof(T), begin + bytes(), dead);
  }

 private:
#if defined(__SANITIZE_ADDRESS__)
  static constexpr std::size_t kGuard = 0;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr std::size_t kGuard = 0;
#else
  static constexpr std::size_t kGuard = 64;
#endif
#else
  static constexpr std::size_t kGuard = 64;
#endif
  static constexpr std::align_val_t kAlignment{64};
  static constexpr unsigned char kCanary = 0xC5;

  std::size_t bytes() const {
    return (offset_ + n_ + kGuard) * sizeof(T);
  }

  const std::size_t offset_;
  const std::size_t n_;
  T* const memory_;
};

}  // namespace tutti::support
