// Softmax of rows and what trains with it. With m the maximum of a row and s = sum(exp(x - m)): softmax = exp(x - m) / s,
// log-softmax = x - m - log s, cross-entropy = log s - (x[label] - m). Since s >= 1 nothing overflows; a row of -infinity only,
// or with a +infinity or a NaN, becomes NaN.
//
// A row is one pass for the maximum, one for the exponentials and their sum, one to scale; a row of up to 16 columns stays in one
// register. Sums are kept in vectors for 4096 columns at most, whose totals are added in double.

constexpr int64_t softmaxChunk = 4096;

SIMD float rowMaximum(const float* x, int64_t cols) {
  const float low = -__builtin_inff();
  F16 a = set1(low), b = a;
  int64_t i = 0;
  for (; i + 32 <= cols; i += 32) {
    a = max(load(x + i), a);
    b = max(load(x + i + 16), b);
  }
  for (; i + 16 <= cols; i += 16) a = max(load(x + i), a);
  if (i < cols) b = max(loadPartOr(x + i, static_cast<int>(cols - i), low), b);
  return maxOf(max(a, b));
}

// Sum over a row of term(i, n): the n <= 16 lanes from column i on, 0 beyond.
template <class Term> SIMD float rowSum(int64_t cols, Term term) {
  double total = 0;
  for (int64_t first = 0; first < cols; first += softmaxChunk) {
    const int64_t end = cols - first < softmaxChunk ? cols : first + softmaxChunk;
    F16 a = zero(), b = zero();
    int64_t i = first;
    for (; i + 32 <= end; i += 32) {
      a = add(a, term(i, 16));
      b = add(b, term(i + 16, 16));
    }
    for (; i + 16 <= end; i += 16) a = add(a, term(i, 16));
    if (i < end) b = add(b, term(i, static_cast<int>(end - i)));
    total += sum(add(a, b));
  }
  return static_cast<float>(total);
}

struct RowScale { float maximum, sum; };

// y = softmax(x); what it was scaled by.
SIMD RowScale softmaxRow(const float* x, float* y, int64_t cols) {
  if (cols <= 16) {
    const int n = static_cast<int>(cols);
    const F16 row = loadPartOr(x, n, -__builtin_inff());
    const float maximum = maxOf(row);
    const F16 e = firstOnly(exp(sub(row, set1(maximum))), n);
    const float total = sum(e);
    storePart(y, div(e, set1(total)), n);
    return {maximum, total};
  }
  const float maximum = rowMaximum(x, cols);
  const float total = rowSum(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
    const F16 e = firstOnly(exp(sub(loadSome(x + i, n), set1(maximum))), n);
    storeSome(y + i, e, n);
    return e;
  });
  // Divisions of whole vectors would take as long as the exponentials.
  const F16 share = set1(1.0f / total);
  eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
    storeSome(y + i, mul(loadSome(y + i, n), share), n);
  });
  return {maximum, total};
}

SIMD float logOf(float x) {
  float lanes[16];
  store(lanes, log(set1(x)));
  return lanes[0];
}

void softmax(const float* x, float* y, int64_t rows, int64_t cols, bool logarithm) {
  for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
    if (!logarithm) {
      softmaxRow(x, y, cols);
      continue;
    }
    const float maximum = rowMaximum(x, cols);
    const float total = rowSum(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
      return firstOnly(exp(sub(loadSome(x + i, n), set1(maximum))), n);
    });
    const float logTotal = logOf(total);
    eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
      storeSome(y + i, sub(sub(loadSome(x + i, n), set1(maximum)), set1(logTotal)), n);
    });
  }
}

// dx = y (dy - sum(dy y)), or dy - exp(y) sum(dy) for the logarithm.
void softmaxGrad(const float* y, const float* dy, float* dx, int64_t rows, int64_t cols, bool logarithm) {
  for (int64_t r = 0; r < rows; r++, y += cols, dy += cols, dx += cols) {
    if (logarithm) {
      const F16 total = set1(rowSum(cols, [=](int64_t i, int n) __attribute__((always_inline)) { return loadSome(dy + i, n); }));
      eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        storeSome(dx + i, fma(neg(exp(loadSome(y + i, n))), total, loadSome(dy + i, n)), n);
      });
    } else {
      const F16 total = set1(rowSum(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        return mul(loadSome(dy + i, n), loadSome(y + i, n));
      }));
      eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
        storeSome(dx + i, mul(loadSome(y + i, n), sub(loadSome(dy + i, n), total)), n);
      });
    }
  }
}

// False if a label lies outside [0, cols); each label is read once. Logarithms are taken of sixteen rows at a time.
bool crossEntropy(const float* logits, const int32_t* labels, float* loss, float* probabilities, int64_t rows, int64_t cols) {
  for (int64_t start = 0; start < rows; start += 16) {
    const int n = static_cast<int>(rows - start < 16 ? rows - start : 16);
    float sums[16], atLabel[16];
    for (int r = 0; r < n; r++, logits += cols, probabilities += cols) {
      const int64_t label = labels[start + r];
      if (label < 0 || label >= cols) return false;
      const RowScale scale = softmaxRow(logits, probabilities, cols);
      sums[r] = scale.sum;
      atLabel[r] = logits[label] - scale.maximum;
    }
    storeSome(loss + start, sub(log(loadSome(sums, n)), loadSome(atLabel, n)), n);
  }
  return true;
}

// As above; dlogits may be probabilities.
bool crossEntropyGrad(const float* probabilities, const int32_t* labels, const float* dloss, float* dlogits, int64_t rows,
                      int64_t cols) {
  for (int64_t r = 0; r < rows; r++, probabilities += cols, dlogits += cols) {
    const int64_t label = labels[r];
    if (label < 0 || label >= cols) return false;
    const float factor = dloss[r], atLabel = factor * (probabilities[label] - 1.0f);
    eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
      storeSome(dlogits + i, mul(loadSome(probabilities + i, n), set1(factor)), n);
    });
    dlogits[label] = atLabel;
  }
  return true;
}
