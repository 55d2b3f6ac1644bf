// What the driver of resampling and its kernels agree on.
#pragma once
#include <stdint.h>

namespace myelin {

// Outputs of one row along the width: output i is the sum of weights[k] * cell(cells[k]) for k in [starts[i], starts[i + 1]), divided
// by divisor * divisors[i]. A cell is `channels` floats, neighbours `stride` floats apart: cell(j) is the sum over `rows` rows of
// rowWeights[r] * row[offsets[r] + j * stride], or, where there is but one, row[j * stride] itself. Outputs are `pixel` floats apart.
struct ResampleRow {
  const float* row;
  const int64_t* offsets;
  const float* rowWeights;
  int64_t rows;
  int64_t stride;
  const int32_t* starts;
  const int32_t* cells;
  const float* weights;
  const float* divisors;
  float divisor;
  int64_t outputs, channels, pixel;
};

}  // namespace myelin
