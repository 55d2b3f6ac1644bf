// What the driver of maximum pooling and its kernels agree on.
#pragma once
#include <stdint.h>

namespace myelin {

// Neighbouring windows of an output row whose cells lie alike: window i covers the cells first + i*step + cells[j] of an input
// plane. Cells and results are `pixel` floats apart, of which the first `channels` are worked on.
struct PoolRow {
  const int64_t* cells;
  int64_t cellCount, first, step, windows, pixel, channels;
};

}  // namespace myelin
