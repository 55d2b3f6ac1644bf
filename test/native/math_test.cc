// Errors of the elementary functions against libm's double, over a sample of all float32 bit patterns; and the special values
// of C. An error is counted in steps of the float nearest to the true value.
#include <float.h>
#include <math.h>
#include <string.h>

#include "runtime/dispatch.h"
#include "test.h"

using namespace myelin;

namespace {

enum UnaryIndex {
#define UNARY(name, value, derivative) unary_##name,
#include "kernels/unary.def"
#undef UNARY
};
enum BinaryIndex {
#define BINARY(name, value) binary_##name,
#include "kernels/binary.def"
#undef BINARY
};

float fromPattern(uint32_t pattern) {
  float x;
  memcpy(&x, &pattern, sizeof x);
  return x;
}

double ulpError(float got, double want) {
  if (isnan(want)) return isnan(got) ? 0 : INFINITY;
  const float nearest = static_cast<float>(want);
  if (got == nearest) return 0;
  if (!isfinite(got) || !isfinite(nearest)) {
    // Just above the largest float either answer is within half a step.
    const double limit = ldexp(1, 128);
    return fabs((isinf(got) ? copysign(limit, got) : got) - (isinf(want) ? copysign(INFINITY, want) : want)) / ldexp(1, 104);
  }
  int exponent;
  frexp(want, &exponent);
  const double step = ldexp(1, exponent - 24 < -149 ? -149 : exponent - 24);
  return fabs(got - want) / step;
}

constexpr int block = 4096;

double worstUnary(int op, double (*truth)(double), float& where) {
  double worst = 0;
  float x[block], y[block];
  for (uint64_t pattern = 0; pattern < (uint64_t{1} << 32);) {
    int n = 0;
    for (; n < block && pattern < (uint64_t{1} << 32); pattern += 997) x[n++] = fromPattern(static_cast<uint32_t>(pattern));
    kernels().unary(op, x, y, n, 0, 0);
    for (int i = 0; i < n; i++) {
      const double error = ulpError(y[i], truth(x[i]));
      if (error > worst) worst = error, where = x[i];
    }
  }
  return worst;
}

void checkUnary(const char* name, int op, double (*truth)(double), double bound) {
  float where = 0;
  const double worst = worstUnary(op, truth, where);
  if (!(worst <= bound)) printf("%s: %.3f ulp at %.9g\n", name, worst, where);
  CHECK(worst <= bound);
}

double sigmoidTruth(double x) { return 1 / (1 + exp(-x)); }

bool sameBits(float a, float b) { return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b)); }

}  // namespace

TEST(elementary_functions_over_all_floats) {
  checkUnary("exp", unary_exp, exp, 1.1);
  checkUnary("log", unary_log, log, 1.6);
  checkUnary("tanh", unary_tanh, tanh, 1.4);
  checkUnary("sigmoid", unary_sigmoid, sigmoidTruth, 2);
  checkUnary("erf", unary_erf, erf, 1.4);
  checkUnary("expm1", unary_expm1, expm1, 1.6);
  checkUnary("log1p", unary_log1p, log1p, 1.6);
  checkUnary("sin", unary_sin, sin, 1.6);
  checkUnary("cos", unary_cos, cos, 1.6);
}

TEST(pow_over_a_grid) {
  float x[block], y[block], z[block];
  double worst = 0;
  test::Random random;
  for (int round = 0; round < 400; round++) {
    for (int i = 0; i < block; i++) {
      // Every pattern for the base; exponents for which many results are finite, some whole.
      x[i] = fromPattern(static_cast<uint32_t>((random.next() + 1) * 0x1p31f));
      y[i] = round % 3 == 0 ? floorf(random.next() * 20) : random.next() * (round % 3 == 1 ? 3.0f : 200.0f);
      if (round % 5 == 0) x[i] = 1 + random.next() * 1e-3f, y[i] *= 1e4f;
    }
    kernels().binary(binary_pow, x, y, z, 1, block, 0, 0, false, false);
    for (int i = 0; i < block; i++) {
      // A signalling NaN to the power of 0 may be NaN or 1.
      if (isnan(x[i])) continue;
      worst = fmax(worst, ulpError(z[i], pow(x[i], y[i])));
    }
  }
  if (!(worst <= 1)) printf("pow: %.3f ulp\n", worst);
  CHECK(worst <= 1);
}

TEST(special_values) {
  const float special[] = {0.0f, -0.0f, 1, -1, 2, -2, 3, -3, 0.5f, -0.5f, 2.5f, 1e-40f, -1e-40f, FLT_MAX, -FLT_MAX, FLT_MIN,
                           16777215, -16777216, 33554432, INFINITY, -INFINITY, NAN};
  for (const float x : special) {
    float y;
    kernels().unary(unary_exp, &x, &y, 1, 0, 0);
    CHECK(ulpError(y, exp(double{x})) <= 2);
    kernels().unary(unary_log, &x, &y, 1, 0, 0);
    CHECK(ulpError(y, log(double{x})) <= 2);
    kernels().unary(unary_tanh, &x, &y, 1, 0, 0);
    CHECK(ulpError(y, tanh(double{x})) <= 2);
    CHECK(isnan(x) || signbit(x) == signbit(y));
    kernels().unary(unary_floor, &x, &y, 1, 0, 0);
    CHECK(sameBits(y, floorf(x)));
    kernels().unary(unary_ceil, &x, &y, 1, 0, 0);
    CHECK(sameBits(y, ceilf(x)));
    kernels().unary(unary_round, &x, &y, 1, 0, 0);
    CHECK(sameBits(y, nearbyintf(x)));
    kernels().unary(unary_relu, &x, &y, 1, 0, 0);
    CHECK(isnan(x) ? isnan(y) : y == (x > 0 ? x : 0));
    for (const float exponent : special) {
      kernels().binary(binary_pow, &x, &exponent, &y, 1, 1, 0, 0, false, false);
      const float want = static_cast<float>(pow(double{x}, double{exponent}));
      if (!sameBits(y, want)) printf("pow(%g, %g) = %g, not %g\n", x, exponent, y, want);
      CHECK(sameBits(y, want));
      kernels().binary(binary_maximum, &x, &exponent, &y, 1, 1, 0, 0, false, false);
      CHECK(isnan(x) || isnan(exponent) ? isnan(y) : y == fmaxf(x, exponent));
      kernels().binary(binary_minimum, &x, &exponent, &y, 1, 1, 0, 0, false, false);
      CHECK(isnan(x) || isnan(exponent) ? isnan(y) : y == fminf(x, exponent));
    }
  }
}
