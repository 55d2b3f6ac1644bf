// What the drivers of direct convolutions (ops/conv_direct*.cc) and their kernels agree on. Every channel is by itself: these are the
// depthwise convolutions.
#pragma once
#include <stdint.h>

namespace myelin {

// Where a tap of the kernel reads: for its first pixel in x, and in the weights, in elements.
struct DirectTap {
  int64_t x, w;
};

// Neighbouring results that meet the input at the same taps:
//   y[p*strideY + c] = act(sum over taps t of x[t.x + p*strideX + c] * w[t.w + c] + bias[c])
// by one chain of fused multiply-adds in the order of the taps, for p < pixels, c < channels. `activation` is a TileActivation.
struct DirectRow {
  const float* x;
  const float* w;
  const float* bias;  // or null
  float* y;
  const DirectTap* taps;
  int64_t tapCount, strideX, strideY, pixels, channels;
  int32_t activation;
};

// A rectangle of results that meet the input at the same taps, of which each gathers
//   dw[t.w + c] += sum over rows r, then pixels p of x[t.x + r*rowX + p*strideX + c] * dy[r*rowY + p*strideY + c]
struct DirectSums {
  const float* x;
  const float* dy;
  float* dw;
  const DirectTap* taps;
  int64_t tapCount, rowX, rowY, strideX, strideY, rows, pixels, channels;
};

// Runs of neighbouring sums, one for each tap, added to where a gradient to few input channels gathers them:
//   dx[t.x + p*strideX + i] += sums[t.w + p*strideSums + i]   for taps t, p < pixels, i < length
struct ScatterSums {
  const float* sums;
  float* dx;
  const DirectTap* taps;
  int64_t tapCount, strideX, strideSums, pixels, length;
};

}  // namespace myelin
