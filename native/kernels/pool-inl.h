// Maximum pooling with channels last: sixteen channels of a window at a time, cell after cell; the last vector of a pixel is masked.

// Calls body(window, channel, lanes) for each vector of each window.
template <class Body>
SIMD void eachVector(const PoolRow& row, Body body) {
  for (int64_t i = 0; i < row.windows; ++i) {
    eachPart(row.channels, [&](int64_t channel, int lanes) __attribute__((always_inline)) { body(i, channel, lanes); });
  }
}

SIMD F16 cellNumber(int64_t cell) { return fromBits(iset1(int32_t(cell))); }

// A NaN is greater than all numbers. max() keeps its second argument where either is a NaN, so those that come second are noted.
void maxPoolRow(const PoolRow& row, const float* x, float* y) {
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const float* from = x + (row.first + i * row.step) * row.pixel + channel;
    F16 best = row.cellCount > 0 ? loadSome(from + row.cells[0] * row.pixel, lanes) : set1(-__builtin_inff());
    M16 missed = isnan(best);
    for (int64_t j = 1; j < row.cellCount; ++j) {
      const F16 value = loadSome(from + row.cells[j] * row.pixel, lanes);
      best = max(value, best);
      missed = either(missed, isnan(value));
    }
    storeSome(y + i * row.pixel + channel, pick(missed, set1(__builtin_nanf("")), best), lanes);
  });
}

// The first of equals, and the first NaN, win. Positions travel as the bits of float lanes.
void maxPoolIndexRow(const PoolRow& row, const float* x, float* y, int32_t* indices) {
  float* positions = reinterpret_cast<float*>(indices);
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const int64_t base = row.first + i * row.step;
    F16 best = set1(-__builtin_inff()), where = cellNumber(-1);
    if (row.cellCount > 0) {
      best = loadSome(x + (base + row.cells[0]) * row.pixel + channel, lanes);
      where = cellNumber(base + row.cells[0]);
    }
    for (int64_t j = 1; j < row.cellCount; ++j) {
      const int64_t cell = base + row.cells[j];
      const F16 value = loadSome(x + cell * row.pixel + channel, lanes);
      const M16 better = both(inverse(le(value, best)), eq(best, best));
      best = pick(better, value, best);
      where = pick(better, cellNumber(cell), where);
    }
    storeSome(y + i * row.pixel + channel, best, lanes);
    storeSome(positions + i * row.pixel + channel, where, lanes);
  });
}

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
