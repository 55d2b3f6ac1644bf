// The cells of recurrent layers between two products: from pre-activations to states, and back from gradients of states to those of
// pre-activations. The equations are those of src/backend/recurrent.ts. A block (kernels/recurrent.h) has a few rows, whose
// pre-activations the micro-kernel has just left in the cache.

SIMD void putState(const RecurrentForward& b, int r, int64_t i, int n, F16 h) {
  const int64_t at = r * b.strideH + i;
  storeSome(b.next + at, h, n);
  if (b.y != nullptr) storeSome(b.y + b.rowsY[r] + i, h, n);
  if (b.seen != nullptr) storeSome(b.seen + at, mul(h, loadSome(b.mask + at, n)), n);
}

SIMD void keep(const RecurrentForward& b, int r, int64_t i, int n, int gate, F16 value) {
  if (b.kept != nullptr) storeSome(b.kept + r * b.strideKept + gate * b.gateKept + i, value, n);
}

SIMD float* gateAt(const RecurrentForward& b, int r, int64_t i, int gate) { return b.z + r * b.strideZ + gate * b.gateZ + i; }

// (1 - z) n + z h
SIMD F16 between(F16 z, F16 candidate, F16 h) { return fma(z, h, mul(sub(set1(1.0f), z), candidate)); }

// i, f, g and c'. The gate o is left in z; if it sees c' through a peephole, as its pre-activation.
struct LstmGates {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 gates[4 * count], c[count];
    EACH(j, count) {
      const float* const peephole = b.peephole == nullptr ? nullptr : b.peephole + at.unit[j];
      c[j] = loadSome(b.c + at.row[j] * b.strideC + at.unit[j], at.lanes);
      EACH(gate, 4) {
        F16& sum = gates[gate * count + j];
        sum = loadSome(gateAt(b, at.row[j], at.unit[j], gate), at.lanes);
        if (gate < 2 && peephole != nullptr) sum = fma(loadSome(peephole + gate * b.gatePeephole, at.lanes), c[j], sum);
      }
    }
    squash(gates, 2 * count, 3 * count);
    EACH(j, count) {
      const F16 after = fma(gates[count + j], c[j], mul(gates[j], gates[2 * count + j]));
      storeSome(b.c + at.row[j] * b.strideC + at.unit[j], after, at.lanes);
      EACH(gate, 3) keep(b, at.row[j], at.unit[j], at.lanes, gate, gates[gate * count + j]);
      keep(b, at.row[j], at.unit[j], at.lanes, 4, after);
      if (b.peephole == nullptr) storeSome(gateAt(b, at.row[j], at.unit[j], 3), gates[3 * count + j], at.lanes);
    }
  }
};

// h' = o tanh(c')
struct LstmState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 out[count], state[count];
    EACH(j, count) {
      out[j] = loadSome(gateAt(b, at.row[j], at.unit[j], 3), at.lanes);
      state[j] = loadSome(b.c + at.row[j] * b.strideC + at.unit[j], at.lanes);
    }
    if (b.peephole != nullptr) {
      EACH(j, count) out[j] = fma(loadSome(b.peephole + 2 * b.gatePeephole + at.unit[j], at.lanes), state[j], out[j]);
      squash(out, 0, 0);
    }
    squash(state, 0, count);
    EACH(j, count) {
      keep(b, at.row[j], at.unit[j], at.lanes, 3, out[j]);
      putState(b, at.row[j], at.unit[j], at.lanes, mul(out[j], state[j]));
    }
  }
};

// The gates r and z, in this order; z is left in z, too.
template <int count> SIMD void resetAndUpdate(const RecurrentForward& b, const Places<count>& at, F16 (&gates)[2 * count]) {
  EACH(j, count) EACH(gate, 2) gates[gate * count + j] = loadSome(gateAt(b, at.row[j], at.unit[j], gate), at.lanes);
  squash(gates, 0, 0);
  EACH(j, count) {
    EACH(gate, 2) keep(b, at.row[j], at.unit[j], at.lanes, gate, gates[gate * count + j]);
    storeSome(gateAt(b, at.row[j], at.unit[j], 1), gates[count + j], at.lanes);
  }
}

// r and z; z and the pre-activation of n are left in z.
struct GruGates {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 gates[2 * count];
    resetAndUpdate(b, at, gates);
    EACH(j, count) {
      const F16 bias = someOr(b.innerBias, at.unit[j], at.lanes, zero());
      const F16 inner = add(loadSome(b.inner + at.row[j] * b.strideInner + at.unit[j], at.lanes), bias);
      float* const candidate = gateAt(b, at.row[j], at.unit[j], 2);
      storeSome(candidate, fma(gates[j], inner, loadSome(candidate, at.lanes)), at.lanes);
      keep(b, at.row[j], at.unit[j], at.lanes, 3, inner);
    }
  }
};

// n and h', from what the gates left in z.
struct GruState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 candidate[count];
    EACH(j, count) candidate[j] = loadSome(gateAt(b, at.row[j], at.unit[j], 2), at.lanes);
    squash(candidate, 0, count);
    EACH(j, count) {
      keep(b, at.row[j], at.unit[j], at.lanes, 2, candidate[j]);
      const F16 z = loadSome(gateAt(b, at.row[j], at.unit[j], 1), at.lanes);
      const F16 h = loadSome(b.h + at.row[j] * b.strideH + at.unit[j], at.lanes);
      putState(b, at.row[j], at.unit[j], at.lanes, between(z, candidate[j], h));
    }
  }
};

struct ResetGates {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 gates[2 * count];
    resetAndUpdate(b, at, gates);
    EACH(j, count) {
      const int64_t state = at.row[j] * b.strideH + at.unit[j];
      storeSome(b.next + state, mul(gates[j], loadSome(b.before + state, at.lanes)), at.lanes);
    }
  }
};

struct TanhState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 state[count];
    EACH(j, count) state[j] = loadSome(gateAt(b, at.row[j], at.unit[j], 0), at.lanes);
    squash(state, 0, count);
    EACH(j, count) putState(b, at.row[j], at.unit[j], at.lanes, state[j]);
  }
};

struct ReluState {
  SIMD void visit(const RecurrentForward& b, const Places<1>& at) {
    putState(b, at.row[0], at.unit[0], at.lanes, max(zero(), loadSome(gateAt(b, at.row[0], at.unit[0], 0), at.lanes)));
  }
};

struct CarriedState {
  SIMD void visit(const RecurrentForward& b, const Places<1>& at) {
    putState(b, at.row[0], at.unit[0], at.lanes, loadSome(b.next + at.row[0] * b.strideH + at.unit[0], at.lanes));
  }
};

void recurrentForward(const RecurrentForward& b) {
  switch (b.part) {
    case partTanh: return eachPlace<TanhState, chains>(b);
    case partRelu: return eachPlace<ReluState, 1>(b);
    case partLstm: eachPlace<LstmGates, chains / 4>(b); return eachPlace<LstmState, chains>(b);
    case partGru: eachPlace<GruGates, chains / 2>(b); return eachPlace<GruState, chains>(b);
    case partResetGates: return eachPlace<ResetGates, chains / 2>(b);
    case partResetRest: return eachPlace<GruState, chains>(b);
    default: return eachPlace<CarriedState, 1>(b);
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
