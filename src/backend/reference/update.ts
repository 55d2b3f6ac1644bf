import type { FloatArray } from '../backend.js';

export function sgd(param: FloatArray, grad: FloatArray, velocity: FloatArray | null, hyper: Float64Array): void {
  const [lr, momentum, dampening, weightDecay, nesterov, firstStep] = hyper;
  for (let i = 0; i < param.length; i++) {
    let g = grad[i] + weightDecay * param[i];
    if (velocity !== null) {
      const v = firstStep ? g : momentum * velocity[i] + (1 - dampening) * g;
      velocity[i] = v;
      g = nesterov ? g + momentum * v : v;
    }
    param[i] = param[i] - lr * g;
  }
}

export function adam(param: FloatArray, grad: FloatArray, m: FloatArray, v: FloatArray, hyper: Float64Array): void {
  const [lr, beta1, beta2, epsilon, weightDecay, decoupled, bias1, bias2] = hyper;
  for (let i = 0; i < param.length; i++) {
    let p = param[i];
    let g = grad[i];
    if (decoupled) p -= lr * weightDecay * p;
    else g += weightDecay * p;
    const first = beta1 * m[i] + (1 - beta1) * g;
    const second = beta2 * v[i] + (1 - beta2) * g * g;
    m[i] = first;
    v[i] = second;
    param[i] = p - ((lr / bias1) * first) / (Math.sqrt(second / bias2) + epsilon);
  }
}
