// What the drivers in ops/ (conv_winograd*) and the transforms of each instruction set agree on.
#pragma once
#include <stdint.h>

namespace myelin {

// The matrices of F(tile x tile, 3x3), tile 2 or 4, whose edge is tile + 2:
//   data      B^T  [edge, edge]   a tile of the input
//   filter    G    [edge, 3]      the taps of a filter
//   result    A^T  [tile, edge]   the products, to results
//   gradient  A    [edge, tile]   a tile of the results' gradient
//   taps      G^T  [3, edge]      the sums of products of data and gradient, to the gradient of the taps
enum class WinogradMatrix : int32_t { data, filter, result, gradient, taps };

// out = M in M^T for 16*vectors lanes at once, element (i, j) of which start at in + i*inRow + j*inColumn, and likewise of out.
// A result may get 16*vectors numbers of bias, and an activation, as its tile is stored.
struct WinogradTransform {
  WinogradMatrix matrix;
  int32_t tile;
  const float* in;
  int64_t inRow, inColumn;
  float* out;
  int64_t outRow, outColumn;
  int64_t vectors;
  const float* bias;   // or null; of results
  int32_t activation;  // TileActivation, of results
};

}  // namespace myelin
