// What an optimizer step needs besides its arrays, worked out in double and rounded once.
#pragma once

namespace myelin {

struct SgdStep {
  float lr, momentum, undamped, weightDecay;  // undamped = 1 - dampening
  bool nesterov, firstStep;
};

struct AdamStep {
  float step;                            // lr / bias1
  float beta1, fresh1, beta2, fresh2;    // fresh = 1 - beta
  float epsilon, root;                   // root = 1 / sqrt(bias2)
  float decay, shrink;                   // the gradient's share of the parameter; what is left of the parameter where it is decoupled
};

}  // namespace myelin
