// Large pages for large arrays: fewer faults when a fresh one is first touched, fewer misses in the table of pages afterwards.
#pragma once
#include <stddef.h>

namespace myelin {

// Asks the system to back the memory by large pages where whole ones fit in; a wish, which may be refused.
void wantLargePages(void* data, size_t bytes);

}  // namespace myelin
