// Maximum pooling with channels last: sixteen channels of a window at a time, cell after cell; the last vector of a pixel is masked.

// Calls body(window, channel, lanes) for each vector of each window.
template <class Body>
SIMD void eachVector(const PoolRow& row, Body body) {
  for (int64_t i = 0; i < row.windows; ++i) {
    eachPart(row.channels, [&](int64_t channel, int lanes) __attribute__((always_inline)) { body(i, channel, lanes); });
  }
}

SIMD F16 cellNumber(int64_t cell) { return fromBits(iset1(int32_t(cell))); }

// The first of equals, and the first NaN, win. Positions travel as the bits of float lanes.
template <bool placed> SIMD void maxima(const PoolRow& row, const float* x, float* y, int32_t* indices) {
  float* positions = reinterpret_cast<float*>(indices);
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const int64_t base = row.first + i * row.step;
    F16 best = set1(-__builtin_inff()), where = cellNumber(-1);
    if (row.cellCount > 0) {
      best = loadSome(x + (base + row.cells[0]) * row.pixel + channel, lanes);
      if (placed) where = cellNumber(base + row.cells[0]);
    }
    for (int64_t j = 1; j < row.cellCount; ++j) {
      const int64_t cell = base + row.cells[j];
      const F16 value = loadSome(x + cell * row.pixel + channel, lanes);
      const M16 better = both(inverse(le(value, best)), eq(best, best));
      best = pick(better, value, best);
      if (placed) where = pick(better, cellNumber(cell), where);
    }
    storeSome(y + i * row.pixel + channel, best, lanes);
    if (placed) storeSome(positions + i * row.pixel + channel, where, lanes);
  });
}
void maxPoolRow(const PoolRow& row, const float* x, float* y) { maxima<false>(row, x, y, nullptr); }
void maxPoolIndexRow(const PoolRow& row, const float* x, float* y, int32_t* indices) { maxima<true>(row, x, y, indices); }

// For windows that do not overlap: every cell receives dy or 0. False if an index is not a cell of its window.
bool maxPoolGradRow(const PoolRow& row, const float* dy, const int32_t* indices, float* dx) {
  const float* positions = reinterpret_cast<const float*>(indices);
  const float ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  F16 strays = zero();
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const int64_t base = row.first + i * row.step;
    const F16 gradient = loadSome(dy + i * row.pixel + channel, lanes);
    const I16 where = bits(loadSome(positions + i * row.pixel + channel, lanes));
    F16 missing = loadSome(ones, lanes);
    for (int64_t j = 0; j < row.cellCount; ++j) {
      const int64_t cell = base + row.cells[j];
      const M16 here = eq(toFloat(ixor(where, iset1(int32_t(cell)))), zero());
      missing = pick(here, zero(), missing);
      storeSome(dx + cell * row.pixel + channel, pick(here, gradient, zero()), lanes);
    }
    strays = max(strays, missing);
  });
  return !any(gt(strays, zero()));
}
