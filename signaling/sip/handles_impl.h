// RAII over the library's objects: whoever lets one of these go also unbinds its callbacks.
#pragma once

#include <string>
#include <utility>

#include "signaling/sip/sofia_impl.h"

namespace tutti::sip {

template <typename T, void (*kDestroy)(T*)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T* object) : object_(object) {}
  Handle(Handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) reset(std::exchange(other.object_, nullptr));
    return *this;
  }
  ~Handle() { reset(); }

  T* get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  void reset(T* object = nullptr) {
    T* old = std::exchange(object_, object);
    if (old) kDestroy(old);
  }

 private:
  T* object_ = nullptr;
};

inline void destroy_tport(tport_t* transport) {
  tport_unref(transport);
}
inline void destroy_message(msg_t* message) {
  msg_destroy(message);
}
inline void destroy_home(su_home_t* home) {
  su_home_unref(home);
}

// A server transaction. Without a final answer the library answers 500 when it is let go; it goes on to
// repeat the answer and to absorb the ACK by itself.
using ServerTransaction = Handle<nta_incoming_t, nta_incoming_destroy>;
using ClientTransaction = Handle<nta_outgoing_t, nta_outgoing_destroy>;
using Leg = Handle<nta_leg_t, nta_leg_destroy>;
using TransportRef = Handle<tport_t, destroy_tport>;
using MessageRef = Handle<msg_t, destroy_message>;
using Home = Handle<su_home_t, destroy_home>;

inline Home make_home() {
  return Home(static_cast<su_home_t*>(su_home_new(sizeof(su_home_t))));
}
inline std::string to_std(const char* text) {
  return text ? std::string(text) : std::string();
}

}  // namespace tutti::sip
