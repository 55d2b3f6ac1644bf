// Normalisation whose statistics run across rows: of each channel over the length (batch and instance normalisation), or of each
// group of channels (group normalisation).
#pragma once
#include "../runtime/args.h"

namespace myelin::ops {

// x is [outer, length, groups, width]; statistics [outer, groups] are over length and width.
struct NormShape {
  int64_t outer, length, groups, width;
  int64_t channels() const { return groups * width; }
};

// The arrays of one call; what may be null is in src/backend/backend.ts.
struct NormArrays {
  const float *x, *scale, *shift;
  float *y, *mean, *variance;
  double epsilon;
  bool fixed, relu;
};
struct NormGradArrays {
  const float *x, *dy, *scale, *mean, *variance;
  float *dx, *dscale, *dshift;
  double epsilon;
  bool fixed;
  const float* rectified;
};

Status normOfColumns(const NormShape& shape, const NormArrays& arrays);
Status normGradOfColumns(const NormShape& shape, const NormGradArrays& arrays);

}  // namespace myelin::ops
