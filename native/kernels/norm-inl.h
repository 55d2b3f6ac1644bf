// Normalisation: y = (x - mean) / sqrt(variance + epsilon) * scale + shift, and its gradients.
//
// Statistics are taken in two passes: a pivot (the mean, as a float) first, then the sums of d and d^2 with d = x - pivot, which
// are small where the data lie far from 0. The sum of d also gives what the pivot lacks of the mean, in double; since x - pivot
// hardly rounds, that rest goes into the shift, and y is as exact as if the mean were a double.
//
// Rows: the statistics are those of contiguous runs; a run stays in cache from the first pass to the last. Columns: they are
// those of columns, of blocks that stay in cache; ops/norm.cc combines the blocks. The rows of a block start `stride` elements
// apart. A relu is applied as y is written; on the way back dy counts only where that y is above 0.

// Elements whose sum is kept in vectors before it is added up in double.
constexpr int64_t normRun = 4096;

struct Sums { double a, b; };

// Sums of two terms over [0, n): term(i, n) gives those of the n <= 16 lanes from i on, 0 beyond.
struct Terms { F16 a, b; };
template <class Term> SIMD Sums sumTerms(int64_t n, Term term) {
  Sums total = {0, 0};
  for (int64_t first = 0; first < n; first += normRun) {
    const int64_t end = n - first < normRun ? n : first + normRun;
    F16 a[4] = {zero(), zero(), zero(), zero()}, b[4] = {zero(), zero(), zero(), zero()};
    int64_t i = first;
    for (; i + 64 <= end; i += 64) {
      for (int j = 0; j < 4; j++) {
        const Terms t = term(i + 16 * j, 16);
        a[j] = add(a[j], t.a);
        b[j] = add(b[j], t.b);
      }
    }
    for (; i < end; i += 16) {
      const Terms t = term(i, end - i < 16 ? static_cast<int>(end - i) : 16);
      a[0] = add(a[0], t.a);
      b[0] = add(b[0], t.b);
    }
    total.a += sum(add(add(a[0], a[1]), add(a[2], a[3])));
    total.b += sum(add(add(b[0], b[1]), add(b[2], b[3])));
  }
  return total;
}

SIMD double sumRun(const float* x, int64_t n) {
  double total = 0;
  for (int64_t first = 0; first < n; first += normRun)
    total += reduceRun<SumReduce>(x + first, n - first < normRun ? n - first : normRun);
  return total;
}

// max(v, 0), NaN as it is, where wanted.
SIMD F16 rectify(F16 v, bool relu) { return relu ? pick(le(v, zero()), zero(), v) : v; }

// dy, or where a relu followed what of it counts: that where its result is above 0.
SIMD F16 someGradient(const float* dy, const float* rectified, int64_t i, int n) {
  const F16 d = loadSome(dy + i, n);
  return rectified == nullptr ? d : pick(gt(loadSome(rectified + i, n), zero()), d, zero());
}

SIMD F16 someOr(const float* p, int64_t i, int n, F16 other) { return p == nullptr ? other : loadSome(p + i, n); }

// `rows` runs of `cols` elements. mean is null where 0 takes its place; scale and shift [cols] may be null. Where `fixed`, mean
// and variance are read; else they are written.
void normRows(const float* x, const float* scale, const float* shift, float* y, float* mean, float* variance, int64_t rows,
              int64_t cols, double epsilon, bool fixed, bool relu) {
  const double share = 1 / static_cast<double>(cols);
  for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
    float pivot = 0;
    double rest = 0, spread;
    if (mean != nullptr) pivot = fixed ? mean[r] : static_cast<float>(sumRun(x, cols) * share);
    const F16 from = set1(pivot);
    if (fixed) {
      spread = variance[r];
    } else {
      const Sums sums = sumTerms(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        const F16 d = firstOnly(sub(loadSome(x + i, n), from), n);
        return Terms{d, mul(d, d)};
      });
      if (mean != nullptr) rest = sums.a * share;
      spread = sums.b * share - rest * rest;
      if (spread < 0) spread = 0;
      if (mean != nullptr) mean[r] = static_cast<float>(pivot + rest);
      variance[r] = static_cast<float>(spread);
    }
    const double inverse = 1 / __builtin_sqrt(spread + epsilon);
    const F16 by = set1(static_cast<float>(inverse)), plus = set1(static_cast<float>(-rest * inverse));
    if (scale == nullptr && shift == nullptr) {
      eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        storeSome(y + i, rectify(fma(sub(loadSome(x + i, n), from), by, plus), relu), n);
      });
    } else {
      eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        const F16 unit = fma(sub(loadSome(x + i, n), from), by, plus);
        storeSome(y + i, rectify(fma(unit, someOr(scale, i, n, set1(1.0f)), someOr(shift, i, n, zero())), relu), n);
      });
    }
  }
}

// With u = (x - mean) * inverse and g = dy * scale: dx = inverse * (g - mean(g) - u * mean(g * u)) over the run, without the
// means where the statistics are fixed, without the first where the mean counts as 0. dy * u and dy are added to dscale and
// dshift, which may be null, as may dx.
void normGradRows(const float* x, const float* dy, const float* rectified, const float* scale, const float* mean,
                  const float* variance, float* dx, float* dscale, float* dshift, int64_t rows, int64_t cols, double epsilon,
                  bool fixed) {
  const double share = 1 / static_cast<double>(cols);
  for (int64_t r = 0; r < rows; r++, x += cols, dy += cols) {
    const float* y = rectified == nullptr ? nullptr : rectified + r * cols;
    const F16 from = mean == nullptr ? zero() : set1(mean[r]);
    const double inverse = 1 / __builtin_sqrt(variance[r] + epsilon);
    const F16 by = set1(static_cast<float>(inverse));
    const auto addParameters = [=](int64_t i, int n, F16 d, F16 u) __attribute__((always_inline)) {
      if (dscale != nullptr) storeSome(dscale + i, fma(d, u, loadSome(dscale + i, n)), n);
      if (dshift != nullptr) storeSome(dshift + i, add(d, loadSome(dshift + i, n)), n);
    };
    Sums sums = {0, 0};
    if (!fixed && dx != nullptr) {
      sums = sumTerms(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        const F16 d = someGradient(dy, y, i, n), u = mul(sub(loadSome(x + i, n), from), by);
        addParameters(i, n, d, u);
        const F16 g = mul(d, someOr(scale, i, n, set1(1.0f)));
        return Terms{g, firstOnly(mul(g, u), n)};
      });
    } else if (dscale != nullptr || dshift != nullptr) {
      eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        addParameters(i, n, someGradient(dy, y, i, n), mul(sub(loadSome(x + i, n), from), by));
      });
    }
    if (dx == nullptr) continue;
    // The differences are taken before they are scaled up: where they vanish, so does dx.
    const F16 plus = set1(mean == nullptr ? 0.0f : static_cast<float>(-sums.a * share));
    const F16 along = set1(static_cast<float>(-sums.b * share * inverse));
    eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
      const F16 g = add(mul(someGradient(dy, y, i, n), someOr(scale, i, n, set1(1.0f))), plus);
      storeSome(dx + i, mul(fma(sub(loadSome(x + i, n), from), along, g), by), n);
    });
    dx += cols;
  }
}

template <int n> struct RowCount { static constexpr int value = n; };

// visit(r, count) for all rows, four at a time as long as there are so many: what belongs to the columns is then loaded once in
// four.
template <class Visit> SIMD void fourRows(int64_t rows, Visit visit) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) visit(r, RowCount<4>{});
  for (; r < rows; r++) visit(r, RowCount<1>{});
}

// Of each column: the pivot, which is its mean as a float (0 where not `centred`), and the sums of d = x - pivot and of d^2.
void normMoments(const float* x, int64_t rows, int64_t cols, int64_t stride, bool centred, float* pivot, float* rest,
                 float* squares) {
  const F16 share = set1(1.0f / static_cast<float>(rows));
  if (centred) reduceColumnsWith<SumReduce>(x, pivot, rows, cols, stride);
  eachPart(cols, [=](int64_t c, int n) __attribute__((always_inline)) {
    storeSome(pivot + c, centred ? mul(loadSome(pivot + c, n), share) : zero(), n);
    storeSome(rest + c, zero(), n);
    storeSome(squares + c, zero(), n);
  });
  fourRows(rows, [=](int64_t r, auto count) __attribute__((always_inline)) {
    eachPart(cols, [=](int64_t c, int n) __attribute__((always_inline)) {
      const F16 from = loadSome(pivot + c, n);
      F16 linear = loadSome(rest + c, n), square = loadSome(squares + c, n);
      for (int j = 0; j < count.value; j++) {
        const F16 d = sub(loadSome(x + (r + j) * stride + c, n), from);
        linear = add(linear, d);
        square = fma(d, d, square);
      }
      storeSome(rest + c, linear, n);
      storeSome(squares + c, square, n);
    });
  });
}

// y = (x - mean) * a + b, each of the column.
void normColumns(const float* x, int64_t rows, int64_t cols, int64_t stride, const float* mean, const float* a, const float* b,
                 bool relu, float* y) {
  fourRows(rows, [=](int64_t r, auto count) __attribute__((always_inline)) {
    eachPart(cols, [=](int64_t c, int n) __attribute__((always_inline)) {
      const F16 from = loadSome(mean + c, n), by = loadSome(a + c, n), plus = loadSome(b + c, n);
      for (int j = 0; j < count.value; j++) {
        const int64_t at = (r + j) * stride + c;
        storeSome(y + at, rectify(fma(sub(loadSome(x + at, n), from), by, plus), relu), n);
      }
    });
  });
}

// Of each column: the sums of dy and of dy * (x - mean).
void normGradSums(const float* x, const float* dy, const float* rectified, int64_t rows, int64_t cols, int64_t stride,
                  const float* mean, float* sums, float* products) {
  eachPart(cols, [=](int64_t c, int n) __attribute__((always_inline)) {
    storeSome(sums + c, zero(), n);
    storeSome(products + c, zero(), n);
  });
  fourRows(rows, [=](int64_t r, auto count) __attribute__((always_inline)) {
    eachPart(cols, [=](int64_t c, int n) __attribute__((always_inline)) {
      const F16 from = loadSome(mean + c, n);
      F16 sum = loadSome(sums + c, n), product = loadSome(products + c, n);
      for (int j = 0; j < count.value; j++) {
        const int64_t at = (r + j) * stride + c;
        const F16 d = someGradient(dy, rectified, at, n);
        sum = add(sum, d);
        product = fma(d, sub(loadSome(x + at, n), from), product);
      }
      storeSome(sums + c, sum, n);
      storeSome(products + c, product, n);
    });
  });
}

// dx = (dy * a + (x - mean) * b + c) * by, each of the column.
void normGradColumns(const float* x, const float* dy, const float* rectified, int64_t rows, int64_t cols, int64_t stride,
                     const float* mean, const float* a, const float* b, const float* c, const float* by, float* dx) {
  fourRows(rows, [=](int64_t r, auto count) __attribute__((always_inline)) {
    eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
      const F16 from = loadSome(mean + i, n), scale = loadSome(a + i, n), along = loadSome(b + i, n), plus = loadSome(c + i, n);
      const F16 inverse = loadSome(by + i, n);
      for (int j = 0; j < count.value; j++) {
        const int64_t at = (r + j) * stride + i;
        const F16 g = add(mul(someGradient(dy, rectified, at, n), scale), plus);
        storeSome(dx + at, mul(fma(sub(loadSome(x + at, n), from), along, g), inverse), n);
      }
    });
  });
}
