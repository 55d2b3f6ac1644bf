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

// out = M in M^T for each of `channels` lanes and of `count` squares. Element (i, j) of square n lies at
// in + n*inStep + i*inRow + j*inColumn, and likewise in out. One side is an array of the caller: in of data, filter and gradient,
// out of result and taps. Of it only the elements with rows in [rowFrom, rowTo) and columns in [columnFrom, columnTo) are
// touched, and only `channels` lanes; what is left out counts as 0. The other side is whole, in vectors of 16 lanes.
struct WinogradTransform {
  WinogradMatrix matrix;
  int32_t tile;
  const float* in;
  int64_t inStep, inRow, inColumn;
  float* out;
  int64_t outStep, outRow, outColumn;
  int64_t count, channels;
  int32_t rowFrom, rowTo, columnFrom, columnTo;
  const float* bias;   // or null; added to results
  int32_t activation;  // TileActivation, of results
};

}  // namespace myelin
