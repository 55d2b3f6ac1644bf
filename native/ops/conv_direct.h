// Depthwise convolutions: each channel has a kernel of its own.
#pragma once
#include <vector>

#include "../kernels/conv.h"
#include "conv_pass.h"

namespace myelin::ops {

// Passes that share x, w, y and their numbers of images and channels, one channel in each group.
Status runConvDirect(const std::vector<ConvPass>& passes);

// The taps that a rectangle of results has in common, one span of each axis, and where its first result reads. As many as the spans
// have taps.
int64_t listTaps(const ConvAxis (&axes)[3], const int64_t (&kernel)[3], int64_t channels, const ConvSpan& planes,
                 const ConvSpan& rows, const ConvSpan& columns, DirectTap* out);

// dw from x and dy, lengths checked, nothing empty.
Status convDirectGradWeight(const float* x, const float* dy, float* dw, const ConvGeometry& g);

}  // namespace myelin::ops
