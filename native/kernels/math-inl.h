// Elementary functions of sixteen floats. Errors, measured over the whole range of float32 by test/native/math_test.cc: exp 1.1,
// tanh 1.3, erf 1.3, log, sin and cos 1.5, sigmoid 1.9, pow 1 ulp; infinities, NaN, zeros of either sign and denormal arguments
// and results are those of C.
//
// exp, tanh and sigmoid write x = n ln2 + r with |r| <= ln2/2, where ln2 has a short and a long part so that n times the short
// one is exact; exp(r) is a polynomial. log writes x = 2^e m with m in [sqrt(1/2), sqrt(2)). The coefficients are minimax fits.
// pow, and the reduction of angles, need more than 24 bits on the way and run in double, in plain multiplications and
// additions, so that every instruction set yields the same bits.

template <int count> SIMD F16 polynomial(F16 x, const float (&coefficients)[count]) {
  F16 sum = set1(coefficients[0]);
  for (int i = 1; i < count; i++) sum = fma(sum, x, set1(coefficients[i]));
  return sum;
}

SIMD F16 copySign(F16 magnitude, F16 sign) {
  return fromBits(ior(iand(bits(magnitude), iset1(0x7fffffff)), iand(bits(sign), iset1(INT32_MIN))));
}

constexpr float log2E = 1.44269504f, ln2Short = 0.693359375f, ln2Long = -2.12194440e-4f;

struct Reduced { F16 n, r; };
SIMD Reduced reduceByLn2(F16 x) {
  const F16 n = round(mul(x, set1(log2E)));
  return {n, fma(n, set1(-ln2Long), fma(n, set1(-ln2Short), x))};
}

// exp(r) for |r| <= ln2/2.
SIMD F16 expReduced(F16 r) {
  constexpr float coefficients[] = {1.3950541056115843e-3f, 8.368918289813655e-3f, 4.166620505512018e-2f, 0.16666518599094707f,
                                    0.5f};
  return add(fma(mul(r, r), polynomial(r, coefficients), r), set1(1.0f));
}

SIMD F16 exp(F16 x) {
  // Above 89 the result is infinity; with the constant on the left a NaN comes through. Below -103.97 it is 0, and not left to
  // rounding: a product that underflows takes the processor a hundred cycles, and masked scores of softmax are all of this kind.
  const M16 vanishes = lt(x, set1(-103.972084f));
  const Reduced a = reduceByLn2(pick(vanishes, zero(), min(set1(89.0f), x)));
  return pick(vanishes, zero(), scale(expReduced(a.r), a.n));
}

// Near 0 an odd polynomial; elsewhere 1 - 2 / (exp(2|x|) + 1), which is 1 from |x| = 10 on.
SIMD F16 tanh(F16 x) {
  constexpr float low[] = {-5.9058608185800325e-3f, 2.080537861872171e-2f, -5.3786681976862996e-2f, 0.13331958226244592f,
                           -0.3333329927155389f};
  const F16 magnitude = abs(x), square = mul(x, x), one = set1(1.0f);
  const F16 near = fma(mul(square, x), polynomial(square, low), x);
  const Reduced a = reduceByLn2(min(set1(20.0f), add(magnitude, magnitude)));
  const F16 power = fromBits(ishl<23>(iadd(toInt(a.n), iset1(127))));
  const F16 far = sub(one, div(set1(2.0f), fma(power, expReduced(a.r), one)));
  return copySign(pick(lt(magnitude, set1(0.6f)), near, far), x);
}

// exp is taken of -|x|, which neither overflows nor loses the small results of negative x. What rounding took from the divisor is
// given back at the end, times 1 / divisor, which is q or 1 - q.
SIMD F16 sigmoid(F16 x) {
  const F16 e = exp(neg(abs(x))), one = set1(1.0f), divisor = add(one, e), lost = sub(e, sub(divisor, one));
  const M16 below = lt(x, zero());
  const F16 q = div(pick(below, e, one), divisor);
  return fma(neg(mul(q, lost)), pick(below, sub(one, q), q), q);
}

SIMD F16 log(F16 x) {
  constexpr float coefficients[] = {6.915436740715862e-2f, -0.11789854780614117f, 0.11872970388187508f,
                                    -0.12384340301971275f, 0.14218657938235885f,  -0.1666925127088273f,
                                    0.2000222662976703f,   -0.2499998659187389f,  0.33333310439769936f};
  const I16 sqrtHalf = iset1(0x3f3504f3), one = iset1(0x3f800000);
  const M16 denormal = lt(x, set1(1.17549435e-38f));
  const F16 normal = pick(denormal, mul(x, set1(8388608.0f)), x);
  const I16 shifted = iadd(isub(bits(normal), sqrtHalf), one);
  const F16 e = sub(toFloat(ishr<23>(shifted)), pick(denormal, set1(127.0f + 23.0f), set1(127.0f)));
  const F16 f = sub(fromBits(iadd(iand(shifted, iset1(0x007fffff)), sqrtHalf)), set1(1.0f));
  const F16 square = mul(f, f);
  F16 small = fma(mul(square, f), polynomial(f, coefficients), mul(e, set1(ln2Long)));
  small = fma(square, set1(-0.5f), small);
  F16 result = add(fma(e, set1(ln2Short), f), small);
  const F16 infinity = set1(__builtin_inff());
  result = pick(eq(x, infinity), x, result);
  result = pick(eq(x, zero()), neg(infinity), result);
  return pick(ge(x, zero()), result, set1(__builtin_nanf("")));
}

// Below 1 an odd polynomial; above, 1 - exp(-x - x P(x)), which is 1 from 4 on.
SIMD F16 erf(F16 x) {
  constexpr float low[] = {7.889123499642903e-5f, -8.020842929054401e-4f, 5.189535587988174e-3f, -2.685444476459191e-2f,
                           0.11283600181900979f,  -0.37612627136733334f,  0.1283791659140404f};
  constexpr float high[] = {1.297906762049672e-5f, -3.3969969807440396e-4f, 3.7087009471505786e-3f, -2.3896948993286087e-2f,
                            0.10638743924764832f,  0.6350638891797518f,     0.1286691454009139f};
  const F16 near = fma(x, polynomial(mul(x, x), low), x);
  const F16 t = min(set1(4.0f), abs(x));
  const F16 far = sub(set1(1.0f), exp(neg(fma(t, polynomial(t, high), t))));
  return pick(lt(abs(x), set1(1.0f)), near, copySign(far, x));
}

// ---- in double

constexpr int doubleLanes = sizeof(DoubleN) / sizeof(double);
typedef float HalfN __attribute__((vector_size(sizeof(DoubleN) / 2)));
typedef uint64_t LongN __attribute__((vector_size(sizeof(DoubleN))));  // unsigned: the bits of special values may run over

SIMD DoubleN widen(const float* p) {
  HalfN half;
  __builtin_memcpy(&half, p, sizeof half);
  return __builtin_convertvector(half, DoubleN);
}
SIMD void narrow(float* p, const DoubleN& x) {
  const HalfN half = __builtin_convertvector(x, HalfN);
  __builtin_memcpy(p, &half, sizeof half);
}
// Adding this to a small double rounds it to an integer, which then stands in the low bits of the sum.
constexpr double roundingShift = 6755399441055744.0;

// |x|^y, for finite x and y away from the special cases: 2^(y log2|x|), with log2 of the mantissa from its atanh series.
SIMD void powPart(const float* x, const float* y, float* result) {
  constexpr double log2Terms[] = {0.2718811487607201, 0.32072699612673594, 0.41218778188846583,
                                  0.5770781718268804, 0.9617966932591729,  2.885390081778308};
  constexpr double exp2Terms[] = {1.5314974780380044e-05, 1.5467135623614256e-04, 1.3333430672755626e-03, 9.618036835946924e-03,
                                  5.550410962700042e-02,  0.24022651076314505,    0.6931471805416226,     1.0};
  constexpr uint64_t sqrtHalf = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
  const DoubleN wide = widen(x);
  const LongN shifted = ((LongN)wide & uint64_t(INT64_MAX)) - sqrtHalf + one;
  // An integer in the low bits of the double 2^52 is added to it.
  const DoubleN e = (DoubleN)((shifted >> 52) | 0x4330000000000000u) - (4503599627370496.0 + 1023.0);
  const DoubleN m = (DoubleN)((shifted & 0x000fffffffffffff) + sqrtHalf);
  const DoubleN z = (m - 1.0) / (m + 1.0), square = z * z;
  DoubleN log2 = square * log2Terms[0] + log2Terms[1];
  for (int i = 2; i < 6; i++) log2 = log2 * square + log2Terms[i];
  DoubleN t = widen(y) * (log2 * z + e);
  t = t < -400.0 ? DoubleN{} - 400.0 : t;
  t = t > 400.0 ? DoubleN{} + 400.0 : t;
  const DoubleN sum = t + roundingShift, r = t - (sum - roundingShift);
  DoubleN p = r * exp2Terms[0] + exp2Terms[1];
  for (int i = 2; i < 8; i++) p = p * r + exp2Terms[i];
  narrow(result, (DoubleN)((LongN)p + ((LongN)sum << 52)));
}

SIMD F16 pow(F16 x, F16 y) {
  float xs[16], ys[16], results[16];
  store(xs, x);
  store(ys, y);
  for (int i = 0; i < 16; i += doubleLanes) powPart(xs + i, ys + i, results + i);
  const F16 one = set1(1.0f), half = set1(0.5f), infinity = set1(__builtin_inff()), nan = set1(__builtin_nanf(""));
  const F16 magnitude = abs(x);
  F16 r = load(results);
  const M16 atZero = eq(magnitude, zero()), atInfinity = eq(magnitude, infinity);
  const M16 grows = either(both(atZero, lt(y, zero())), both(atInfinity, gt(y, zero())));
  r = pick(either(atZero, atInfinity), pick(grows, infinity, zero()), r);
  r = pick(eq(magnitude, one), one, r);
  const M16 whole = eq(floor(y), y);
  const M16 odd = both(both(whole, ne(floor(mul(y, half)), mul(y, half))), lt(abs(y), set1(16777216.0f)));
  r = pick(both(odd, lt(copySign(one, x), zero())), neg(r), r);
  r = pick(both(both(lt(x, zero()), inverse(whole)), inverse(atInfinity)), nan, r);
  r = pick(either(isnan(x), isnan(y)), nan, r);
  return pick(either(eq(x, one), eq(y, zero())), one, r);
}

// x = n pi/2 + r with |r| <= pi/4.
struct Angle { float n, r; };

// For large |x|: only the bits of 2/pi that reach the last two bits of n, or r, are multiplied (Payne and Hanek).
inline Angle reduceLargeAngle(float x) {
  constexpr uint32_t twoOverPi[] = {0,          0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
                                    0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561};
  uint32_t pattern;
  __builtin_memcpy(&pattern, &x, sizeof pattern);
  const uint32_t mantissa = (pattern & 0x7fffff) | 0x800000;
  const int exponent = static_cast<int>((pattern >> 23) & 0xff) - 150;
  // x = mantissa 2^exponent; 96 bits of 2/pi from the one of weight 2^(1 - exponent), behind 32 zeros in the table.
  const int first = exponent - 2 + 32, word = first / 32, shift = first % 32;
  unsigned __int128 window = 0;
  for (int i = 0; i < 4; i++) window = (window << 32) | twoOverPi[word + i];
  window = (window << shift) >> 32;
  const unsigned __int128 product = window * mantissa;
  const int n = static_cast<int>((product + (static_cast<unsigned __int128>(1) << 93)) >> 94) & 3;
  const int64_t fraction = static_cast<int64_t>(static_cast<uint64_t>((product << 34) >> 64));
  const float r = static_cast<float>(static_cast<double>(fraction) * (1.5707963267948966 / 18446744073709551616.0));
  return pattern >> 31 ? Angle{static_cast<float>(-n), -r} : Angle{static_cast<float>(n), r};
}

SIMD void reduceAngle(F16 x, I16& quadrant, F16& r) {
  // pi/2 in two parts; n times the short one is exact for |n| < 2^27.
  constexpr double twoOverPi = 0x1.45f306dc9c883p-1, short_ = 0x1.921fb50000000p+0, long_ = 0x1.110b4611a6263p-26;
  constexpr float large = 1048576.0f;
  float xs[16], ns[16], rs[16];
  store(xs, x);
  for (int i = 0; i < 16; i += doubleLanes) {
    const DoubleN wide = widen(xs + i);
    const DoubleN n = (wide * twoOverPi + roundingShift) - roundingShift;
    narrow(ns + i, n);
    narrow(rs + i, (wide - n * short_) - n * long_);
  }
  if (any(both(ge(abs(x), set1(large)), lt(abs(x), set1(__builtin_inff()))))) {
    for (int i = 0; i < 16; i++) {
      if (!(__builtin_fabsf(xs[i]) >= large && __builtin_fabsf(xs[i]) < __builtin_inff())) continue;
      const Angle angle = reduceLargeAngle(xs[i]);
      ns[i] = angle.n;
      rs[i] = angle.r;
    }
  }
  quadrant = toInt(load(ns));
  r = load(rs);
}

// sin(r + n pi/2): sine or cosine of r by the last bit of n, the sign by the one before.
SIMD F16 sinOfQuadrant(I16 n, F16 r) {
  constexpr float sine[] = {2.7182743419744143e-6f, -1.9839330983657954e-4f, 8.333329374082538e-3f, -0.16666666641526545f};
  constexpr float cosine[] = {-2.7209895455184014e-7f, 2.4799515927359792e-5f, -1.3888883738212205e-3f, 4.166666662265534e-2f,
                              -0.5f};
  const F16 square = mul(r, r);
  const F16 s = fma(mul(square, r), polynomial(square, sine), r);
  const F16 c = fma(square, polynomial(square, cosine), set1(1.0f));
  const F16 odd = toFloat(iand(n, iset1(1)));
  const I16 sign = ishl<30>(iand(n, iset1(2)));
  return fromBits(ixor(bits(pick(gt(odd, zero()), c, s)), sign));
}
SIMD F16 sin(F16 x) {
  I16 n;
  F16 r;
  reduceAngle(x, n, r);
  return sinOfQuadrant(n, r);
}
SIMD F16 cos(F16 x) {
  I16 n;
  F16 r;
  reduceAngle(x, n, r);
  return sinOfQuadrant(iadd(n, iset1(1)), r);
}
