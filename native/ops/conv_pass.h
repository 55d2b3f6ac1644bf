// One pass of a convolution: a grid of results, each the sum over taps and channels of x times weights. The forward pass is one;
// the gradient to the input is one for each residue of the stride, with the roles of the channels exchanged.
#pragma once
#include <stdint.h>

#include "../runtime/args.h"
#include "conv_axis.h"

namespace myelin::ops {

struct ConvPass {
  const float* x;  // [batch, in, in, in, groups * depth]
  float* y;        // [batch, out, out, out, groups * width]
  const float* w;  // [kernel, kernel, kernel, ...] of a tap: [depth, groups * width], or where transposed [width, groups * depth]
  const float* bias;
  bool transposed;
  int32_t activation;
  int64_t batch, groups, depth, width;  // depth: channels of x in a group, width: of y
  int64_t kernel[3], out[3];
  ConvAxis axes[3];
};

Status runConvPass(const ConvPass& pass);

}  // namespace myelin::ops
