// Convolution and the gradient to its input, as passes (conv_pass.h) or, where a kernel of one tap leaves the pixels in order, as
// one product of matrices.
#include <algorithm>

#include "conv_choice.h"
#include "conv_direct.h"
#include "conv_geometry.h"
#include "conv_pass.h"
#include "conv_scatter.h"
#include "conv_winograd.h"
#include "ops.h"

namespace myelin::ops {
namespace {

// A kernel of one tap that meets every pixel once.
bool isProduct(const ConvGeometry& g) {
  bool plain = g.groups == 1;
  for (int axis = 0; axis < 3; ++axis) {
    plain = plain && g.kernel[axis] == 1 && g.stride[axis] == 1 && g.pad[axis] == 0 && g.in[axis] == g.out[axis];
  }
  return plain;
}

ConvPass forwardPass(const ConvGeometry& g, const float* x, const float* w, const float* bias, float* y, int32_t activation) {
  return {x,
          y,
          w,
          bias,
          false,
          activation,
          g.batch,
          g.groups,
          g.inGroup(),
          g.outGroup(),
          {g.kernel[0], g.kernel[1], g.kernel[2]},
          {g.out[0], g.out[1], g.out[2]},
          {forwardAxis(g, 0), forwardAxis(g, 1), forwardAxis(g, 2)}};
}

// The positions of one residue of the stride are a pass; without a stride there is one.
std::vector<ConvPass> backwardPasses(const ConvGeometry& g, const float* dy, const float* w, float* dx) {
  std::vector<ConvPass> passes;
  for (int64_t d = 0; d < std::min(g.stride[0], g.in[0]); ++d)
    for (int64_t h = 0; h < std::min(g.stride[1], g.in[1]); ++h)
      for (int64_t column = 0; column < std::min(g.stride[2], g.in[2]); ++column) {
        passes.push_back({dy,
                          dx,
                          w,
                          nullptr,
                          true,
                          int32_t(Activation::linear),
                          g.batch,
                          g.groups,
                          g.outGroup(),
                          g.inGroup(),
                          {g.kernel[0], g.kernel[1], g.kernel[2]},
                          {g.in[0], g.in[1], g.in[2]},
                          {backwardAxis(g, 0, d), backwardAxis(g, 1, h), backwardAxis(g, 2, column)}});
      }
  return passes;
}

}  // namespace

Status conv(In<float> x, In<float> w, Opt<In<float>> bias, Out<float> y, Dims geometry, int32_t activation,
            int32_t algorithm) {
  ConvGeometry g;
  const Status status = readGeometry(geometry, g);
  if (status.failed()) return status;
  if (activation < 0 || activation >= int32_t(Activation::count)) return Status::error("unknown activation");
  if (!fits({g.batch, g.in[0], g.in[1], g.in[2], g.inChannels}, x.length)) return Status::error("x is shorter than its shape");
  if (!fits({g.kernel[0], g.kernel[1], g.kernel[2], g.inGroup(), g.outChannels}, w.length)) {
    return Status::error("w is shorter than its shape");
  }
  if (!fits({g.batch, g.out[0], g.out[1], g.out[2], g.outChannels}, y.length))
    return Status::error("y is shorter than its shape");
  if (bias && !fits({g.outChannels}, bias.length)) return Status::error("bias is shorter than outChannels");
  ConvAlgorithm taken;
  const Status choice = takeAlgorithm(ConvKind::forward, g, algorithm, taken);
  if (choice.failed()) return choice;
  if (elements({g.batch, g.out[0], g.out[1], g.out[2], g.outChannels}) == 0) return Status::ok();
  if (taken == ConvAlgorithm::winograd) return winogradConv(g, x.data, w.data, bias.data, y.data, activation);
  if (isProduct(g)) {
    return gemm(x, w, {y.data, y.length}, bias, g.batch * g.inPixels(), g.outChannels, g.inChannels, g.inChannels, g.outChannels,
                g.outChannels, false, false, false, activation, 1, 0, 0, 0);
  }
  const ConvPass pass = forwardPass(g, x.data, w.data, bias.data, y.data, activation);
  return taken == ConvAlgorithm::direct ? runConvDirect({pass}) : runConvPass(pass);
}

Status convGradInput(In<float> dy, In<float> w, Out<float> dx, Dims geometry, int32_t algorithm) {
  ConvGeometry g;
  const Status status = readGeometry(geometry, g);
  if (status.failed()) return status;
  if (!fits({g.batch, g.out[0], g.out[1], g.out[2], g.outChannels}, dy.length))
    return Status::error("dy is shorter than its shape");
  if (!fits({g.kernel[0], g.kernel[1], g.kernel[2], g.inGroup(), g.outChannels}, w.length)) {
    return Status::error("w is shorter than its shape");
  }
  if (!fits({g.batch, g.in[0], g.in[1], g.in[2], g.inChannels}, dx.length)) return Status::error("dx is shorter than its shape");
  ConvAlgorithm taken;
  const Status choice = takeAlgorithm(ConvKind::gradInput, g, algorithm, taken);
  if (choice.failed()) return choice;
  if (elements({g.batch, g.in[0], g.in[1], g.in[2], g.inChannels}) == 0) return Status::ok();
  if (taken == ConvAlgorithm::winograd) return winogradGradInput(g, dy.data, w.data, dx.data);
  if (isProduct(g)) {
    return gemm(dy, w, {dx.data, dx.length}, {}, g.batch * g.inPixels(), g.inChannels, g.outChannels, g.outChannels,
                g.outChannels, g.inChannels, false, true, false, int32_t(Activation::linear), 1, 0, 0, 0);
  }
  if (taken == ConvAlgorithm::gemm && scatters(g)) return convScatter(g, dy.data, w.data, dx.data);
  const std::vector<ConvPass> passes = backwardPasses(g, dy.data, w.data, dx.data);
  if (taken == ConvAlgorithm::direct) return runConvDirect(passes);
  for (const ConvPass& pass : passes) {
    const Status done = runConvPass(pass);
    if (done.failed()) return done;
  }
  return Status::ok();
}

}  // namespace myelin::ops
