// The micro-kernel of every sum of products: a tile of C, rows x 16*vectors, stays in registers while k runs over the segments
// (kernels/gemm.h has the formula). A step of k loads `vectors` registers of B and broadcasts one element of A per row. A is read
// where it lies, by rows or by columns, so it needs no packing; in an image with channels last the rows are the patches of
// neighbouring pixels, which overlap.
//
// One tile size per instruction set, the largest whose accumulators, B and one broadcast fit its registers; every smaller
// number of rows has a kernel of its own, so that a driver can cut any number of rows evenly. A thin tile trades rows for
// width, so that enough independent sums are under way when A has only a few rows.
//
// B comes from the second-level cache, each panel read once by a tile, and the processor's own prefetching leaves a tenth of the
// time to waiting (a quarter where a tile has 8 rows), so each step fetches what a later one loads; the same holds for a
// transposed A (a fifth). A tile of fewer than 4 rows has no time for that: it takes B as fast as the cache gives it.

#if defined(MYELIN_ISA_AVX512)
constexpr GemmShape tileShape = {14, 32, {0, 128, 128, 128, 64, 64, 64, 32, 32, 32, 32, 32, 32, 32, 32}};
#elif defined(MYELIN_ISA_AVX2)
constexpr GemmShape tileShape = {6, 16, {0, 64, 32, 32, 16, 16, 16}};
#elif defined(MYELIN_ISA_NEON)
constexpr GemmShape tileShape = {6, 16, {0, 64, 32, 32, 16, 16, 16}};
#else
constexpr GemmShape tileShape = {2, 16, {0, 32, 16}};
#endif

constexpr int early = 12;    // steps between fetching a row of B and loading it
constexpr int soon = 4;      // the same for a transposed A: strides that crowd its lines into two sets leave room for no more
constexpr int longSum = 128;  // steps from which on an unrolled loop saves more than it takes to begin it
constexpr int stretch = 64;  // steps between two visits of the next strip of A: the inner loop ends seldom enough

template <int rows, int vectors>
SIMD void startTile(const GemmTile& t, F16 (&sum)[rows][vectors]) {
  if (!t.load) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
      for (int j = 0; j < vectors; ++j) sum[r][j] = zero();
    return;
  }
  const int last = t.columns - 16 * (vectors - 1);
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    const float* c = t.c + r * t.strideC;
#pragma GCC unroll 8
    for (int j = 0; j < vectors - 1; ++j) sum[r][j] = load(c + 16 * j);
    sum[r][vectors - 1] = last == 16 ? load(c + 16 * (vectors - 1)) : loadPart(c + 16 * (vectors - 1), last);
  }
}

template <int rows, int vectors>
SIMD void addBias(const GemmTile& t, F16 (&sum)[rows][vectors]) {
  if (!t.bias) return;
  F16 bias[vectors];
#pragma GCC unroll 8
  for (int j = 0; j < vectors - 1; ++j) bias[j] = load(t.bias + 16 * j);
  bias[vectors - 1] = loadPart(t.bias + 16 * (vectors - 1), t.columns - 16 * (vectors - 1));
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
    for (int j = 0; j < vectors; ++j) sum[r][j] = add(sum[r][j], bias[j]);
}

template <int rows, int vectors>
SIMD void finishTile(const GemmTile& t, F16 (&sum)[rows][vectors]) {
  const int last = t.columns - 16 * (vectors - 1);
  if (t.activation == tileRelu) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
      for (int j = 0; j < vectors; ++j) sum[r][j] = max(zero(), sum[r][j]);
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
    float* c = t.c + r * t.strideC;
#pragma GCC unroll 8
    for (int j = 0; j < vectors - 1; ++j) store(c + 16 * j, sum[r][j]);
    if (last == 16)
      store(c + 16 * (vectors - 1), sum[r][vectors - 1]);
    else
      storePart(c + 16 * (vectors - 1), sum[r][vectors - 1], last);
  }
}

// Sigmoid and tanh would crowd the registers of the tile, so they pass over it once more, while it is in the cache.
void activateTile(const GemmTile& t) {
  for (int r = 0; r < t.rows; ++r) {
    float* c = t.c + r * t.strideC;
    for (int j = 0; j < t.columns; j += 16) {
      const int n = t.columns - j < 16 ? t.columns - j : 16;
      const F16 x = loadPart(c + j, n);
      storePart(c + j, t.activation == tileSigmoid ? sigmoid(x) : tanh(x), n);
    }
  }
}

template <int rows, int vectors, bool byRows>
void tileKernel(const GemmTile& t) {
  F16 sum[rows][vectors];
  startTile<rows, vectors>(t, sum);
  addBias<rows, vectors>(t, sum);
  if (t.ahead) {
    for (int r = 0; r < rows; ++r)
      for (int j = 0; j < vectors; ++j) __builtin_prefetch(t.c + r * t.strideC + 16 * (vectors + j), 1, 2);
  }
  const int64_t strideA = t.strideA, strideB = t.strideB;
  // By rows, a few moving pointers with the offsets 0, 1 and 2 strides reach all rows without a register for each.
  constexpr int groups = byRows ? (rows + 2) / 3 : 1;
  const float* ahead = t.ahead;
  for (int64_t s = 0; s < t.segmentCount; ++s) {
    const float* b = t.b + t.segments[s].b;
    const float* a[groups];
#pragma GCC unroll 8
    for (int g = 0; g < groups; ++g) a[g] = t.a + t.segments[s].a + 3 * g * strideA;
    const auto step = [&]() __attribute__((always_inline)) {
      F16 right[vectors];
      if constexpr (!byRows && rows >= 4) {
        // Each step reads another line of A, or two.
        __builtin_prefetch(a[0] + soon * strideA, 0, 3);
        __builtin_prefetch(a[0] + soon * strideA + rows - 1, 0, 3);
      }
#pragma GCC unroll 8
      for (int j = 0; j < vectors; ++j) {
        if constexpr (rows >= 4) __builtin_prefetch(b + 16 * j + early * strideB, 0, 3);
        right[j] = load(b + 16 * j);
      }
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) {
        const F16 factor = set1(byRows ? a[r / 3][(r % 3) * strideA] : a[0][r]);
#pragma GCC unroll 8
        for (int j = 0; j < vectors; ++j) sum[r][j] = fma(factor, right[j], sum[r][j]);
      }
      b += strideB;
#pragma GCC unroll 8
      for (int g = 0; g < groups; ++g) a[g] += byRows ? 1 : strideA;
    };
    for (int64_t left = t.length; left > 0; left -= stretch) {
      int steps = left < stretch ? int(left) : stretch;
      if (t.ahead) {
        for (int i = 0; i < steps; i += 16, ahead += t.aheadStep) {
          __builtin_prefetch(ahead, 0, 2);
          __builtin_prefetch(ahead + t.aheadStride, 0, 2);
        }
      }
      if (byRows && t.length >= longSum) {
#pragma GCC unroll 8
        for (; steps > 0; --steps) step();
      } else {
        for (; steps > 0; --steps) step();
      }
    }
  }
  finishTile<rows, vectors>(t, sum);
  if (t.activation > tileRelu) activateTile(t);
}

using TileKernel = void (*)(const GemmTile&);

// The kernel of `rows` rows and the narrowest of 1, 2, 4, 8 vectors that holds the columns and that the table of widths allows.
template <int rows, int vectors, bool byRows>
constexpr TileKernel kernelOf() {
  if constexpr (rows <= tileShape.rows) {
    if constexpr (16 * vectors <= tileShape.width[rows]) return tileKernel<rows, vectors, byRows>;
  }
  return nullptr;
}
template <int rows, bool byRows>
struct KernelsOfRows {
  static constexpr TileKernel of[4] = {kernelOf<rows, 1, byRows>(), kernelOf<rows, 2, byRows>(), kernelOf<rows, 4, byRows>(),
                                       kernelOf<rows, 8, byRows>()};
};
template <bool byRows>
SIMD void dispatchTile(const GemmTile& t) {
  static constexpr const TileKernel* kernels[] = {
      KernelsOfRows<1, byRows>::of,  KernelsOfRows<2, byRows>::of,  KernelsOfRows<3, byRows>::of,  KernelsOfRows<4, byRows>::of,
      KernelsOfRows<5, byRows>::of,  KernelsOfRows<6, byRows>::of,  KernelsOfRows<7, byRows>::of,  KernelsOfRows<8, byRows>::of,
      KernelsOfRows<9, byRows>::of,  KernelsOfRows<10, byRows>::of, KernelsOfRows<11, byRows>::of, KernelsOfRows<12, byRows>::of,
      KernelsOfRows<13, byRows>::of, KernelsOfRows<14, byRows>::of};
  const int vectors = (t.columns + 15) / 16;
  kernels[t.rows - 1][vectors <= 1 ? 0 : vectors <= 2 ? 1 : vectors <= 4 ? 2 : 3](t);
}

void gemmTileRows(const GemmTile& t) { dispatchTile<true>(t); }
void gemmTileColumns(const GemmTile& t) { dispatchTile<false>(t); }
const GemmShape& gemmShape() { return tileShape; }
