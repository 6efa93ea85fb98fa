// The message guard: stands between the sockets and the library's parser, and keeps from it what it cannot
// bear. docs/decisions/0005-sofia-nta.md tells why and how.
#pragma once

#include "dataplane/base/counters.h"
#include "signaling/sip/sofia_impl.h"

namespace tutti::sip {

// The library's message class with a guarded body parser; one for the process. Owned by this function.
msg_mclass_t* guarded_message_class();

// True when the library really calls our msg_extract; false in a program whose linker bound it otherwise.
bool message_guard_is_in_place();

// Messages refused by the guard since the process began. Thread: any.
const base::Counter& message_guard_drops();

}  // namespace tutti::sip
