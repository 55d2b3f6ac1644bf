#include "conv_choice.h"

#include <algorithm>

#include "conv_winograd.h"

namespace myelin::ops {

namespace {

bool isDepthwise(const ConvGeometry& g) { return g.inGroup() == 1 && g.outGroup() == 1; }

// Whether the multiplications saved are worth more than the transforms.
bool winogradPays(ConvKind kind, const ConvGeometry& g) {
  constexpr int64_t fewestChannels = 16;
  constexpr double fewestProducts = 3e4;  // of one tap in one plane
  const double products = double(g.inChannels) * double(g.outChannels) * double(g.out[1]) * double(g.out[2]);
  if (std::min(g.inChannels, g.outChannels) < fewestChannels || products < fewestProducts) return false;
  if (kind != ConvKind::gradWeight) return true;
  // Sums of each weight are transformed once for all tiles.
  constexpr int64_t tile = 4, fewestTiles = 8;
  const int64_t tiles = g.batch * g.in[0] * ((g.out[1] + tile - 1) / tile) * ((g.out[2] + tile - 1) / tile);
  return std::min(g.out[1], g.out[2]) >= tile && tiles >= fewestTiles;
}

}  // namespace

bool convEligible(ConvKind, const ConvGeometry& g, ConvAlgorithm algorithm) {
  switch (algorithm) {
    case ConvAlgorithm::gemm: return true;
    case ConvAlgorithm::direct: return isDepthwise(g);
    case ConvAlgorithm::winograd: return winogradEligible(g);
    default: return false;
  }
}

// Measured with two threads on a Xeon with AVX-512, milliseconds forward, to the input, to the weights:
//
//   shape                     batch  gemm                 direct   winograd             chosen
//   112x112x32, depthwise         8  16.4                 0.754                         direct: sixteen channels a vector, where
//   7x7x960, depthwise            8  1.94                 0.079                         the product of a group has one column
//   56x56x64, 3x3x64              8  5.80   5.86   6.29            2.06   2.12   2.19   winograd: a quarter of the products
//   28x28x128, 3x3x128            8  5.57   5.67   5.98            2.46   2.74   2.34   winograd
//   14x14x256, 3x3x256            8  5.61   5.54   6.66            3.06   3.21   3.24   winograd, though tiles cross the edges
//   7x7x512, 3x3x512              8  7.35   7.28   7.85            3.30   3.45   3.92   winograd
//   4x4x256, 3x3x256             32  2.49   2.47   1.76            0.81   0.85   0.93   winograd
//   2x2x512, 3x3x512             32  7.16   7.09   1.65            1.49   1.62   2.07   winograd; gemm to the weights
//   56x56x16, 3x3x16              8  0.43   0.43   0.43            0.25   0.26   0.25   winograd
//   6x6x16, 3x3x16               32  0.025  0.025  0.028           0.026  0.025  0.028  gemm: nothing is saved
//   7x7x256, 3x3x256              1  0.408  0.387  0.241           0.213  0.226  0.290  winograd; gemm to the weights, whose sums
//   4x4x64, 3x3x64                1  0.011  0.012  0.007           0.017  0.022  0.021  are transformed once for all tiles
//   4x4x64, 3x3x64                8  0.058  0.058  0.036           0.022  0.026  0.031  winograd
//
// The batch has no say in it but for weights, whose sums run over it: an image has the same result alone and in a batch.
ConvAlgorithm chooseConv(ConvKind kind, const ConvGeometry& g) {
  if (isDepthwise(g) && g.groups > 1) return ConvAlgorithm::direct;
  if (winogradEligible(g) && winogradPays(kind, g)) return ConvAlgorithm::winograd;
  return ConvAlgorithm::gemm;
}

Status takeAlgorithm(ConvKind kind, const ConvGeometry& g, int32_t wanted, ConvAlgorithm& taken) {
  if (wanted < 0 || wanted >= int32_t(ConvAlgorithm::count)) return Status::error("unknown algorithm");
  taken = ConvAlgorithm(wanted);
  if (taken == ConvAlgorithm::automatic)
    taken = chooseConv(kind, g);
  else if (!convEligible(kind, g, taken))
    return Status::error("expected an algorithm for which the geometry is eligible");
  return Status::ok();
}

int64_t convAlgorithm(int32_t kind, Dims geometry, int32_t algorithm) {
  ConvGeometry g;
  if (kind < 0 || kind >= int32_t(ConvKind::count) || algorithm < 0 || algorithm >= int32_t(ConvAlgorithm::count)) return -1;
  if (readGeometry(geometry, g).failed()) return -1;
  const ConvAlgorithm wanted = ConvAlgorithm(algorithm);
  if (wanted == ConvAlgorithm::automatic) return int64_t(chooseConv(ConvKind(kind), g));
  return int64_t(convEligible(ConvKind(kind), g, wanted) ? wanted : ConvAlgorithm::automatic);
}

}  // namespace myelin::ops
