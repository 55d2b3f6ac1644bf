// Optimizer steps, one pass over the arrays: bound by memory, so all that concerns an element is done while it is in registers.

// `velocity` is null where there is no momentum.
void sgd(float* param, const float* grad, float* velocity, int64_t n, const SgdStep& s) {
  const F16 down = set1(-s.lr), momentum = set1(s.momentum), undamped = set1(s.undamped), decay = set1(s.weightDecay);
  eachPart(n, [=](int64_t i, int part) __attribute__((always_inline)) {
    const F16 p = loadSome(param + i, part);
    F16 g = fma(decay, p, loadSome(grad + i, part));
    if (velocity != nullptr) {
      F16 v = g;
      if (!s.firstStep) v = fma(momentum, loadSome(velocity + i, part), mul(undamped, g));
      storeSome(velocity + i, v, part);
      g = s.nesterov ? fma(momentum, v, g) : v;
    }
    storeSome(param + i, fma(down, g, p), part);
  });
}

void adam(float* param, const float* grad, float* m, float* v, int64_t n, const AdamStep& s) {
  const F16 down = set1(-s.step), beta1 = set1(s.beta1), fresh1 = set1(s.fresh1), beta2 = set1(s.beta2), fresh2 = set1(s.fresh2);
  const F16 epsilon = set1(s.epsilon), root = set1(s.root), decay = set1(s.decay), shrink = set1(s.shrink);
  eachPart(n, [=](int64_t i, int part) __attribute__((always_inline)) {
    const F16 p = loadSome(param + i, part);
    const F16 g = fma(decay, p, loadSome(grad + i, part));
    const F16 first = fma(beta1, loadSome(m + i, part), mul(fresh1, g));
    const F16 second = fma(beta2, loadSome(v + i, part), mul(fresh2, mul(g, g)));
    storeSome(m + i, first, part);
    storeSome(v + i, second, part);
    const F16 size = fma(sqrt(second), root, epsilon);
    storeSome(param + i, fma(down, div(first, size), mul(shrink, p)), part);
  });
}
