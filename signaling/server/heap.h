// Heap: what it does with memory that calls no longer use.
#pragma once

namespace tutti::server {

// From now on pages that were free for some seconds go back to the kernel, by a thread that keeps to the
// caller's CPUs. Nothing where the heap is another one, as under a sanitizer.
// Source: docs/decisions/0014-heap.md.
void give_back_free_memory();

}  // namespace tutti::server
