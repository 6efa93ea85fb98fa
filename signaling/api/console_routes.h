// Console routes: GET / and GET /console/{file}: the page for people, from the program itself.
#pragma once

#include "signaling/api/router.h"

namespace tutti::api {

// Anybody may have them: a browser asks for a page without a token, and they are code and nothing else. What
// the page then asks for needs one.
void add_console_routes(Router& router);

}  // namespace tutti::api
