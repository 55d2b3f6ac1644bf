// The cells of recurrent layers between two products: from pre-activations to states, and back from gradients of states to those of
// pre-activations. The equations are those of src/backend/recurrent.ts. A block (kernels/recurrent.h) has a few rows, whose
// pre-activations the micro-kernel has just left in the cache; its vectors are independent of each other, so that the processor works
// on several at once.

// e^x for |x| <= 87, where 2^n is a normal number.
SIMD F16 expWithin(F16 x) {
  const Reduced a = reduceByLn2(x);
  return mul(expReduced(a.r), fromBits(ishl<23>(iadd(toInt(a.n), iset1(127)))));
}
SIMD F16 clampTo(F16 x, float limit) { return max(set1(-limit), min(set1(limit), x)); }

// The functions of gates, which are a fifth of the work, with fewer steps than those of math-inl.h. Errors: sigmoid 2 ulp, where
// results below 1e-38 count as 1e-38 and none is denormal; tanh 2.5 ulp, as (e^2x - 1) / (e^2x + 1), its numerator taken as expm1 does.
SIMD F16 gateSigmoid(F16 x) {
  const F16 one = set1(1.0f);
  return div(one, add(one, expWithin(clampTo(neg(x), 87.0f))));
}
SIMD F16 gateTanh(F16 x) {
  constexpr float terms[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 0.16666665459f, 0.5f};
  const F16 near = clampTo(x, 10.0f);
  const Reduced a = reduceByLn2(add(near, near));
  const F16 small = fma(mul(a.r, a.r), polynomial(a.r, terms), a.r);
  const F16 power = fromBits(ishl<23>(iadd(toInt(a.n), iset1(127))));
  const F16 less = fma(power, small, sub(power, set1(1.0f)));
  return div(less, add(less, set1(2.0f)));
}

// visit(r, i, n) for the n <= 16 units from i on of each row.
template <class Visit> SIMD void eachOfBlock(int rows, int units, Visit visit) {
  for (int r = 0; r < rows; r++)
    eachPart(units, [=](int64_t i, int n) __attribute__((always_inline)) { visit(r, i, n); });
}

SIMD void putState(const RecurrentForward& b, int r, int64_t i, int n, F16 h) {
  const int64_t at = r * b.strideH + i;
  storeSome(b.next + at, h, n);
  if (b.y != nullptr) storeSome(b.y + b.rowsY[r] + i, h, n);
  if (b.seen != nullptr) storeSome(b.seen + at, mul(h, loadSome(b.mask + at, n)), n);
}

SIMD void keep(const RecurrentForward& b, int r, int64_t i, int n, int gate, F16 value) {
  if (b.kept != nullptr) storeSome(b.kept + r * b.strideKept + gate * b.gateKept + i, value, n);
}

SIMD F16 preActivation(const RecurrentForward& b, int r, int64_t i, int n, int gate) {
  return loadSome(b.z + r * b.strideZ + gate * b.gateZ + i, n);
}

SIMD F16 lstmForward(const RecurrentForward& b, int r, int64_t i, int n) {
  const auto peep = [&](int gate, F16 sum, F16 c) __attribute__((always_inline)) {
    return b.peephole == nullptr ? sum : fma(loadSome(b.peephole + gate * b.gatePeephole + i, n), c, sum);
  };
  float* const state = b.c + r * b.strideC + i;
  const F16 c = loadSome(state, n);
  const F16 in = gateSigmoid(peep(0, preActivation(b, r, i, n, 0), c)), forget = gateSigmoid(peep(1, preActivation(b, r, i, n, 1), c));
  const F16 candidate = gateTanh(preActivation(b, r, i, n, 2)), after = fma(forget, c, mul(in, candidate));
  const F16 out = gateSigmoid(peep(2, preActivation(b, r, i, n, 3), after));
  storeSome(state, after, n);
  keep(b, r, i, n, 0, in);
  keep(b, r, i, n, 1, forget);
  keep(b, r, i, n, 2, candidate);
  keep(b, r, i, n, 3, out);
  keep(b, r, i, n, 4, after);
  return mul(out, gateTanh(after));
}

// (1 - z) n + z h
SIMD F16 between(F16 z, F16 candidate, F16 h) { return fma(z, h, mul(sub(set1(1.0f), z), candidate)); }

SIMD F16 gruForward(const RecurrentForward& b, int r, int64_t i, int n) {
  const F16 reset = gateSigmoid(preActivation(b, r, i, n, 0)), z = gateSigmoid(preActivation(b, r, i, n, 1));
  const F16 inner = add(loadSome(b.inner + r * b.strideInner + i, n), someOr(b.innerBias, i, n, zero()));
  const F16 candidate = gateTanh(fma(reset, inner, preActivation(b, r, i, n, 2)));
  keep(b, r, i, n, 0, reset);
  keep(b, r, i, n, 1, z);
  keep(b, r, i, n, 2, candidate);
  keep(b, r, i, n, 3, inner);
  return between(z, candidate, loadSome(b.h + r * b.strideH + i, n));
}

SIMD void resetGatesForward(const RecurrentForward& b, int r, int64_t i, int n) {
  const F16 reset = gateSigmoid(preActivation(b, r, i, n, 0)), z = gateSigmoid(preActivation(b, r, i, n, 1));
  keep(b, r, i, n, 0, reset);
  keep(b, r, i, n, 1, z);
  storeSome(b.z + r * b.strideZ + b.gateZ + i, z, n);
  storeSome(b.next + r * b.strideH + i, mul(reset, loadSome(b.before + r * b.strideH + i, n)), n);
}

SIMD F16 resetRestForward(const RecurrentForward& b, int r, int64_t i, int n) {
  const F16 candidate = gateTanh(preActivation(b, r, i, n, 2));
  keep(b, r, i, n, 2, candidate);
  return between(preActivation(b, r, i, n, 1), candidate, loadSome(b.h + r * b.strideH + i, n));
}

template <class Cell> SIMD void eachState(const RecurrentForward& b, Cell cell) {
  eachOfBlock(b.rows, b.units, [&](int r, int64_t i, int n) __attribute__((always_inline)) { putState(b, r, i, n, cell(r, i, n)); });
}

void recurrentForward(const RecurrentForward& b) {
  switch (b.part) {
    case partTanh:
      return eachState(b, [&](int r, int64_t i, int n) __attribute__((always_inline)) { return gateTanh(preActivation(b, r, i, n, 0)); });
    case partRelu:
      return eachState(b, [&](int r, int64_t i, int n) __attribute__((always_inline)) {
        return max(zero(), preActivation(b, r, i, n, 0));
      });
    case partLstm: return eachState(b, [&](int r, int64_t i, int n) __attribute__((always_inline)) { return lstmForward(b, r, i, n); });
    case partGru: return eachState(b, [&](int r, int64_t i, int n) __attribute__((always_inline)) { return gruForward(b, r, i, n); });
    case partResetGates:
      return eachOfBlock(b.rows, b.units,
                         [&](int r, int64_t i, int n) __attribute__((always_inline)) { resetGatesForward(b, r, i, n); });
    case partResetRest:
      return eachState(b, [&](int r, int64_t i, int n) __attribute__((always_inline)) { return resetRestForward(b, r, i, n); });
    default:
      return eachState(b, [&](int r, int64_t i, int n) __attribute__((always_inline)) {
        return loadSome(b.next + r * b.strideH + i, n);
      });
  }
}

// ---- the way back

SIMD F16 gradientOfState(const RecurrentBackward& b, int r, int64_t i, int n) {
  const int64_t at = r * b.strideH + i;
  F16 dh = b.past == nullptr ? zero() : loadSome(b.past + at, n);
  if (b.product != nullptr || b.reset != nullptr) {
    F16 seen = b.product == nullptr ? zero() : loadSome(b.product + r * b.strideProduct + i, n);
    if (b.reset != nullptr) seen = add(loadSome(b.reset + at, n), seen);
    dh = b.mask == nullptr ? add(dh, seen) : fma(loadSome(b.mask + at, n), seen, dh);
  }
  return b.dy == nullptr ? dh : add(dh, loadSome(b.dy + b.rowsY[r] + i, n));
}

SIMD F16 keptGate(const RecurrentBackward& b, int r, int64_t i, int n, int gate) {
  return loadSome(b.kept + r * b.strideKept + gate * b.gateKept + i, n);
}

SIMD void putGradient(const RecurrentBackward& b, int r, int64_t i, int n, int gate, F16 value) {
  storeSome(b.dz + r * b.strideDz + gate * b.gateDz + i, value, n);
}

// y (1 - y), the slope of the logistic function.
SIMD F16 slope(F16 y) { return mul(y, sub(set1(1.0f), y)); }
// (1 - y)(1 + y), that of tanh.
SIMD F16 tanhSlope(F16 y) { return mul(sub(set1(1.0f), y), add(set1(1.0f), y)); }

SIMD void lstmBackward(const RecurrentBackward& b, int r, int64_t i, int n, F16 dh) {
  const F16 in = keptGate(b, r, i, n, 0), forget = keptGate(b, r, i, n, 1), candidate = keptGate(b, r, i, n, 2);
  const F16 out = keptGate(b, r, i, n, 3), squashed = gateTanh(keptGate(b, r, i, n, 4));
  const F16 before = loadSome(b.cBefore + r * b.strideCBefore + i, n);
  float* const dc = b.dc + r * b.strideC + i;
  const auto peep = [&](int gate) __attribute__((always_inline)) { return loadSome(b.peephole + gate * b.gatePeephole + i, n); };
  const F16 dOut = mul(mul(dh, squashed), slope(out));
  F16 after = fma(mul(dh, out), tanhSlope(squashed), loadSome(dc, n));
  if (b.peephole != nullptr) after = fma(dOut, peep(2), after);
  const F16 dIn = mul(mul(after, candidate), slope(in)), dForget = mul(mul(after, before), slope(forget));
  F16 next = mul(after, forget);
  if (b.peephole != nullptr) next = fma(dIn, peep(0), fma(dForget, peep(1), next));
  storeSome(dc, next, n);
  putGradient(b, r, i, n, 0, dIn);
  putGradient(b, r, i, n, 1, dForget);
  putGradient(b, r, i, n, 2, mul(mul(after, in), tanhSlope(candidate)));
  putGradient(b, r, i, n, 3, dOut);
  if (b.hidden != nullptr) storeSome(b.hidden + r * b.strideHidden + i, mul(out, squashed), n);
}

SIMD void carry(const RecurrentBackward& b, int r, int64_t i, int n, F16 value) {
  storeSome(b.carried + r * b.strideH + i, value, n);
}

SIMD void gruBackward(const RecurrentBackward& b, int r, int64_t i, int n, F16 dh) {
  const F16 reset = keptGate(b, r, i, n, 0), z = keptGate(b, r, i, n, 1), candidate = keptGate(b, r, i, n, 2);
  const F16 h = loadSome(b.h + r * b.strideBefore + i, n);
  const F16 ofCandidate = mul(mul(dh, sub(set1(1.0f), z)), tanhSlope(candidate));
  putGradient(b, r, i, n, 0, ofCandidate);
  putGradient(b, r, i, n, 1, mul(mul(ofCandidate, keptGate(b, r, i, n, 3)), slope(reset)));
  putGradient(b, r, i, n, 2, mul(mul(dh, sub(h, candidate)), slope(z)));
  putGradient(b, r, i, n, 3, mul(ofCandidate, reset));
  carry(b, r, i, n, mul(dh, z));
}

SIMD void resetRestBackward(const RecurrentBackward& b, int r, int64_t i, int n, F16 dh) {
  const F16 z = keptGate(b, r, i, n, 1), candidate = keptGate(b, r, i, n, 2);
  const F16 h = loadSome(b.h + r * b.strideBefore + i, n);
  putGradient(b, r, i, n, 1, mul(mul(dh, sub(h, candidate)), slope(z)));
  putGradient(b, r, i, n, 2, mul(mul(dh, sub(set1(1.0f), z)), tanhSlope(candidate)));
  carry(b, r, i, n, mul(dh, z));
}

SIMD void resetGatesBackward(const RecurrentBackward& b, int r, int64_t i, int n) {
  const F16 reset = keptGate(b, r, i, n, 0), d = loadSome(b.product + r * b.strideProduct + i, n);
  F16 seen = loadSome(b.h + r * b.strideBefore + i, n);
  if (b.mask != nullptr) seen = mul(seen, loadSome(b.mask + r * b.strideH + i, n));
  putGradient(b, r, i, n, 0, mul(mul(d, seen), slope(reset)));
  storeSome(b.dreset + r * b.strideH + i, mul(d, reset), n);
  if (b.hidden != nullptr) storeSome(b.hidden + r * b.strideHidden + i, mul(reset, seen), n);
}

template <class Cell> SIMD void eachGradient(const RecurrentBackward& b, Cell cell) {
  eachOfBlock(b.rows, b.units, [&](int r, int64_t i, int n) __attribute__((always_inline)) {
    cell(r, i, n, gradientOfState(b, r, i, n));
  });
}

void recurrentBackward(const RecurrentBackward& b) {
  switch (b.part) {
    case partTanh:
      return eachGradient(b, [&](int r, int64_t i, int n, F16 dh) __attribute__((always_inline)) {
        putGradient(b, r, i, n, 0, mul(dh, tanhSlope(loadSome(b.y + b.rowsY[r] + i, n))));
      });
    case partRelu:
      return eachGradient(b, [&](int r, int64_t i, int n, F16 dh) __attribute__((always_inline)) {
        putGradient(b, r, i, n, 0, mul(dh, pick(gt(loadSome(b.y + b.rowsY[r] + i, n), zero()), set1(1.0f), zero())));
      });
    case partLstm:
      return eachGradient(b, [&](int r, int64_t i, int n, F16 dh) __attribute__((always_inline)) { lstmBackward(b, r, i, n, dh); });
    case partGru:
      return eachGradient(b, [&](int r, int64_t i, int n, F16 dh) __attribute__((always_inline)) { gruBackward(b, r, i, n, dh); });
    case partResetGates:
      return eachOfBlock(b.rows, b.units,
                         [&](int r, int64_t i, int n) __attribute__((always_inline)) { resetGatesBackward(b, r, i, n); });
    case partResetRest:
      return eachGradient(b, [&](int r, int64_t i, int n, F16 dh) __attribute__((always_inline)) {
        resetRestBackward(b, r, i, n, dh);
      });
    default: return eachGradient(b, [&](int r, int64_t i, int n, F16 dh) __attribute__((always_inline)) { carry(b, r, i, n, dh); });
  }
}

// sum[i] += the sum over r of a[r][i] * b[r][i], in the order of r.
void recurrentProducts(const float* a, int64_t strideA, const float* b, int64_t strideB, int64_t rows, int64_t cols, float* sum) {
  eachPart(cols, [=](int64_t i, int n) __attribute__((always_inline)) {
    F16 total = loadSome(sum + i, n);
    for (int64_t r = 0; r < rows; r++) total = fma(loadSome(a + r * strideA + i, n), loadSome(b + r * strideB + i, n), total);
    storeSome(sum + i, total, n);
  });
}
