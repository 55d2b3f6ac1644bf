// The transforms of Winograd's minimal filtering (Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"):
//   y = A^T [ (G w G^T) * (B^T x B) ] A
// for tiles of 2x2 or 4x4 results of a 3x3 filter, element by element between the brackets. 16 channels are transformed at once,
// each matrix first down the columns, then along the rows; only a few of their numbers differ from 0, and rows of the points +p
// and -p share their even and their odd part.
//
// The points are 0, +-1 and infinity for 2x2, and 0, +-3/4, +-3/2 and infinity for 4x4. With 3/4 and 3/2 instead of the usual 1
// and 2 all numbers of A and B are exact as well, and the largest error is a third (docs/convolution.md).

template <int tile>
struct Winograd;

template <>
struct Winograd<2> {
  struct Data {
    static constexpr int from = 4, to = 4;
    static constexpr bool gives = false;
    SIMD void apply(const F16 (&x)[4], F16 (&y)[4]) {
      y[0] = sub(x[0], x[2]);
      y[1] = add(x[1], x[2]);
      y[2] = sub(x[2], x[1]);
      y[3] = sub(x[3], x[1]);
    }
  };
  struct Filter {
    static constexpr int from = 3, to = 4;
    static constexpr bool gives = false;
    SIMD void apply(const F16 (&x)[3], F16 (&y)[4]) {
      const F16 half = set1(0.5f), even = mul(half, add(x[0], x[2]));
      y[0] = x[0];
      y[1] = fma(half, x[1], even);
      y[2] = fma(neg(half), x[1], even);
      y[3] = x[2];
    }
  };
  struct Result {
    static constexpr int from = 4, to = 2;
    static constexpr bool gives = true;
    SIMD void apply(const F16 (&x)[4], F16 (&y)[2]) {
      y[0] = add(x[0], add(x[1], x[2]));
      y[1] = add(sub(x[1], x[2]), x[3]);
    }
  };
  struct Gradient {
    static constexpr int from = 2, to = 4;
    static constexpr bool gives = false;
    SIMD void apply(const F16 (&x)[2], F16 (&y)[4]) {
      y[0] = x[0];
      y[1] = add(x[0], x[1]);
      y[2] = sub(x[0], x[1]);
      y[3] = x[1];
    }
  };
  struct Taps {
    static constexpr int from = 4, to = 3;
    static constexpr bool gives = true;
    SIMD void apply(const F16 (&x)[4], F16 (&y)[3]) {
      const F16 half = set1(0.5f), even = add(x[1], x[2]);
      y[0] = fma(half, even, x[0]);
      y[1] = mul(half, sub(x[1], x[2]));
      y[2] = fma(half, even, x[3]);
    }
  };
};

template <>
struct Winograd<4> {
  // The points p and q, and what G divides their rows by.
  static constexpr float p = 0.75f, q = 1.5f, p2 = p * p, q2 = q * q, p3 = p * p2, q3 = q * q2;
  static constexpr float zeroScale = 1 / (p2 * q2), pScale = 1 / (2 * p2 * (p2 - q2)), qScale = 1 / (2 * q2 * (q2 - p2));

  struct Data {
    static constexpr int from = 6, to = 6;
    static constexpr bool gives = false;
    SIMD void apply(const F16 (&x)[6], F16 (&y)[6]) {
      const F16 sum = set1(-(p2 + q2)), product = set1(p2 * q2);
      y[0] = fma(product, x[0], fma(sum, x[2], x[4]));
      const F16 evenP = fma(set1(-q2), x[2], x[4]), oddP = fma(set1(-q2), x[1], x[3]);
      y[1] = fma(set1(p), oddP, evenP);
      y[2] = fma(set1(-p), oddP, evenP);
      const F16 evenQ = fma(set1(-p2), x[2], x[4]), oddQ = fma(set1(-p2), x[1], x[3]);
      y[3] = fma(set1(q), oddQ, evenQ);
      y[4] = fma(set1(-q), oddQ, evenQ);
      y[5] = fma(product, x[1], fma(sum, x[3], x[5]));
    }
  };
  struct Filter {
    static constexpr int from = 3, to = 6;
    static constexpr bool gives = false;
    SIMD void apply(const F16 (&x)[3], F16 (&y)[6]) {
      y[0] = mul(set1(zeroScale), x[0]);
      const F16 evenP = fma(set1(p2 * pScale), x[2], mul(set1(pScale), x[0]));
      y[1] = fma(set1(p * pScale), x[1], evenP);
      y[2] = fma(set1(-p * pScale), x[1], evenP);
      const F16 evenQ = fma(set1(q2 * qScale), x[2], mul(set1(qScale), x[0]));
      y[3] = fma(set1(q * qScale), x[1], evenQ);
      y[4] = fma(set1(-q * qScale), x[1], evenQ);
      y[5] = x[2];
    }
  };
  struct Result {
    static constexpr int from = 6, to = 4;
    static constexpr bool gives = true;
    SIMD void apply(const F16 (&x)[6], F16 (&y)[4]) {
      const F16 evenP = add(x[1], x[2]), oddP = sub(x[1], x[2]), evenQ = add(x[3], x[4]), oddQ = sub(x[3], x[4]);
      y[0] = add(x[0], add(evenP, evenQ));
      y[1] = fma(set1(q), oddQ, mul(set1(p), oddP));
      y[2] = fma(set1(q2), evenQ, mul(set1(p2), evenP));
      y[3] = fma(set1(q3), oddQ, fma(set1(p3), oddP, x[5]));
    }
  };
  struct Gradient {
    static constexpr int from = 4, to = 6;
    static constexpr bool gives = false;
    SIMD void apply(const F16 (&x)[4], F16 (&y)[6]) {
      y[0] = x[0];
      const F16 evenP = fma(set1(p2), x[2], x[0]), oddP = fma(set1(p2), x[3], x[1]);
      y[1] = fma(set1(p), oddP, evenP);
      y[2] = fma(set1(-p), oddP, evenP);
      const F16 evenQ = fma(set1(q2), x[2], x[0]), oddQ = fma(set1(q2), x[3], x[1]);
      y[3] = fma(set1(q), oddQ, evenQ);
      y[4] = fma(set1(-q), oddQ, evenQ);
      y[5] = x[3];
    }
  };
  struct Taps {
    static constexpr int from = 6, to = 3;
    static constexpr bool gives = true;
    SIMD void apply(const F16 (&x)[6], F16 (&y)[3]) {
      const F16 evenP = add(x[1], x[2]), oddP = sub(x[1], x[2]), evenQ = add(x[3], x[4]), oddQ = sub(x[3], x[4]);
      y[0] = fma(set1(qScale), evenQ, fma(set1(pScale), evenP, mul(set1(zeroScale), x[0])));
      y[1] = fma(set1(q * qScale), oddQ, mul(set1(p * pScale), oddP));
      y[2] = fma(set1(q2 * qScale), evenQ, fma(set1(p2 * pScale), evenP, x[5]));
    }
  };
};

SIMD F16 finishResult(F16 y, F16 bias, int32_t activation) {
  const F16 sum = add(y, bias);
  switch (activation) {
    case tileRelu: return max(zero(), sum);
    case tileSigmoid: return sigmoid(sum);
    case tileTanh: return tanh(sum);
    default: return sum;
  }
}

// Sixteen lanes of one square; where not `whole`, of the caller's side only what the bounds and `lanes` leave.
template <class Matrix, bool whole, bool finish>
SIMD void transformLanes(const WinogradTransform& t, const float* in, float* out, const float* bias, int lanes) {
  constexpr int from = Matrix::from, to = Matrix::to;
  F16 half[from][to];
#pragma GCC unroll 6
  for (int j = 0; j < from; ++j, in += t.inColumn) {
    F16 x[from];
#pragma GCC unroll 6
    for (int i = 0; i < from; ++i) {
      if (whole || Matrix::gives)
        x[i] = load(in + i * t.inRow);
      else
        x[i] = i >= t.rowFrom && i < t.rowTo && j >= t.columnFrom && j < t.columnTo ? loadPart(in + i * t.inRow, lanes) : zero();
    }
    Matrix::apply(x, half[j]);
  }
  const F16 biases = finish && bias ? loadPart(bias, lanes) : zero();
#pragma GCC unroll 6
  for (int i = 0; i < to; ++i, out += t.outRow) {
    F16 x[from], y[to];
#pragma GCC unroll 6
    for (int j = 0; j < from; ++j) x[j] = half[j][i];
    Matrix::apply(x, y);
#pragma GCC unroll 6
    for (int j = 0; j < to; ++j) {
      const F16 result = finish ? finishResult(y[j], biases, t.activation) : y[j];
      if (whole || !Matrix::gives)
        store(out + j * t.outColumn, result);
      else if (i >= t.rowFrom && i < t.rowTo && j >= t.columnFrom && j < t.columnTo)
        storePart(out + j * t.outColumn, result, lanes);
    }
  }
}

template <class Matrix, bool finish>
void transformSquares(const WinogradTransform& t) {
  constexpr int edge = Matrix::gives ? Matrix::to : Matrix::from;
  const bool inside = t.rowFrom == 0 && t.rowTo == edge && t.columnFrom == 0 && t.columnTo == edge;
  const int64_t whole = inside ? t.channels / 16 * 16 : 0;
  for (int64_t n = 0; n < t.count; ++n) {
    const float* in = t.in + n * t.inStep;
    float* out = t.out + n * t.outStep;
    for (int64_t c = 0; c < whole; c += 16) {
      transformLanes<Matrix, true, finish>(t, in + c, out + c, t.bias ? t.bias + c : nullptr, 16);
    }
    for (int64_t c = whole; c < t.channels; c += 16) {
      const int lanes = t.channels - c < 16 ? int(t.channels - c) : 16;
      transformLanes<Matrix, false, finish>(t, in + c, out + c, t.bias ? t.bias + c : nullptr, lanes);
    }
  }
}

template <int tile>
SIMD void winogradOf(const WinogradTransform& t) {
  using W = Winograd<tile>;
  switch (t.matrix) {
    case WinogradMatrix::data: return transformSquares<typename W::Data, false>(t);
    case WinogradMatrix::filter: return transformSquares<typename W::Filter, false>(t);
    case WinogradMatrix::result:
      if (t.bias || t.activation != tileLinear) return transformSquares<typename W::Result, true>(t);
      return transformSquares<typename W::Result, false>(t);
    case WinogradMatrix::gradient: return transformSquares<typename W::Gradient, false>(t);
    case WinogradMatrix::taps: return transformSquares<typename W::Taps, false>(t);
  }
}

void winograd(const WinogradTransform& t) {
  if (t.tile == 2)
    winogradOf<2>(t);
  else
    winogradOf<4>(t);
}
