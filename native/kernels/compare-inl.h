// Comparison of all element types into bytes, and choice by such bytes. The loops are simple enough for the compiler to
// vectorise. Six comparisons are three: a > b is b < a, a >= b is b <= a, and a != b is the inverse of a == b, NaN included.

template <class T> struct Equal { SIMD bool holds(T a, T b) { return a == b; } };
template <class T> struct Less { SIMD bool holds(T a, T b) { return a < b; } };
template <class T> struct LessEqual { SIMD bool holds(T a, T b) { return a <= b; } };

template <class T, class Op, bool repeatsA, bool repeatsB>
void compareRow(const T* a, const T* b, uint8_t* __restrict c, int64_t n, uint8_t inverted) {
  for (int64_t i = 0; i < n; i++) c[i] = static_cast<uint8_t>(Op::holds(a[repeatsA ? 0 : i], b[repeatsB ? 0 : i])) ^ inverted;
}

template <class T, class Op>
void compareRows(const void* a, const void* b, uint8_t* c, int64_t rows, int64_t cols, int64_t rowA, int64_t rowB, bool repeatsA,
                 bool repeatsB, uint8_t inverted) {
  const auto row = repeatsA ? (repeatsB ? compareRow<T, Op, true, true> : compareRow<T, Op, true, false>)
                            : (repeatsB ? compareRow<T, Op, false, true> : compareRow<T, Op, false, false>);
  for (int64_t r = 0; r < rows; r++) {
    row(static_cast<const T*>(a) + r * rowA, static_cast<const T*>(b) + r * rowB, c + r * cols, cols, inverted);
  }
}

// As binary, for elements of a Type (runtime/args.h) and a comparison in the order of CompareOp (ops/ops.h).
void compare(int32_t op, int32_t type, const void* a, const void* b, uint8_t* c, int64_t rows, int64_t cols, int64_t rowA,
             int64_t rowB, bool repeatsA, bool repeatsB) {
  enum Order { equal, notEqual, less, lessEqual, greater, greaterEqual };
  using Rows = void (*)(const void*, const void*, uint8_t*, int64_t, int64_t, int64_t, int64_t, bool, bool, uint8_t);
  static constexpr Rows table[][3] = {
      {compareRows<float, Equal<float>>, compareRows<float, Less<float>>, compareRows<float, LessEqual<float>>},
      {compareRows<double, Equal<double>>, compareRows<double, Less<double>>, compareRows<double, LessEqual<double>>},
      {compareRows<int32_t, Equal<int32_t>>, compareRows<int32_t, Less<int32_t>>, compareRows<int32_t, LessEqual<int32_t>>},
      {compareRows<uint8_t, Equal<uint8_t>>, compareRows<uint8_t, Less<uint8_t>>, compareRows<uint8_t, LessEqual<uint8_t>>},
  };
  const int kind = op == equal || op == notEqual ? 0 : op == less || op == greater ? 1 : 2;
  const Rows loop = table[type][kind];
  if (op == greater || op == greaterEqual) {
    loop(b, a, c, rows, cols, rowB, rowA, repeatsB, repeatsA, 0);
  } else {
    loop(a, b, c, rows, cols, rowA, rowB, repeatsA, repeatsB, op == notEqual);
  }
}

// c may be a or b, element for element, which hinders no vector; the compiler could not know.
template <class T> void selectLoop(const uint8_t* mask, const void* a, const void* b, void* c, int64_t n) {
  const T* x = static_cast<const T*>(a);
  const T* y = static_cast<const T*>(b);
  T* z = static_cast<T*>(c);
#pragma GCC ivdep
  for (int64_t i = 0; i < n; i++) {
    const T left = x[i], right = y[i];
    z[i] = mask[i] != 0 ? left : right;
  }
}

void select(int32_t elementSize, const uint8_t* mask, const void* a, const void* b, void* c, int64_t n) {
  const auto loop = elementSize == 1 ? selectLoop<uint8_t> : elementSize == 4 ? selectLoop<uint32_t> : selectLoop<uint64_t>;
  loop(mask, a, b, c, n);
}
