// Pooling with channels last: sixteen channels of a window at a time, cell after cell; the last vector of a pixel is masked.

// Calls body(window, channel, lanes) for each vector of each window.
template <class Body>
SIMD void eachVector(const PoolRow& row, Body body) {
  for (int64_t i = 0; i < row.windows; ++i) {
    int64_t channel = 0;
    for (; channel + 16 <= row.channels; channel += 16) body(i, channel, 16);
    if (channel < row.channels) body(i, channel, int(row.channels - channel));
  }
}

SIMD F16 loadLanes(const float* p, int lanes) { return lanes == 16 ? load(p) : loadPart(p, lanes); }
SIMD void storeLanes(float* p, F16 v, int lanes) {
  if (lanes == 16)
    store(p, v);
  else
    storePart(p, v, lanes);
}

SIMD F16 cellNumber(int64_t cell) { return fromBits(iset1(int32_t(cell))); }

// The first of equals, and the first NaN, win. Positions travel as the bits of float lanes.
void maxPoolRow(const PoolRow& row, const float* x, float* y, int32_t* indices) {
  float* positions = reinterpret_cast<float*>(indices);
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const int64_t base = row.first + i * row.step;
    F16 best = set1(-__builtin_inff()), where = cellNumber(-1);
    if (row.cellCount > 0) {
      best = loadLanes(x + (base + row.cells[0]) * row.channels + channel, lanes);
      where = cellNumber(base + row.cells[0]);
    }
    for (int64_t j = 1; j < row.cellCount; ++j) {
      const int64_t cell = base + row.cells[j];
      const F16 value = loadLanes(x + cell * row.channels + channel, lanes);
      const M16 better = both(inverse(le(value, best)), eq(best, best));
      best = pick(better, value, best);
      where = pick(better, cellNumber(cell), where);
    }
    storeLanes(y + i * row.channels + channel, best, lanes);
    if (indices) storeLanes(positions + i * row.channels + channel, where, lanes);
  });
}

// For windows that do not overlap: every cell receives dy or 0. False if an index is not a cell of its window.
bool maxPoolGradRow(const PoolRow& row, const float* dy, const int32_t* indices, float* dx) {
  const float* positions = reinterpret_cast<const float*>(indices);
  const float ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  F16 strays = zero();
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const int64_t base = row.first + i * row.step;
    const F16 gradient = loadLanes(dy + i * row.channels + channel, lanes);
    const I16 where = bits(loadLanes(positions + i * row.channels + channel, lanes));
    F16 missing = loadLanes(ones, lanes);
    for (int64_t j = 0; j < row.cellCount; ++j) {
      const int64_t cell = base + row.cells[j];
      const M16 here = eq(toFloat(ixor(where, iset1(int32_t(cell)))), zero());
      missing = pick(here, zero(), missing);
      storeLanes(dx + cell * row.channels + channel, pick(here, gradient, zero()), lanes);
    }
    strays = max(strays, missing);
  });
  return !any(gt(strays, zero()));
}

void avgPoolRow(const PoolRow& row, const float* x, float* y) {
  const F16 divisor = set1(row.divisor);
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const int64_t base = row.first + i * row.step;
    F16 total = zero();
    for (int64_t j = 0; j < row.cellCount; ++j) {
      total = add(total, loadLanes(x + (base + row.cells[j]) * row.channels + channel, lanes));
    }
    storeLanes(y + i * row.channels + channel, div(total, divisor), lanes);
  });
}

void avgPoolGradRow(const PoolRow& row, const float* dy, float* dx) {
  const F16 divisor = set1(row.divisor);
  eachVector(row, [&](int64_t i, int64_t channel, int lanes) __attribute__((always_inline)) {
    const int64_t base = row.first + i * row.step;
    const F16 share = div(loadLanes(dy + i * row.channels + channel, lanes), divisor);
    for (int64_t j = 0; j < row.cellCount; ++j) {
      float* to = dx + (base + row.cells[j]) * row.channels + channel;
      storeLanes(to, row.add ? add(loadLanes(to, lanes), share) : share, lanes);
    }
  });
}
