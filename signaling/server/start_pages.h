// StartPages: pages of the program and its libraries that the dynamic linker and the start have read.
#pragma once

namespace tutti::server {

// Lets go of all pages of segments that nobody can have written to: symbols, relocations, constants. They
// stay in the kernel's page cache, and whoever reads one again has it back for a minor fault. Thread: any;
// others may run.
void give_back_start_pages();

}  // namespace tutti::server
