// One axis of a convolution, seen from its results: which positions of x each of them reads, at which taps of the kernel.
#pragma once
#include <stdint.h>

#include <vector>

#include "conv_geometry.h"

namespace myelin::ops {

// Result i reads position i*step + offset of x for each tap, where that lies in [0, in), and is stored at start + i*stride of y.
// `index` is the tap's place in the kernel's axis. Offsets ascend.
struct ConvTap {
  int64_t offset, index;
};
struct ConvAxis {
  int64_t in, count, step, start, stride;
  std::vector<ConvTap> taps;
};

// Results [start, end), all of which meet the input at the taps [firstTap, lastTap) of the axis and at no other.
struct ConvSpan {
  int64_t start, end, firstTap, lastTap;
};

ConvAxis forwardAxis(const ConvGeometry& g, int axis);

// The axis of the gradient to the input, for the positions start, start + stride, ... of it.
ConvAxis backwardAxis(const ConvGeometry& g, int axis, int64_t start);

// The taps at which result i meets the input.
ConvSpan spanAt(const ConvAxis& axis, int64_t i);

// All results of an axis, as the longest spans.
std::vector<ConvSpan> spansOf(const ConvAxis& axis);

}  // namespace myelin::ops
