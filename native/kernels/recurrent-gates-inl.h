// The functions of gates, and the places of a block that they are applied to.
//
// A gate is a chain of some twenty operations that wait for each other, 90 cycles long, and the processor looks two hundred operations
// ahead. So the chains of two vectors are written side by side, each operation for all of them, and what needs their results follows
// later (eachGroup).
//
// Errors: sigmoid 2.5 ulp, where results below 1e-38 count as 1e-38 and none is denormal; tanh 2.5 ulp. With e^y = 2^n e^r,
//   sigmoid(x) = 1 / (1 + e^y) for y = -x,   tanh(x) = m / (m + 2) for y = 2x and m = e^y - 1, whose small values are exact,
// and e^r - 1 = r + r^2 P(r).

#if defined(MYELIN_ISA_AVX512)
constexpr int sideBySide = 2;  // vectors of a row; an LSTM has four chains for each
#else
constexpr int sideBySide = 1;  // a vector of sixteen takes two registers or four
#endif

#define EACH(j, count) _Pragma("GCC unroll 32") for (int j = 0; j < (count); j++)

// x[j] = tanh(x[j]) for j in [tanhStart, tanhEnd), else the logistic function of x[j].
template <int count> SIMD void squash(F16 (&x)[count], int tanhStart, int tanhEnd) {
  constexpr float terms[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 0.16666665459f, 0.5f};
  // Added to 1.5 * 2^23, n is rounded and stands in the last bits; with 127 more, as the exponent of 2^n.
  constexpr float shift = 12582912.0f + 127.0f;
  const F16 one = set1(1.0f), two = set1(2.0f);
  F16 power[count], sum[count];
  const auto isTanh = [=](int j) { return j >= tanhStart && j < tanhEnd; };
  EACH(j, count) {
    const float limit = isTanh(j) ? 10.0f : 87.0f;
    const F16 near = max(set1(-limit), min(set1(limit), x[j]));
    x[j] = isTanh(j) ? add(near, near) : near;
  }
  EACH(j, count) {
    const F16 shifted = fma(x[j], set1(isTanh(j) ? log2E : -log2E), set1(shift)), n = sub(shifted, set1(shift));
    x[j] = fma(n, set1(-ln2Long), fma(n, set1(-ln2Short), isTanh(j) ? x[j] : neg(x[j])));
    power[j] = fromBits(ishl<23>(bits(shifted)));
  }
  EACH(j, count) sum[j] = fma(set1(terms[0]), x[j], set1(terms[1]));
  EACH(i, 4) EACH(j, count) sum[j] = fma(sum[j], x[j], set1(terms[i + 2]));
  EACH(j, count) sum[j] = fma(mul(x[j], x[j]), sum[j], x[j]);
  EACH(j, count) {
    x[j] = isTanh(j) ? fma(power[j], sum[j], sub(power[j], one)) : one;
    sum[j] = isTanh(j) ? add(x[j], two) : add(fma(power[j], sum[j], power[j]), one);
  }
  EACH(j, count) x[j] = div(x[j], sum[j]);
}

// `count` vectors of a row of a block, from a unit on; the first `lanes` units of each.
template <int count> struct Places {
  int row;
  int64_t unit;
  int lanes;
};

template <int count, class Float> SIMD Float* placeOf(Float* base, int64_t stride, const Places<count>& at, int j) {
  return base + at.row * stride + at.unit + 16 * j;
}

struct Nothing {
  template <int count, class Block> SIMD void visit(const Block&, const Places<count>&) {}
};

// First::visit(b, places), then Second::visit(b, places), for all units of all rows. Second follows First by one group of places, so
// that it does not wait for what First has just begun, and the chains of both overlap.
template <class First, class Second, int count, class Block> SIMD void eachGroup(const Block& b) {
  const int all = b.rows * (b.units / (16 * count));
  int row = 0, lastRow = 0;
  int64_t unit = 0, lastUnit = 0;
  for (int i = 0; i <= all; i++) {
    if (i < all) First::visit(b, Places<count>{row, unit, 16});
    if (i > 0) Second::visit(b, Places<count>{lastRow, lastUnit, 16});
    lastRow = row;
    lastUnit = unit;
    unit += 16 * count;
    if (unit == b.units) unit = 0, row++;
  }
}

template <class First, class Second = Nothing, class Block> SIMD void eachPlace(const Block& b) {
  if (b.units % (16 * sideBySide) == 0) return eachGroup<First, Second, sideBySide>(b);
  for (int r = 0; r < b.rows; r++) {
    eachPart(b.units, [&](int64_t i, int n) __attribute__((always_inline)) {
      const Places<1> at = {r, i, n};
      First::visit(b, at);
      Second::visit(b, at);
    });
  }
}
