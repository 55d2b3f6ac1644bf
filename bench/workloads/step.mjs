import { adam, crossEntropy, scope, valueAndGrad } from '../../dist/index.js';

/** One training step of a network in a function: forward, loss, gradients, Adam. x is a tensor, or a list of them. */
export function trainStep(model, x, y) {
  model.train();
  const parameters = model.parameters();
  const optimizer = adam({ lr: 1e-3 });
  const loss = crossEntropy();
  return () =>
    scope(() => {
      const { grads } = valueAndGrad(() => loss(model.call(x), y), parameters)();
      optimizer.step(parameters, grads);
    });
}
