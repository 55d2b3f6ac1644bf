// The cells of recurrent layers between two products: from pre-activations to states, and back from gradients of states to those of
// pre-activations. The equations are those of src/backend/recurrent.ts. A block (kernels/recurrent.h) has a few rows, whose
// pre-activations the micro-kernel has just left in the cache.

template <int count> SIMD void putState(const RecurrentForward& b, const Places<count>& at, int j, F16 h) {
  storeSome(placeOf(b.next, b.strideH, at, j), h, at.lanes);
  if (b.y != nullptr) storeSome(b.y + b.rowsY[at.row] + at.unit + 16 * j, h, at.lanes);
  if (b.seen == nullptr) return;
  storeSome(placeOf(b.seen, b.strideH, at, j), mul(h, loadSome(placeOf(b.mask, b.strideH, at, j), at.lanes)), at.lanes);
}

template <int count> SIMD void keep(const RecurrentForward& b, const Places<count>& at, int gate, const F16* values) {
  EACH(j, count) storeSome(placeOf(b.kept, b.strideKept, at, j) + gate * b.gateKept, values[j], at.lanes);
}

template <int count> SIMD float* gateAt(const RecurrentForward& b, const Places<count>& at, int j, int gate) {
  return placeOf(b.z, b.strideZ, at, j) + gate * b.gateZ;
}

template <int count> SIMD F16 loadGate(const RecurrentForward& b, const Places<count>& at, int j, int gate) {
  return loadSome(gateAt(b, at, j, gate), at.lanes);
}

template <class Block, int count> SIMD F16 loadPeephole(const Block& b, const Places<count>& at, int j, int gate) {
  return loadSome(b.peephole + gate * b.gatePeephole + at.unit + 16 * j, at.lanes);
}

// (1 - z) n + z h
SIMD F16 between(F16 z, F16 candidate, F16 h) { return fma(z, h, mul(sub(set1(1.0f), z), candidate)); }

// i, f, g and c'. The gate o is left in z; if it sees c' through a peephole, as its pre-activation.
struct LstmGates {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 gates[4 * count], c[count], after[count];
    EACH(j, count) {
      c[j] = loadSome(placeOf(b.c, b.strideC, at, j), at.lanes);
      EACH(gate, 4) gates[gate * count + j] = loadGate(b, at, j, gate);
    }
    if (b.peephole != nullptr)
      EACH(j, count) EACH(gate, 2) gates[gate * count + j] = fma(loadPeephole(b, at, j, gate), c[j], gates[gate * count + j]);
    squash(gates, 2 * count, 3 * count);
    EACH(j, count) {
      after[j] = fma(gates[count + j], c[j], mul(gates[j], gates[2 * count + j]));
      storeSome(placeOf(b.c, b.strideC, at, j), after[j], at.lanes);
    }
    if (b.peephole == nullptr) EACH(j, count) storeSome(gateAt(b, at, j, 3), gates[3 * count + j], at.lanes);
    if (b.kept == nullptr) return;
    EACH(gate, 3) keep(b, at, gate, gates + gate * count);
    keep(b, at, 4, after);
  }
};

// h' = o tanh(c')
struct LstmState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 out[count], state[count];
    EACH(j, count) {
      out[j] = loadGate(b, at, j, 3);
      state[j] = loadSome(placeOf(b.c, b.strideC, at, j), at.lanes);
    }
    if (b.peephole != nullptr) {
      EACH(j, count) out[j] = fma(loadPeephole(b, at, j, 2), state[j], out[j]);
      squash(out, 0, 0);
    }
    squash(state, 0, count);
    if (b.kept != nullptr) keep(b, at, 3, out);
    EACH(j, count) putState(b, at, j, mul(out[j], state[j]));
  }
};

// The gates r and z, in this order; z is left in z, too.
template <int count> SIMD void resetAndUpdate(const RecurrentForward& b, const Places<count>& at, F16 (&gates)[2 * count]) {
  EACH(gate, 2) EACH(j, count) gates[gate * count + j] = loadGate(b, at, j, gate);
  squash(gates, 0, 0);
  EACH(j, count) storeSome(gateAt(b, at, j, 1), gates[count + j], at.lanes);
  if (b.kept != nullptr) EACH(gate, 2) keep(b, at, gate, gates + gate * count);
}

// r and z; z and the pre-activation of n are left in z.
struct GruGates {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 gates[2 * count], inner[count];
    resetAndUpdate(b, at, gates);
    EACH(j, count) {
      const F16 bias = someOr(b.innerBias, at.unit + 16 * j, at.lanes, zero());
      inner[j] = add(loadSome(placeOf(b.inner, b.strideInner, at, j), at.lanes), bias);
      storeSome(gateAt(b, at, j, 2), fma(gates[j], inner[j], loadGate(b, at, j, 2)), at.lanes);
    }
    if (b.kept != nullptr) keep(b, at, 3, inner);
  }
};

// n and h', from what the gates left in z.
struct GruState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 candidate[count];
    EACH(j, count) candidate[j] = loadGate(b, at, j, 2);
    squash(candidate, 0, count);
    if (b.kept != nullptr) keep(b, at, 2, candidate);
    EACH(j, count) {
      const F16 h = loadSome(placeOf(b.h, b.strideH, at, j), at.lanes);
      putState(b, at, j, between(loadGate(b, at, j, 1), candidate[j], h));
    }
  }
};

struct ResetGates {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 gates[2 * count];
    resetAndUpdate(b, at, gates);
    EACH(j, count) {
      const F16 before = loadSome(placeOf(b.before, b.strideH, at, j), at.lanes);
      storeSome(placeOf(b.next, b.strideH, at, j), mul(gates[j], before), at.lanes);
    }
  }
};

struct TanhState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    F16 state[count];
    EACH(j, count) state[j] = loadGate(b, at, j, 0);
    squash(state, 0, count);
    EACH(j, count) putState(b, at, j, state[j]);
  }
};

struct ReluState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    EACH(j, count) putState(b, at, j, max(zero(), loadGate(b, at, j, 0)));
  }
};

struct CarriedState {
  template <int count> SIMD void visit(const RecurrentForward& b, const Places<count>& at) {
    EACH(j, count) putState(b, at, j, loadSome(placeOf(b.next, b.strideH, at, j), at.lanes));
  }
};

void recurrentForward(const RecurrentForward& block) {
  const RecurrentForward b = block;  // which no store can change
  switch (b.part) {
    case partTanh: return eachPlace<TanhState>(b);
    case partRelu: return eachPlace<ReluState>(b);
    case partLstm: return eachPlace<LstmGates, LstmState>(b);
    case partGru: return eachPlace<GruGates, GruState>(b);
    case partResetGates: return eachPlace<ResetGates>(b);
    case partResetRest: return eachPlace<GruState>(b);
    default: return eachPlace<CarriedState>(b);
  }
}

// ---- the way back

template <int count> SIMD F16 gradientOfState(const RecurrentBackward& b, const Places<count>& at, int j) {
  F16 dh = b.past == nullptr ? zero() : loadSome(placeOf(b.past, b.strideH, at, j), at.lanes);
  if (b.product != nullptr || b.reset != nullptr) {
    F16 seen = b.product == nullptr ? zero() : loadSome(placeOf(b.product, b.strideProduct, at, j), at.lanes);
    if (b.reset != nullptr) seen = add(loadSome(placeOf(b.reset, b.strideH, at, j), at.lanes), seen);
    dh = b.mask == nullptr ? add(dh, seen) : fma(loadSome(placeOf(b.mask, b.strideH, at, j), at.lanes), seen, dh);
  }
  return b.dy == nullptr ? dh : add(dh, loadSome(b.dy + b.rowsY[at.row] + at.unit + 16 * j, at.lanes));
}

template <int count> SIMD F16 keptGate(const RecurrentBackward& b, const Places<count>& at, int j, int gate) {
  return loadSome(placeOf(b.kept, b.strideKept, at, j) + gate * b.gateKept, at.lanes);
}

template <int count> SIMD F16 stateBefore(const RecurrentBackward& b, const Places<count>& at, int j) {
  return loadSome(placeOf(b.h, b.strideBefore, at, j), at.lanes);
}

template <int count> SIMD void putGradient(const RecurrentBackward& b, const Places<count>& at, int j, int gate, F16 value) {
  storeSome(placeOf(b.dz, b.strideDz, at, j) + gate * b.gateDz, value, at.lanes);
}

template <int count> SIMD void putHidden(const RecurrentBackward& b, const Places<count>& at, int j, F16 value) {
  if (b.hidden != nullptr) storeSome(placeOf(b.hidden, b.strideHidden, at, j), value, at.lanes);
}

template <int count> SIMD void carry(const RecurrentBackward& b, const Places<count>& at, int j, F16 value) {
  storeSome(placeOf(b.carried, b.strideH, at, j), value, at.lanes);
}

// y (1 - y), the slope of the logistic function.
SIMD F16 slope(F16 y) { return mul(y, sub(set1(1.0f), y)); }
// (1 - y)(1 + y), that of tanh.
SIMD F16 tanhSlope(F16 y) { return mul(sub(set1(1.0f), y), add(set1(1.0f), y)); }

template <int count> SIMD F16 outputOf(const RecurrentBackward& b, const Places<count>& at, int j) {
  return loadSome(b.y + b.rowsY[at.row] + at.unit + 16 * j, at.lanes);
}

struct TanhGradient {
  template <int count> SIMD void visit(const RecurrentBackward& b, const Places<count>& at) {
    EACH(j, count) putGradient(b, at, j, 0, mul(gradientOfState(b, at, j), tanhSlope(outputOf(b, at, j))));
  }
};

struct ReluGradient {
  template <int count> SIMD void visit(const RecurrentBackward& b, const Places<count>& at) {
    EACH(j, count) {
      const F16 passes = pick(gt(outputOf(b, at, j), zero()), set1(1.0f), zero());
      putGradient(b, at, j, 0, mul(gradientOfState(b, at, j), passes));
    }
  }
};

struct LstmGradient {
  template <int count> SIMD void visit(const RecurrentBackward& b, const Places<count>& at) {
    F16 squashed[count];
    EACH(j, count) squashed[j] = keptGate(b, at, j, 4);
    squash(squashed, 0, count);
    EACH(j, count) {
      const F16 dh = gradientOfState(b, at, j), in = keptGate(b, at, j, 0), forget = keptGate(b, at, j, 1);
      const F16 candidate = keptGate(b, at, j, 2), out = keptGate(b, at, j, 3);
      const F16 before = loadSome(placeOf(b.cBefore, b.strideCBefore, at, j), at.lanes);
      float* const dc = placeOf(b.dc, b.strideC, at, j);
      const F16 dOut = mul(mul(dh, squashed[j]), slope(out));
      F16 after = fma(mul(dh, out), tanhSlope(squashed[j]), loadSome(dc, at.lanes));
      if (b.peephole != nullptr) after = fma(dOut, loadPeephole(b, at, j, 2), after);
      const F16 dIn = mul(mul(after, candidate), slope(in)), dForget = mul(mul(after, before), slope(forget));
      F16 next = mul(after, forget);
      if (b.peephole != nullptr) next = fma(dIn, loadPeephole(b, at, j, 0), fma(dForget, loadPeephole(b, at, j, 1), next));
      storeSome(dc, next, at.lanes);
      putGradient(b, at, j, 0, dIn);
      putGradient(b, at, j, 1, dForget);
      putGradient(b, at, j, 2, mul(mul(after, in), tanhSlope(candidate)));
      putGradient(b, at, j, 3, dOut);
      putHidden(b, at, j, mul(out, squashed[j]));
    }
  }
};

struct GruGradient {
  template <int count> SIMD void visit(const RecurrentBackward& b, const Places<count>& at) {
    EACH(j, count) {
      const F16 dh = gradientOfState(b, at, j), h = stateBefore(b, at, j);
      const F16 reset = keptGate(b, at, j, 0), z = keptGate(b, at, j, 1), candidate = keptGate(b, at, j, 2);
      const F16 ofCandidate = mul(mul(dh, sub(set1(1.0f), z)), tanhSlope(candidate));
      putGradient(b, at, j, 0, ofCandidate);
      putGradient(b, at, j, 1, mul(mul(ofCandidate, keptGate(b, at, j, 3)), slope(reset)));
      putGradient(b, at, j, 2, mul(mul(dh, sub(h, candidate)), slope(z)));
      putGradient(b, at, j, 3, mul(ofCandidate, reset));
      carry(b, at, j, mul(dh, z));
    }
  }
};

struct ResetRestGradient {
  template <int count> SIMD void visit(const RecurrentBackward& b, const Places<count>& at) {
    EACH(j, count) {
      const F16 dh = gradientOfState(b, at, j), h = stateBefore(b, at, j);
      const F16 z = keptGate(b, at, j, 1), candidate = keptGate(b, at, j, 2);
      putGradient(b, at, j, 1, mul(mul(dh, sub(h, candidate)), slope(z)));
      putGradient(b, at, j, 2, mul(mul(dh, sub(set1(1.0f), z)), tanhSlope(candidate)));
      carry(b, at, j, mul(dh, z));
    }
  }
};

struct ResetGatesGradient {
  template <int count> SIMD void visit(const RecurrentBackward& b, const Places<count>& at) {
    EACH(j, count) {
      const F16 reset = keptGate(b, at, j, 0), d = loadSome(placeOf(b.product, b.strideProduct, at, j), at.lanes);
      F16 seen = stateBefore(b, at, j);
      if (b.mask != nullptr) seen = mul(seen, loadSome(placeOf(b.mask, b.strideH, at, j), at.lanes));
      putGradient(b, at, j, 0, mul(mul(d, seen), slope(reset)));
      storeSome(placeOf(b.dreset, b.strideH, at, j), mul(d, reset), at.lanes);
      putHidden(b, at, j, mul(reset, seen));
    }
  }
};

struct CarriedGradient {
  template <int count> SIMD void visit(const RecurrentBackward& b, const Places<count>& at) {
    EACH(j, count) carry(b, at, j, gradientOfState(b, at, j));
  }
};

void recurrentBackward(const RecurrentBackward& block) {
  const RecurrentBackward b = block;
  switch (b.part) {
    case partTanh: return eachPlace<TanhGradient>(b);
    case partRelu: return eachPlace<ReluGradient>(b);
    case partLstm: return eachPlace<LstmGradient>(b);
    case partGru: return eachPlace<GruGradient>(b);
    case partResetGates: return eachPlace<ResetGatesGradient>(b);
    case partResetRest: return eachPlace<ResetRestGradient>(b);
    default: return eachPlace<CarriedGradient>(b);
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
