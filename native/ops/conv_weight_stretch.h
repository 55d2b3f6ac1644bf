// The inner part of the gradient to the weights: what a stretch of a few output rows adds to it, while x and dy of those rows stay
// in the cache.
#pragma once
#include <stdint.h>

#include "conv_geometry.h"
#include "conv_rows.h"

namespace myelin::ops {

// Rows of dw for one run are the channels of one tap, or, where the taps of a row are `adjacent` in x, of all of them. x is read
// `inPlace`, or from a copy with zeros at its sides; dy too, unless its panels are packed.
struct WeightPlan {
  const ConvGeometry& g;
  const float* x;
  const float* dy;
  ConvReach reach;
  bool inPlace, adjacent, pack;
  int64_t runs, runRows;  // how many runs in a group, and the rows of dw of each
  int64_t panels;         // of the output channels of a group
  int64_t rows, stretch;  // output rows of the batch, and of a stretch
  int64_t planeRows() const { return g.out[0] * g.out[1]; }
};

// Output rows [start, end) of the batch, of one plane where x is copied; those up to `next` come after them. Panels are counted over
// all groups. Unless `load`, dw is overwritten.
struct WeightStretch {
  int64_t start, end, next, panelStart, panelEnd;
  bool load;
};

bool addStretch(const WeightPlan& plan, const WeightStretch& stretch, float* dw);  // false if memory is out

}  // namespace myelin::ops
