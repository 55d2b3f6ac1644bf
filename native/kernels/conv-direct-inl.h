// Depthwise convolution, channels last: sixteen channels are a vector, and a product of vectors is all that a tap does, so nothing is
// packed. A tile of neighbouring pixels shares the weights of a tap and keeps enough independent sums under way; few pixels take
// more channels instead. Pixels are the outer loop, so that x passes through the cache as a stream of whole rows; the rows that
// the next output row reads again stay in the second-level cache.
//
// Weights' gradients keep the sums of a group of taps in registers while the pixels of a rectangle go by: a step loads one vector of
// dy for all of them.

template <int rows, int vectors, bool whole>
void directTile(const DirectRow& row, int64_t first, int64_t channel, int lanes) {
  static_assert(whole || vectors == 1, "");
  F16 sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
    for (int j = 0; j < vectors; ++j) sum[r][j] = zero();
  const int64_t stride = row.strideX;
  const float* x = row.x + first * stride + channel;
  const float* w = row.w + channel;
  for (int64_t t = 0; t < row.tapCount; ++t) {
    const float* weights = w + row.taps[t].w;
    F16 right[vectors];
#pragma GCC unroll 8
    for (int j = 0; j < vectors; ++j) right[j] = whole ? load(weights + 16 * j) : loadPart(weights, lanes);
    // A few moving pointers reach all pixels without a register for each.
    const float* at = x + row.taps[t].x;
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const float* pixel = at + (r % 3) * stride;
#pragma GCC unroll 8
      for (int j = 0; j < vectors; ++j) {
        sum[r][j] = fma(whole ? load(pixel + 16 * j) : loadPart(pixel, lanes), right[j], sum[r][j]);
      }
      if (r % 3 == 2) at += 3 * stride;
    }
  }
  GemmTile tile = {};
  tile.c = row.y + first * row.strideY + channel;
  tile.strideC = row.strideY;
  tile.rows = rows;
  tile.columns = whole ? 16 * vectors : lanes;
  tile.bias = row.bias ? row.bias + channel : nullptr;
  tile.activation = row.activation;
  addBias<rows, vectors>(tile, sum);
  finishTile<rows, vectors>(tile, sum);
  if (tile.activation > tileRelu) activateTile(tile);
}

using DirectTile = void (*)(const DirectRow&, int64_t, int64_t, int);

// The tiles of a number of pixels: 1, 2, 4, 8 vectors of channels as the table of widths allows, and a part of a vector.
struct DirectTiles {
  DirectTile of[4], part;
  int widest;
};
template <int rows, int vectors>
constexpr DirectTile directOf() {
  if constexpr (rows <= tileShape.rows) {
    if constexpr (16 * vectors <= tileShape.width[rows]) return directTile<rows, vectors, true>;
  }
  return nullptr;
}
template <int rows>
constexpr DirectTiles directTilesOf() {
  if constexpr (rows <= tileShape.rows) {
    constexpr int width = tileShape.width[rows];
    return {{directOf<rows, 1>(), directOf<rows, 2>(), directOf<rows, 4>(), directOf<rows, 8>()},
            directTile<rows, 1, false>,
            width >= 128 ? 3 : width >= 64 ? 2 : width >= 32 ? 1 : 0};
  }
  return {};
}

void directRow(const DirectRow& row) {
  static constexpr DirectTiles tiles[] = {directTilesOf<1>(),  directTilesOf<2>(),  directTilesOf<3>(),  directTilesOf<4>(),
                                          directTilesOf<5>(),  directTilesOf<6>(),  directTilesOf<7>(),  directTilesOf<8>(),
                                          directTilesOf<9>(),  directTilesOf<10>(), directTilesOf<11>(), directTilesOf<12>(),
                                          directTilesOf<13>(), directTilesOf<14>()};
  const int64_t parts = (row.pixels + tileShape.rows - 1) / tileShape.rows;
  for (int64_t part = 0, first = 0; part < parts; ++part) {
    const int64_t count = (row.pixels - first + parts - part - 1) / (parts - part);
    const DirectTiles& kinds = tiles[count - 1];
    int64_t channel = 0;
    for (int width = kinds.widest; width >= 0; --width)
      for (; channel + (16 << width) <= row.channels; channel += 16 << width) kinds.of[width](row, first, channel, 16);
    if (channel < row.channels) kinds.part(row, first, channel, int(row.channels - channel));
    first += count;
  }
}

#if defined(MYELIN_ISA_AVX512)
constexpr int directTaps = 9, directSumVectors = 2;
#elif defined(MYELIN_ISA_BASELINE)
constexpr int directTaps = 2, directSumVectors = 1;
#else
constexpr int directTaps = 6, directSumVectors = 1;
#endif

template <int taps, int vectors, bool whole>
void directSumsOf(const DirectSums& s, const DirectTap* tap, int64_t channel, int lanes) {
  static_assert(whole || vectors == 1, "");
  F16 sum[taps][vectors];
  const float* from[taps];
#pragma GCC unroll 16
  for (int t = 0; t < taps; ++t) {
    from[t] = s.x + tap[t].x + channel;
    const float* dw = s.dw + tap[t].w + channel;
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) sum[t][j] = whole ? load(dw + 16 * j) : loadPart(dw, lanes);
  }
  for (int64_t r = 0; r < s.rows; ++r) {
    const float* dy = s.dy + r * s.rowY + channel;
    int64_t at = r * s.rowX;
    for (int64_t p = 0; p < s.pixels; ++p, dy += s.strideY, at += s.strideX) {
      F16 right[vectors];
#pragma GCC unroll 4
      for (int j = 0; j < vectors; ++j) right[j] = whole ? load(dy + 16 * j) : loadPart(dy, lanes);
#pragma GCC unroll 16
      for (int t = 0; t < taps; ++t)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) {
          sum[t][j] = fma(whole ? load(from[t] + at + 16 * j) : loadPart(from[t] + at, lanes), right[j], sum[t][j]);
        }
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < taps; ++t) {
    float* dw = s.dw + tap[t].w + channel;
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) {
      if (whole)
        store(dw + 16 * j, sum[t][j]);
      else
        storePart(dw, sum[t][j], lanes);
    }
  }
}

template <int taps>
void directGroup(const DirectSums& s, const DirectTap* tap) {
  int64_t channel = 0;
  for (; channel + 16 * directSumVectors <= s.channels; channel += 16 * directSumVectors)
    directSumsOf<taps, directSumVectors, true>(s, tap, channel, 16);
  for (; channel + 16 <= s.channels; channel += 16) directSumsOf<taps, 1, true>(s, tap, channel, 16);
  if (channel < s.channels) directSumsOf<taps, 1, false>(s, tap, channel, int(s.channels - channel));
}

template <int taps>
void directGroupsFrom(const DirectSums& s, const DirectTap* tap, int64_t left) {
  for (; left >= taps; left -= taps, tap += taps) directGroup<taps>(s, tap);
  if constexpr (taps > 1) directGroupsFrom<taps - 1>(s, tap, left);
}

void directSums(const DirectSums& s) { directGroupsFrom<directTaps>(s, s.taps, s.tapCount); }
