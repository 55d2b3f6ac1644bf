// What the drivers in ops/ (gemm, conv) and the micro-kernel of each instruction set agree on.
#pragma once
#include <stdint.h>

namespace myelin {

// A stretch of the sum over k in which both operands advance by constant strides; `a`, `b` are where it starts, in elements.
struct GemmSegment {
  int64_t a, b;
};

enum TileActivation : int32_t { tileLinear, tileRelu, tileSigmoid, tileTanh };  // as ops::Activation

// One tile: c[r][j] = act(start + bias[j] + sum over segments s, steps i < length of A(s, i, r) * B(s, i, j)), summed in that
// order by one chain of fused multiply-adds, where start is c[r][j] if `load`, else 0, and
//   A = a[segments[s].a + r*strideA + i]   as gemmTileRows reads it (its rows lie strideA apart)
//   A = a[segments[s].a + i*strideA + r]   as gemmTileColumns reads it (transposed)
//   B = b[segments[s].b + i*strideB + j]
// All 16*ceil(columns/16) floats of a row of B are read, so where that is more than the array holds B is packed into a panel,
// filled up with zeros. Of c only `rows` x `columns` are touched, and not read unless `load`.
struct GemmTile {
  const float* a;
  const float* b;
  float* c;
  const GemmSegment* segments;
  const float* bias;  // or null
  int64_t strideA, strideB, strideC;
  int64_t segmentCount, length;
  int32_t rows, columns;
  bool load;
  int32_t activation;
  // What a later tile reads of A, or null: two lines, aheadStride apart, are fetched for each 16 steps, aheadStep further each
  // time.
  const float* ahead;
  int64_t aheadStride, aheadStep;
};

// What an instruction set prefers. A tile has 1 to `rows` rows; one with r rows may be up to width[r] columns wide: few rows
// make wide tiles, so that enough independent sums are under way. Tiles of more than 32 columns have exactly 64 or 128.
struct GemmShape {
  static constexpr int32_t rowsLimit = 14;
  int32_t rows;
  int32_t panel;  // columns of a packed panel, the width of the largest tile
  int32_t width[rowsLimit + 1];
};

}  // namespace myelin
