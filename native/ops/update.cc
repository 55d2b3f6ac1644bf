// Optimizer steps: the hyper-parameters are doubles, and what the kernels need is worked out from them in double.
#include "ops.h"

#include <math.h>

#include "../runtime/dispatch.h"
#include "split.h"

namespace myelin::ops {

Status sgd(InOut<float> param, In<float> grad, Opt<InOut<float>> velocity, In<double> hyper) {
  if (hyper.length != 6) return Status::error("expected six hyper-parameters");
  if (grad.length != param.length || (velocity && velocity.length != param.length)) {
    return Status::error("expected param, grad and velocity of one length");
  }
  const double lr = hyper.data[0], momentum = hyper.data[1], dampening = hyper.data[2], weightDecay = hyper.data[3];
  SgdStep step;
  step.lr = static_cast<float>(lr);
  step.momentum = static_cast<float>(momentum);
  step.undamped = static_cast<float>(1 - dampening);
  step.weightDecay = static_cast<float>(weightDecay);
  step.nesterov = hyper.data[4] != 0;
  step.firstStep = hyper.data[5] != 0;
  splitElements(static_cast<int64_t>(param.length), 2, [&](int64_t first, int64_t n) {
    kernels().sgd(param.data + first, grad.data + first, velocity ? velocity.data + first : nullptr, n, step);
  });
  return Status::ok();
}

Status adam(InOut<float> param, In<float> grad, InOut<float> m, InOut<float> v, In<double> hyper) {
  if (hyper.length != 8) return Status::error("expected eight hyper-parameters");
  if (grad.length != param.length || m.length != param.length || v.length != param.length) {
    return Status::error("expected param, grad, m and v of one length");
  }
  const double lr = hyper.data[0], beta1 = hyper.data[1], beta2 = hyper.data[2], weightDecay = hyper.data[4];
  const bool decoupled = hyper.data[5] != 0;
  AdamStep step;
  step.step = static_cast<float>(lr / hyper.data[6]);
  step.beta1 = static_cast<float>(beta1);
  step.fresh1 = static_cast<float>(1 - beta1);
  step.beta2 = static_cast<float>(beta2);
  step.fresh2 = static_cast<float>(1 - beta2);
  step.epsilon = static_cast<float>(hyper.data[3]);
  step.root = static_cast<float>(1 / sqrt(hyper.data[7]));
  step.decay = static_cast<float>(decoupled ? 0 : weightDecay);
  step.shrink = static_cast<float>(decoupled ? 1 - lr * weightDecay : 1);
  splitElements(static_cast<int64_t>(param.length), 4, [&](int64_t first, int64_t n) {
    kernels().adam(param.data + first, grad.data + first, m.data + first, v.data + first, n, step);
  });
  return Status::ok();
}

}  // namespace myelin::ops
