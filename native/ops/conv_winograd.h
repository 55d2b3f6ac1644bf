// Convolution of 3x3 filters with stride 1 by Winograd's minimal filtering, and its gradients. A quarter (tiles of 4x4 results)
// or 4/9 (of 2x2) of the multiplications, for a rounding error that docs/convolution.md bounds.
#pragma once
#include <stdint.h>

#include "../runtime/args.h"
#include "conv_geometry.h"

namespace myelin::ops {

// Windows of 1x3x3, stride and dilation 1, one group, no padding in depth.
bool winogradEligible(const ConvGeometry& g);

// The arrays are as long as the geometry asks, which is eligible and of at least one result.
Status winogradConv(const ConvGeometry& g, const float* x, const float* w, const float* bias, float* y, int32_t activation);
Status winogradGradInput(const ConvGeometry& g, const float* dy, const float* w, float* dx);
Status winogradGradWeight(const ConvGeometry& g, const float* x, const float* dy, float* dw);

}  // namespace myelin::ops
