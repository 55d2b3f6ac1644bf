// What the pooling driver and its kernels agree on.
#pragma once
#include <stdint.h>

namespace myelin {

// Neighbouring windows of an output row whose cells lie alike: window i covers the cells first + i*step + cells[j] of an input
// plane, each cell `channels` floats; results are dense.
struct PoolRow {
  const int64_t* cells;
  int64_t cellCount, first, step, windows, channels;
  float divisor;  // of averages
  bool add;       // gradients of averages: add to what is there, else overwrite it
};

}  // namespace myelin
