// The route guard: what the library does wrong with the routes and the URI parameters of others, done right
// in its place. docs/decisions/0005-sofia-nta.md tells what it did and how the guard stands in its way.
#pragma once

namespace tutti::sip {

// True when the library really calls our functions; false in a program whose linker bound them otherwise.
bool route_guard_is_in_place();

}  // namespace tutti::sip
