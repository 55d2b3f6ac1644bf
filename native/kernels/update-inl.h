// Optimizer steps, one pass over the arrays: bound by memory, so all that concerns an element is done while it is in registers.
//
// Every step begins alike, by four hyper-parameters: the gradient is scaled, limited to [-limit, limit], and gets `decay` times the
// parameter; the parameter shrinks. Then a rule (one struct below for each line of update.def) takes the parameter p, the
// gradient g and what is kept of former steps (a, b, c), and gives the new p. Hyper-parameters are doubles and differences from 1
// are taken in double: 1 - 0.999f would be wrong in the fourth digit.

constexpr int commonHyper = 4;

SIMD F16 number(const double* hyper, int i) { return set1(static_cast<float>(hyper[commonHyper + i])); }
SIMD F16 oneMinus(const double* hyper, int i) { return set1(static_cast<float>(1 - hyper[commonHyper + i])); }

// mean + (1 - beta) * (x - mean), as two products: `fresh` is 1 - beta.
SIMD F16 moving(F16 beta, F16 mean, F16 fresh, F16 x) { return fma(beta, mean, mul(fresh, x)); }

// The sign of a step; NaN stays NaN, so that a gradient that failed is seen.
SIMD F16 directionOf(F16 x) { return pick(isnan(x), x, signOf(x)); }

// One vector of each array that is kept. Those that the caller left out are `here[i] == false`, and zero.
struct Kept {
  F16 a, b, c;
  bool here[3];
};

// [lr, momentum, fresh, nesterov 0|1]; a = velocity: v = momentum v + fresh g.
struct sgdRule {
  F16 down, momentum, fresh;
  bool nesterov;
  SIMD sgdRule make(const double* h) { return {neg(number(h, 0)), number(h, 1), number(h, 2), h[commonHyper + 3] != 0}; }
  SIMD F16 step(const sgdRule& r, F16 p, F16 g, Kept& k) {
    if (k.here[0]) {
      k.a = fma(r.momentum, k.a, mul(r.fresh, g));
      g = r.nesterov ? fma(r.momentum, k.a, g) : k.a;
    }
    return fma(r.down, g, p);
  }
};

// [rate, epsilon]; a = sum of g^2.
struct adagradRule {
  F16 down, epsilon;
  SIMD adagradRule make(const double* h) { return {neg(number(h, 0)), number(h, 1)}; }
  SIMD F16 step(const adagradRule& r, F16 p, F16 g, Kept& k) {
    k.a = fma(g, g, k.a);
    return fma(r.down, div(g, add(sqrt(k.a), r.epsilon)), p);
  }
};

// [lr, rho, epsilon]; a = mean g^2, b = mean step^2.
struct adadeltaRule {
  F16 down, rho, fresh, epsilon;
  SIMD adadeltaRule make(const double* h) { return {neg(number(h, 0)), number(h, 1), oneMinus(h, 1), number(h, 2)}; }
  SIMD F16 step(const adadeltaRule& r, F16 p, F16 g, Kept& k) {
    k.a = moving(r.rho, k.a, r.fresh, mul(g, g));
    const F16 change = mul(sqrt(div(add(k.b, r.epsilon), add(k.a, r.epsilon))), g);
    k.b = moving(r.rho, k.b, r.fresh, mul(change, change));
    return fma(r.down, change, p);
  }
};

// [shrinking factor, growing factor, smallest, largest]; a = gradient before, b = step size.
struct rpropRule {
  F16 shrink, grow, smallest, largest;
  SIMD rpropRule make(const double* h) { return {number(h, 0), number(h, 1), number(h, 2), number(h, 3)}; }
  SIMD F16 step(const rpropRule& r, F16 p, F16 g, Kept& k) {
    const F16 agreement = mul(g, k.a);
    const M16 turned = lt(agreement, zero());
    const F16 factor = pick(turned, r.shrink, pick(gt(agreement, zero()), r.grow, set1(1.0f)));
    k.b = clip(mul(k.b, factor), r.smallest, r.largest);
    k.a = pick(turned, zero(), g);
    return sub(p, mul(directionOf(k.a), k.b));
  }
};

// [lr, alpha, epsilon, momentum]; a = mean g^2, b = mean g (centered), c = velocity (with momentum).
struct rmspropRule {
  F16 down, alpha, fresh, epsilon, momentum;
  SIMD rmspropRule make(const double* h) {
    return {neg(number(h, 0)), number(h, 1), oneMinus(h, 1), number(h, 2), number(h, 3)};
  }
  SIMD F16 step(const rmspropRule& r, F16 p, F16 g, Kept& k) {
    k.a = moving(r.alpha, k.a, r.fresh, mul(g, g));
    F16 spread = k.a;
    if (k.here[1]) {
      k.b = moving(r.alpha, k.b, r.fresh, g);
      // A variance is not negative, though its rounding may be. With the bound on the left, NaN passes.
      spread = max(zero(), fma(neg(k.b), k.b, k.a));
    }
    F16 change = div(g, add(sqrt(spread), r.epsilon));
    if (k.here[2]) change = k.c = fma(r.momentum, k.c, change);
    return fma(r.down, change, p);
  }
};

// [rate, beta1, fresh1, beta2, fresh2, epsilon, root]; a = mean g, b = mean g^2, c = largest mean g^2 (AMSGrad).
struct adamRule {
  F16 down, beta1, fresh1, beta2, fresh2, epsilon, root;
  SIMD adamRule make(const double* h) {
    return {neg(number(h, 0)), number(h, 1), number(h, 2), number(h, 3), number(h, 4), number(h, 5), number(h, 6)};
  }
  SIMD F16 step(const adamRule& r, F16 p, F16 g, Kept& k) {
    k.a = moving(r.beta1, k.a, r.fresh1, g);
    k.b = moving(r.beta2, k.b, r.fresh2, mul(g, g));
    F16 square = k.b;
    if (k.here[2]) square = k.c = max(k.c, k.b);
    return fma(r.down, div(k.a, fma(sqrt(square), r.root, r.epsilon)), p);
  }
};

// [rate, beta1, beta2, epsilon]; a = mean g, b = largest |g|, fading.
struct adamaxRule {
  F16 down, beta1, fresh1, beta2, epsilon;
  SIMD adamaxRule make(const double* h) {
    return {neg(number(h, 0)), number(h, 1), oneMinus(h, 1), number(h, 2), number(h, 3)};
  }
  SIMD F16 step(const adamaxRule& r, F16 p, F16 g, Kept& k) {
    k.a = moving(r.beta1, k.a, r.fresh1, g);
    k.b = max(mul(k.b, r.beta2), add(abs(g), r.epsilon));
    return fma(r.down, div(k.a, k.b), p);
  }
};

// [rate of g, rate of its mean, beta1, beta2, epsilon, root]; a = mean g, b = mean g^2.
struct nadamRule {
  F16 downNew, downMean, beta1, fresh1, beta2, fresh2, epsilon, root;
  SIMD nadamRule make(const double* h) {
    return {neg(number(h, 0)), neg(number(h, 1)), number(h, 2), oneMinus(h, 2), number(h, 3), oneMinus(h, 3), number(h, 4), number(h, 5)};
  }
  SIMD F16 step(const nadamRule& r, F16 p, F16 g, Kept& k) {
    k.a = moving(r.beta1, k.a, r.fresh1, g);
    k.b = moving(r.beta2, k.b, r.fresh2, mul(g, g));
    return add(p, div(fma(r.downMean, k.a, mul(r.downNew, g)), fma(sqrt(k.b), r.root, r.epsilon)));
  }
};

// [rate, beta1, beta2, epsilon, adaptive 0|1]; a = mean g, b = mean g^2.
struct radamRule {
  F16 down, beta1, fresh1, beta2, fresh2, epsilon;
  bool adaptive;
  SIMD radamRule make(const double* h) {
    return {neg(number(h, 0)), number(h, 1), oneMinus(h, 1), number(h, 2), oneMinus(h, 2), number(h, 3), h[commonHyper + 4] != 0};
  }
  SIMD F16 step(const radamRule& r, F16 p, F16 g, Kept& k) {
    k.a = moving(r.beta1, k.a, r.fresh1, g);
    k.b = moving(r.beta2, k.b, r.fresh2, mul(g, g));
    return fma(r.down, r.adaptive ? div(k.a, add(sqrt(k.b), r.epsilon)) : k.a, p);
  }
};

// [lr, beta1, beta2]; a = mean g.
struct lionRule {
  F16 lr, beta1, fresh1, beta2, fresh2;
  SIMD lionRule make(const double* h) { return {number(h, 0), number(h, 1), oneMinus(h, 1), number(h, 2), oneMinus(h, 2)}; }
  SIMD F16 step(const lionRule& r, F16 p, F16 g, Kept& k) {
    const F16 direction = directionOf(moving(r.beta1, k.a, r.fresh1, g));
    k.a = moving(r.beta2, k.a, r.fresh2, g);
    return sub(p, mul(r.lr, direction));
  }
};

template <int count> struct Vectors {
  static constexpr int value = count;
};

template <class Rule> void updateLoop(float* param, const float* grad, float* const* kept, int64_t n, const double* hyper) {
  const F16 scale = set1(static_cast<float>(hyper[0])), limit = set1(static_cast<float>(hyper[1]));
  const F16 decay = set1(static_cast<float>(hyper[2])), shrink = set1(static_cast<float>(hyper[3]));
  const F16 least = neg(limit);
  const Rule rule = Rule::make(hyper);
  float *const a = kept[0], *const b = kept[1], *const c = kept[2];
  const bool here[3] = {a != nullptr, b != nullptr, c != nullptr};
  // Vectors from i on, the lanes of the last one in part. Each array is read and written in a stretch of its own, which memory
  // gives a little faster than a line of each array in turn.
  const auto steps = [&](auto vectors, int64_t i, int part) __attribute__((always_inline)) {
    constexpr int count = decltype(vectors)::value;
    F16 p[count], g[count];
    Kept k[count];
    for (int j = 0; j < count; ++j) p[j] = loadSome(param + i + 16 * j, part);
    for (int j = 0; j < count; ++j) g[j] = loadSome(grad + i + 16 * j, part);
    for (int j = 0; j < count; ++j) k[j].a = here[0] ? loadSome(a + i + 16 * j, part) : zero();
    for (int j = 0; j < count; ++j) k[j].b = here[1] ? loadSome(b + i + 16 * j, part) : zero();
    for (int j = 0; j < count; ++j) k[j].c = here[2] ? loadSome(c + i + 16 * j, part) : zero();
    for (int j = 0; j < count; ++j) {
      for (int slot = 0; slot < 3; ++slot) k[j].here[slot] = here[slot];
      g[j] = fma(decay, p[j], clip(mul(scale, g[j]), least, limit));
      p[j] = Rule::step(rule, mul(shrink, p[j]), g[j], k[j]);
    }
    for (int j = 0; j < count; ++j) storeSome(param + i + 16 * j, p[j], part);
    for (int j = 0; j < count && here[0]; ++j) storeSome(a + i + 16 * j, k[j].a, part);
    for (int j = 0; j < count && here[1]; ++j) storeSome(b + i + 16 * j, k[j].b, part);
    for (int j = 0; j < count && here[2]; ++j) storeSome(c + i + 16 * j, k[j].c, part);
  };
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) steps(Vectors<4>(), i, 16);
  for (; i + 16 <= n; i += 16) steps(Vectors<1>(), i, 16);
  if (i < n) steps(Vectors<1>(), i, static_cast<int>(n - i));
}

// kept: three pointers, null for an array that the step does without.
void update(int32_t op, float* param, const float* grad, float* const* kept, int64_t n, const double* hyper) {
  using Loop = void (*)(float*, const float*, float* const*, int64_t, const double*);
  static constexpr Loop loops[] = {
#define UPDATE(name, needed, more, own) updateLoop<name##Rule>,
#include "update.def"
#undef UPDATE
  };
  loops[op](param, grad, kept, n, hyper);
}
