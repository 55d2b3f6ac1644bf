// Tiles of an image on their way into and out of Winograd's transforms. A block of tiles is kept as one matrix for each element
// of a tile, [element][tile][channel]; rows are filled up with zeros to whole vectors.
#pragma once
#include <stdint.h>

#include "../kernels/winograd.h"
#include "conv_geometry.h"

namespace myelin::ops {

// Floats of a thread's workspace: it stays in the second-level cache, and within 2 MB together with the partial sums of weights.
// The same for all calls, so that it is taken once.
constexpr int64_t winogradRoom = 360'000;
// Floats between the matrices of two elements, lest they fall into one set of the cache.
constexpr int64_t winogradApart = 16;

inline int64_t wholeVectors(int64_t channels) { return (channels + 15) / 16 * 16; }

// The results of all images, cut into squares of `tile`; the last of a row or column may reach beyond.
struct WinogradGrid {
  int64_t tile, height, width;   // of the results
  int64_t rows, columns, count;  // of tiles in an image, and tiles in all

  int64_t edge() const { return tile + 2; }
  int64_t elements() const { return edge() * edge(); }
};

WinogradGrid winogradGrid(int64_t images, int64_t height, int64_t width);

// Images [image, height, width, channels] whose square of `extent` for each tile starts `before` it, where zeros lie outside.
struct WinogradSource {
  const float* data;
  int64_t height, width, channels;
  int64_t extent, before[2];
};

// Some tiles, and some of their channels.
struct WinogradBlock {
  int64_t tileStart, tiles, channelStart, channels;
};

// One matrix for each element: they lie `pitch` apart, their rows `stride`.
struct WinogradMatrices {
  float* data;
  int64_t pitch, stride;
};

// Transforms the block into `out`.
void winogradTake(const WinogradGrid& grid, const WinogradSource& source, WinogradMatrix matrix, const WinogradBlock& block,
                  const WinogradMatrices& out);

// Transforms products to the results y [image, height, width, channels] of the block; bias[0] belongs to its first channel.
void winogradGive(const WinogradGrid& grid, const WinogradMatrices& products, const WinogradBlock& block, float* y,
                  int64_t channels, const float* bias, int32_t activation);

}  // namespace myelin::ops
