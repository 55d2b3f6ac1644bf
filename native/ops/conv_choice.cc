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

// Measured with two threads on a Xeon with AVX-512, milliseconds forward at batch 8; gradients have the same proportions.
//
//   shape                              gemm   direct   winograd   chosen
//   112x112x32, 3x3, depthwise       16.365    0.754              direct: sixteen channels a vector, where a group's product has one column
//   7x7x960, 3x3, depthwise           1.940    0.079              direct
//   56x56x64, 3x3x64                  5.915               2.164   winograd: fewer multiplications
//   7x7x512, 3x3x512                  7.658               3.825   winograd
//   13x13x32, 3x3x64, batch 32        0.434               0.240   winograd
//   28x28x16, 3x3x16, batch 32        0.428               0.279   winograd
//   6x6x16, 3x3x64, batch 32          0.080               0.068   gemm: too little is saved for a larger error
//   6x6x16, 3x3x16, batch 32          0.026               0.029   gemm: the transforms cost more than they save
//   56x56x8, 3x3x8, batch 32          0.924               1.082   gemm
//
// The batch has no say in it: an image has the same result alone and in a batch.
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
