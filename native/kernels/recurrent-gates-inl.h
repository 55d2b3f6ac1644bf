// The functions of gates, and the places of a block that they are applied to.
//
// A gate is a chain of some 25 operations that wait for each other, 90 cycles long, and the processor looks about a hundred operations
// ahead. So the chains of several vectors are written side by side, each operation for all of them, which saves a fifth of the time.
//
// Errors: sigmoid 2 ulp, where results below 1e-38 count as 1e-38 and none is denormal; tanh 2.5 ulp. With m = e^y - 1, whose small
// values are exact as those of expm1 are, sigmoid(x) = 1 / (m + 2) for y = -x, and tanh(x) = m / (m + 2) for y = 2x.

#if defined(MYELIN_ISA_AVX512)
constexpr int chains = 8;
#else
constexpr int chains = 4;  // a vector of sixteen takes two registers or four
#endif

#define EACH(j, count) _Pragma("GCC unroll 32") for (int j = 0; j < (count); j++)

// x[j] = tanh(x[j]) for j in [tanhStart, tanhEnd), else the logistic function of x[j].
template <int count> SIMD void squash(F16 (&x)[count], int tanhStart, int tanhEnd) {
  constexpr float terms[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 0.16666665459f, 0.5f};
  const F16 one = set1(1.0f), two = set1(2.0f);
  F16 power[count], sum[count];
  EACH(j, count) {
    const bool isTanh = j >= tanhStart && j < tanhEnd;
    const float limit = isTanh ? 10.0f : 87.0f;
    const F16 near = max(set1(-limit), min(set1(limit), x[j]));
    x[j] = isTanh ? add(near, near) : neg(near);
  }
  EACH(j, count) {
    // Added to 1.5 * 2^23, n is rounded and stands in the last bits.
    const F16 shifted = fma(x[j], set1(log2E), set1(12582912.0f)), n = sub(shifted, set1(12582912.0f));
    x[j] = fma(n, set1(-ln2Long), fma(n, set1(-ln2Short), x[j]));
    power[j] = fromBits(iadd(ishl<23>(bits(shifted)), iset1(127 << 23)));
  }
  EACH(j, count) sum[j] = fma(set1(terms[0]), x[j], set1(terms[1]));
  EACH(term, 4) EACH(j, count) sum[j] = fma(sum[j], x[j], set1(terms[term + 2]));
  EACH(j, count) sum[j] = fma(mul(x[j], x[j]), sum[j], x[j]);
  EACH(j, count) sum[j] = fma(power[j], sum[j], sub(power[j], one));
  EACH(j, count) {
    x[j] = j >= tanhStart && j < tanhEnd ? sum[j] : one;
    sum[j] = add(sum[j], two);
  }
  EACH(j, count) x[j] = div(x[j], sum[j]);
}

SIMD F16 gateTanh(F16 x) {
  F16 y[1] = {x};
  squash(y, 0, 1);
  return y[0];
}

// Some vectors of a block, the first `lanes` units of each.
template <int count> struct Places {
  int row[count];
  int64_t unit[count];
  int lanes;
};

// visit(r, i, n) for the n <= 16 units from i on of each row.
template <class Visit> SIMD void eachOfBlock(int rows, int units, Visit visit) {
  for (int r = 0; r < rows; r++)
    eachPart(units, [=](int64_t i, int n) __attribute__((always_inline)) { visit(r, i, n); });
}

// Part::visit(b, places) for all units of all rows, `count` whole vectors at a time.
template <class Part, int count, class Block> SIMD void eachPlace(const Block& b) {
  if (count == 1 || b.units % 16 != 0) {
    return eachOfBlock(b.rows, b.units, [&](int r, int64_t i, int n) __attribute__((always_inline)) {
      Part::visit(b, Places<1>{{r}, {i}, n});
    });
  }
  int row = 0, left = b.rows * b.units / 16;
  int64_t unit = 0;
  const auto take = [&](auto& at) __attribute__((always_inline)) {
    for (size_t j = 0; j < sizeof at.row / sizeof at.row[0]; j++) {
      at.row[j] = row;
      at.unit[j] = unit;
      unit += 16;
      if (unit == b.units) unit = 0, row++;
    }
    at.lanes = 16;
  };
  for (; left >= count; left -= count) {
    Places<count> at;
    take(at);
    Part::visit(b, at);
  }
  for (; left > 0; left--) {
    Places<1> at;
    take(at);
    Part::visit(b, at);
  }
}
