// Elementwise operations over contiguous memory: one vector at a time, a masked one at the end of each row. There is one loop
// for each line of unary.def and binary.def; out-of-order execution overlaps the iterations, so nothing is unrolled by hand.

SIMD F16 signOf(F16 x) {
  return pick(gt(x, zero()), set1(1.0f), pick(lt(x, zero()), set1(-1.0f), zero()));
}
// With the bounds on the left, NaN passes.
SIMD F16 clip(F16 x, F16 low, F16 high) { return min(high, max(low, x)); }

#define UNARY(name, expression, derivativeExpression)                                       \
  struct name##Unary {                                                                      \
    SIMD F16 value([[maybe_unused]] F16 x, [[maybe_unused]] F16 p, [[maybe_unused]] F16 q) { return expression; } \
    SIMD F16 derivative([[maybe_unused]] F16 x, [[maybe_unused]] F16 y, [[maybe_unused]] F16 p, [[maybe_unused]] F16 q) { \
      return derivativeExpression;                                                          \
    }                                                                                       \
  };
#include "unary.def"
#undef UNARY

#define BINARY(name, expression) struct name##Binary { SIMD F16 value(F16 a, F16 b) { return expression; } };
#include "binary.def"
#undef BINARY

template <class Op> void unaryLoop(const float* x, float* y, int64_t n, float p, float q) {
  const F16 p16 = set1(p), q16 = set1(q);
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) store(y + i, Op::value(load(x + i), p16, q16));
  const int rest = static_cast<int>(n - i);
  if (rest > 0) storePart(y + i, Op::value(loadPart(x + i, rest), p16, q16), rest);
}

void unary(int32_t op, const float* x, float* y, int64_t n, float p, float q) {
  using Loop = void (*)(const float*, float*, int64_t, float, float);
  static constexpr Loop loops[] = {
#define UNARY(name, value, derivative) unaryLoop<name##Unary>,
#include "unary.def"
#undef UNARY
  };
  loops[op](x, y, n, p, q);
}

template <class Op> void unaryGradLoop(const float* x, const float* y, const float* dy, float* dx, int64_t n, float p, float q) {
  const F16 p16 = set1(p), q16 = set1(q);
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) store(dx + i, mul(load(dy + i), Op::derivative(load(x + i), load(y + i), p16, q16)));
  const int rest = static_cast<int>(n - i);
  if (rest == 0) return;
  const F16 slope = Op::derivative(loadPart(x + i, rest), loadPart(y + i, rest), p16, q16);
  storePart(dx + i, mul(loadPart(dy + i, rest), slope), rest);
}

void unaryGrad(int32_t op, const float* x, const float* y, const float* dy, float* dx, int64_t n, float p, float q) {
  using Loop = void (*)(const float*, const float*, const float*, float*, int64_t, float, float);
  static constexpr Loop loops[] = {
#define UNARY(name, value, derivative) unaryGradLoop<name##Unary>,
#include "unary.def"
#undef UNARY
  };
  loops[op](x, y, dy, dx, n, p, q);
}

// An operand's elements in a row follow each other, or are all the first one.
template <bool repeats> struct Operand {
  SIMD F16 get(const float* p, int64_t i) { return load(p + i); }
  SIMD F16 getPart(const float* p, int64_t i, int n) { return loadPart(p + i, n); }
};
template <> struct Operand<true> {
  SIMD F16 get(const float* p, int64_t) { return set1(*p); }
  SIMD F16 getPart(const float* p, int64_t, int) { return set1(*p); }
};

template <class Op, bool repeatsA, bool repeatsB>
void binaryRows(const float* a, const float* b, float* c, int64_t rows, int64_t cols, int64_t rowA, int64_t rowB) {
  const int rest = static_cast<int>(cols % 16);
  const int64_t whole = cols - rest;
  for (int64_t r = 0; r < rows; r++, a += rowA, b += rowB, c += cols) {
    for (int64_t i = 0; i < whole; i += 16) store(c + i, Op::value(Operand<repeatsA>::get(a, i), Operand<repeatsB>::get(b, i)));
    if (rest == 0) continue;
    const F16 last = Op::value(Operand<repeatsA>::getPart(a, whole, rest), Operand<repeatsB>::getPart(b, whole, rest));
    storePart(c + whole, last, rest);
  }
}

template <class Op>
void binaryLoop(const float* a, const float* b, float* c, int64_t rows, int64_t cols, int64_t rowA, int64_t rowB, bool repeatsA,
                bool repeatsB) {
  const auto loop = repeatsA ? (repeatsB ? binaryRows<Op, true, true> : binaryRows<Op, true, false>)
                             : (repeatsB ? binaryRows<Op, false, true> : binaryRows<Op, false, false>);
  loop(a, b, c, rows, cols, rowA, rowB);
}

// c is dense; rows of a and b start rowA and rowB elements apart and are contiguous, or one repeated element.
void binary(int32_t op, const float* a, const float* b, float* c, int64_t rows, int64_t cols, int64_t rowA, int64_t rowB,
            bool repeatsA, bool repeatsB) {
  using Loop = void (*)(const float*, const float*, float*, int64_t, int64_t, int64_t, int64_t, bool, bool);
  static constexpr Loop loops[] = {
#define BINARY(name, value) binaryLoop<name##Binary>,
#include "binary.def"
#undef BINARY
  };
  loops[op](a, b, c, rows, cols, rowA, rowB, repeatsA, repeatsB);
}
