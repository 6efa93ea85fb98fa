// The resolver guard: keeps the library from asking for a host's name where no name server can be asked, of
// which it would never come back. docs/decisions/0005-sofia-nta.md tells how it stands in the library's way.
#pragma once

namespace tutti::sip {

// True when the library really asks us; false in a program whose linker bound its function otherwise.
bool resolver_guard_is_in_place();

}  // namespace tutti::sip
