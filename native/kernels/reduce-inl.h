// Reductions. Each result is the combination of partial results over chunks of at most reduceChunk elements; the chunks, and the
// order inside a chunk, follow from the length alone, so neither threads nor instruction sets change a bit of it.
//
// Along contiguous memory a chunk has four vectors of partial results, which take its vectors in turn and are combined as
// (0 + 1) + (2 + 3), then lane by lane in the order of sum(). Across rows, eight rows are first combined in pairs and then with
// the partial results of the columns, so memory is read in order and the partial results are touched once in eight rows.

struct SumReduce {
  SIMD F16 start() { return zero(); }
  SIMD F16 lift(F16 x) { return x; }
  SIMD F16 combine(F16 a, F16 b) { return add(a, b); }
  SIMD float lanes(F16 a) { return sum(a); }
};
struct SumSquaresReduce : SumReduce {
  SIMD F16 lift(F16 x) { return mul(x, x); }
};
// NaN stays once it is there.
struct MaxReduce {
  SIMD F16 start() { return set1(-__builtin_inff()); }
  SIMD F16 lift(F16 x) { return x; }
  SIMD F16 combine(F16 a, F16 b) { return pick(either(gt(b, a), isnan(b)), b, a); }
  SIMD float lanes(F16 a) { return any(isnan(a)) ? __builtin_nanf("") : maxOf(a); }
};
struct MinReduce {
  SIMD F16 start() { return set1(__builtin_inff()); }
  SIMD F16 lift(F16 x) { return x; }
  SIMD F16 combine(F16 a, F16 b) { return pick(either(lt(b, a), isnan(b)), b, a); }
  SIMD float lanes(F16 a) { return any(isnan(a)) ? __builtin_nanf("") : minOf(a); }
};
struct ProdReduce {
  SIMD F16 start() { return set1(1.0f); }
  SIMD F16 lift(F16 x) { return x; }
  SIMD F16 combine(F16 a, F16 b) { return mul(a, b); }
  SIMD float lanes(F16 a) {
    float p[16];
    store(p, a);
    for (int width = 8; width > 0; width /= 2)
      for (int i = 0; i < width; i++) p[i] *= p[i + width];
    return p[0];
  }
};

template <class Op> SIMD F16 combineFirst(F16 a, F16 x, int n) {
  return pick(firstLanesOf(n), Op::combine(a, Op::lift(x)), a);
}

template <class Op> SIMD float reduceRun(const float* x, int64_t n) {
  F16 part[4] = {Op::start(), Op::start(), Op::start(), Op::start()};
  int64_t i = 0;
  for (; i + 64 <= n; i += 64)
    for (int j = 0; j < 4; j++) part[j] = Op::combine(part[j], Op::lift(load(x + i + 16 * j)));
  for (int j = 0; j < 3; j++) {
    if (i + 16 > n) break;
    part[j] = Op::combine(part[j], Op::lift(load(x + i)));
    i += 16;
  }
  if (i < n) part[3] = combineFirst<Op>(part[3], loadPart(x + i, static_cast<int>(n - i)), static_cast<int>(n - i));
  return Op::lanes(Op::combine(Op::combine(part[0], part[1]), Op::combine(part[2], part[3])));
}

template <class Op> void reduceRowsWith(const float* x, float* y, int64_t rows, int64_t length) {
  for (int64_t r = 0; r < rows; r++) y[r] = reduceRun<Op>(x + r * length, length);
}

template <class Op> SIMD F16 eightRows(const float* x, int64_t stride, int n) {
  const auto row = [=](int i) __attribute__((always_inline)) {
    return Op::lift(loadSome(x + i * stride, n));
  };
  return Op::combine(Op::combine(Op::combine(row(0), row(1)), Op::combine(row(2), row(3))),
                     Op::combine(Op::combine(row(4), row(5)), Op::combine(row(6), row(7))));
}

template <class Op> void reduceColumnsWith(const float* x, float* y, int64_t rows, int64_t cols, int64_t stride) {
  const int rest = static_cast<int>(cols % 16);
  const int64_t whole = cols - rest;
  for (int64_t c = 0; c < whole; c += 16) store(y + c, Op::start());
  if (rest > 0) storePart(y + whole, Op::start(), rest);
  int64_t r = 0;
  for (; r + 8 <= rows; r += 8, x += 8 * stride) {
    for (int64_t c = 0; c < whole; c += 16) store(y + c, Op::combine(load(y + c), eightRows<Op>(x + c, stride, 16)));
    if (rest > 0) storePart(y + whole, Op::combine(loadPart(y + whole, rest), eightRows<Op>(x + whole, stride, rest)), rest);
  }
  for (; r < rows; r++, x += stride) {
    for (int64_t c = 0; c < whole; c += 16) store(y + c, Op::combine(load(y + c), Op::lift(load(x + c))));
    if (rest > 0) storePart(y + whole, Op::combine(loadPart(y + whole, rest), Op::lift(loadPart(x + whole, rest))), rest);
  }
}

// Operations in the order of ReduceOp (ops/ops.h); the mean is a sum here.
#define REDUCE_TABLE(loop) \
  loop<SumReduce>, loop<SumReduce>, loop<MaxReduce>, loop<MinReduce>, loop<ProdReduce>, loop<SumSquaresReduce>

// y[r] from row r of x; the rows are contiguous.
void reduceRows(int32_t op, const float* x, float* y, int64_t rows, int64_t length) {
  using Loop = void (*)(const float*, float*, int64_t, int64_t);
  static constexpr Loop loops[] = {REDUCE_TABLE(reduceRowsWith)};
  loops[op](x, y, rows, length);
}

// y[c] from column c of x, whose rows start `stride` elements apart.
void reduceColumns(int32_t op, const float* x, float* y, int64_t rows, int64_t cols, int64_t stride) {
  using Loop = void (*)(const float*, float*, int64_t, int64_t, int64_t);
  static constexpr Loop loops[] = {REDUCE_TABLE(reduceColumnsWith)};
  loops[op](x, y, rows, cols, stride);
}
#undef REDUCE_TABLE

// The first x equal to the extreme, or the first NaN; found by first reducing, then searching.
template <class Op> void argRowsWith(const float* x, int32_t* y, int64_t rows, int64_t length) {
  for (int64_t r = 0; r < rows; r++, x += length) {
    F16 best = Op::start();
    int64_t i = 0;
    for (; i + 16 <= length; i += 16) best = Op::combine(best, load(x + i));
    if (i < length) best = combineFirst<Op>(best, loadPart(x + i, static_cast<int>(length - i)), static_cast<int>(length - i));
    const float extreme = Op::lanes(best);
    const bool seeksNaN = extreme != extreme;
    int64_t position = 0;
    for (const F16 all = set1(extreme); position + 16 <= length; position += 16) {
      const F16 v = load(x + position);
      if (any(seeksNaN ? isnan(v) : eq(v, all))) break;
    }
    while (!(seeksNaN ? x[position] != x[position] : x[position] == extreme)) position++;
    y[r] = static_cast<int32_t>(position);
  }
}

// Columns: each lane keeps its best value and, as the bits of a float, the row where it stood.
template <bool greatest> SIMD void argColumn(const float* x, int32_t* y, int64_t rows, int n, int64_t stride) {
  F16 best = loadSome(x, n), at = zero();
  for (int64_t r = 1; r < rows; r++) {
    const F16 v = loadSome(x + r * stride, n);
    const M16 beats = either(greatest ? gt(v, best) : lt(v, best), both(isnan(v), inverse(isnan(best))));
    best = pick(beats, v, best);
    at = pick(beats, fromBits(iset1(static_cast<int32_t>(r))), at);
  }
  int32_t positions[16];
  istore(positions, bits(at));
  for (int i = 0; i < n; i++) y[i] = positions[i];
}

// y[r] = index of the extreme of row r.
void argRows(bool greatest, const float* x, int32_t* y, int64_t rows, int64_t length) {
  (greatest ? argRowsWith<MaxReduce> : argRowsWith<MinReduce>)(x, y, rows, length);
}

// y[c] = row of the extreme of column c.
void argColumns(bool greatest, const float* x, int32_t* y, int64_t rows, int64_t cols, int64_t stride) {
  for (int64_t c = 0; c < cols; c += 16) {
    const int n = static_cast<int>(cols - c < 16 ? cols - c : 16);
    if (greatest) argColumn<true>(x + c, y + c, rows, n, stride);
    else argColumn<false>(x + c, y + c, rows, n, stride);
  }
}
