// Activations that are more than one elementary function. Each is written so that no intermediate overflows or cancels where
// the result is finite: log(1 + e^x) from e^-|x|, and tanh(log(1 + e^x)) as a ratio of polynomials in e^-|x|.
//
// Errors, measured by test/native/math_test.cc: expm1 and log1p 1.6, softplus 2, elu 1 (for alpha = 1), silu 3.1, mish 3.8 ulp. Both
// forms of gelu are off by 2^-22 |x| at most: towards -infinity the share of x that is left becomes small, its error does not.
// At a kink each takes the side that PyTorch takes.

// e^x - 1: with x = n ln2 + r it is 2^n (e^r - 1) + (2^n - 1), of which the second part is exact.
SIMD F16 expm1(F16 x) {
  constexpr float terms[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 0.16666665459f, 0.5f};
  const Reduced a = reduceByLn2(max(set1(-20.0f), min(set1(89.0f), x)));
  const F16 small = fma(mul(a.r, a.r), polynomial(a.r, terms), a.r), one = set1(1.0f);
  const F16 power = fromBits(ishl<23>(iadd(toInt(min(set1(127.0f), a.n)), iset1(127))));
  const F16 near = fma(power, small, sub(power, one));
  const F16 result = pick(gt(x, set1(20.0f)), scale(add(small, one), a.n), near);
  // Where n is 0 the sum above would lose the sign of zero.
  return pick(eq(x, zero()), x, result);
}

// log(1 + x): the logarithm of the rounded sum, plus what the rounding left, over that sum.
SIMD F16 log1p(F16 x) {
  const F16 one = set1(1.0f), sum = add(one, x);
  const F16 result = add(log(sum), div(sub(x, sub(sum, one)), sum));
  const F16 whole = pick(either(eq(sum, zero()), eq(sum, set1(__builtin_inff()))), log(sum), result);
  return pick(eq(sum, one), x, whole);
}

// 1 where x > 0, 0 below, and atZero between.
SIMD F16 step(F16 x, F16 atZero) {
  return pick(gt(x, zero()), set1(1.0f), pick(lt(x, zero()), zero(), pick(eq(x, zero()), atZero, x)));
}

SIMD F16 elu(F16 x, F16 alpha, F16 scaleBy) {
  return mul(scaleBy, pick(le(x, zero()), mul(alpha, expm1(x)), x));
}
SIMD F16 eluSlope(F16 x, F16 alpha, F16 scaleBy) {
  return mul(scaleBy, pick(le(x, zero()), mul(alpha, exp(x)), set1(1.0f)));
}

// x Phi(x), where Phi is the normal distribution.
SIMD F16 normalShare(F16 x) { return mul(set1(0.5f), add(set1(1.0f), erf(mul(x, set1(0.70710678f))))); }
SIMD F16 gelu(F16 x) { return mul(x, normalShare(x)); }
SIMD F16 geluSlope(F16 x) {
  const F16 density = mul(set1(0.3989422804f), exp(mul(mul(x, x), set1(-0.5f))));
  return fma(x, density, normalShare(x));
}

// (1 + tanh u) / 2 is sigmoid(2u), which does not cancel; 2u = x (c + d x^2).
constexpr float geluLinear = 1.5957691216f, geluCubic = 0.0713548162726f;
SIMD F16 geluTanhShare(F16 x) { return sigmoid(mul(x, fma(set1(geluCubic), mul(x, x), set1(geluLinear)))); }
SIMD F16 geluTanh(F16 x) { return mul(x, geluTanhShare(x)); }
SIMD F16 geluTanhSlope(F16 x) {
  // From |x| = 20 on the share is 0 or 1 and the rest is 0.
  const F16 near = max(set1(-20.0f), min(set1(20.0f), x)), share = geluTanhShare(x);
  const F16 slope = fma(set1(3 * geluCubic), mul(near, near), set1(geluLinear));
  return fma(mul(near, slope), mul(share, sub(set1(1.0f), share)), share);
}

SIMD F16 silu(F16 x) { return mul(x, sigmoid(x)); }
SIMD F16 siluSlope(F16 x) { return mul(sigmoid(x), fma(x, sigmoid(neg(x)), set1(1.0f))); }

// tanh(log(1 + e^x)) = n / (n + c), n = e^2x + 2 e^x and c = 2; both times e^-2x where x > 0.
struct MishShare { F16 value, rest; };
SIMD MishShare mishShare(F16 x) {
  const F16 e = exp(neg(abs(x))), two = set1(2.0f), negative = mul(e, add(e, two));
  const M16 above = gt(x, zero());
  const F16 numerator = pick(above, fma(two, e, set1(1.0f)), negative);
  const F16 other = pick(above, mul(two, mul(e, e)), two), sum = add(numerator, other);
  return {div(numerator, sum), div(other, sum)};
}
SIMD F16 mish(F16 x) { return mul(x, mishShare(x).value); }
SIMD F16 mishSlope(F16 x) {
  const MishShare share = mishShare(x);
  const F16 bend = mul(mul(share.rest, add(set1(1.0f), share.value)), sigmoid(x));
  // A product with infinity is kept from the share that has reached 0.
  return fma(pick(eq(bend, zero()), zero(), x), bend, share.value);
}

// log(1 + e^(beta x)) / beta, and x itself where beta x is above the threshold.
SIMD F16 softplus(F16 x, F16 beta, F16 threshold) {
  const F16 z = mul(beta, x);
  const F16 bent = div(add(max(z, zero()), log1p(exp(neg(abs(z))))), beta);
  return pick(gt(z, threshold), x, bent);
}
SIMD F16 softplusSlope(F16 x, F16 beta, F16 threshold) {
  const F16 z = mul(beta, x);
  return pick(gt(z, threshold), set1(1.0f), sigmoid(z));
}

// slope x + offset between 0 and 1; flat at both ends.
SIMD F16 hardSigmoid(F16 x, F16 slope, F16 offset) { return min(set1(1.0f), max(zero(), fma(slope, x, offset))); }
SIMD F16 hardSigmoidSlope(F16 x, F16 slope, F16 offset) {
  const F16 low = div(neg(offset), slope), high = div(sub(set1(1.0f), offset), slope);
  return pick(both(gt(x, low), lt(x, high)), slope, zero());
}

// x times min(max(x / 6 + 1/2, 0), 1); the slope is 0 at -3 and 1 at 3.
SIMD F16 hardSwish(F16 x) {
  return mul(x, div(min(set1(6.0f), max(zero(), add(x, set1(3.0f)))), set1(6.0f)));
}
SIMD F16 hardSwishSlope(F16 x) {
  const F16 between = fma(x, set1(1.0f / 3), set1(0.5f));
  return pick(le(x, set1(-3.0f)), zero(), pick(ge(x, set1(3.0f)), set1(1.0f), between));
}
