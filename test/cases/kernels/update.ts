import type { Random } from '../../support/random.js';
import { sizes, threadedLength } from '../../support/sizes.js';
import { eps, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

const lengths = [...sizes, 255, 1000, threadedLength];

interface Sgd {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: number;
  readonly firstStep: number;
}

const plainSgd: Sgd = { lr: 0.1, momentum: 0, dampening: 0, weightDecay: 0, nesterov: 0, firstStep: 0 };
const sgdVariants: readonly Sgd[] = [
  plainSgd,
  { ...plainSgd, weightDecay: 0.01 },
  { ...plainSgd, momentum: 0.9 },
  { ...plainSgd, momentum: 0.9, firstStep: 1 },
  { ...plainSgd, momentum: 0.9, dampening: 0.3, weightDecay: 0.1 },
  { ...plainSgd, momentum: 0.5, nesterov: 1, weightDecay: 1e-4 },
  { ...plainSgd, momentum: 0.5, nesterov: 1, firstStep: 1 },
];

/** Terms of either sign may cancel: the bounds count the roundings of each term by its size. */
function sgdCall(h: Sgd, length: number, random: Random): KernelCall {
  const [param, grad] = [random.floats(length), random.floats(length)];
  const velocity = h.momentum === 0 ? null : random.floats(length);
  const sizeOfGrad = (i: number) => Math.abs(grad[i]) + h.weightDecay * Math.abs(param[i]);
  const sizeOfVelocity = (i: number) => sizeOfGrad(i) + h.momentum * Math.abs(velocity?.[i] ?? 0);
  const sizeOfStep = (i: number) => h.lr * (sizeOfGrad(i) + sizeOfVelocity(i));
  return callOf(
    'sgd',
    `n=${length} ${JSON.stringify(h)}`,
    [param, grad, velocity, new Float64Array([h.lr, h.momentum, h.dampening, h.weightDecay, h.nesterov, h.firstStep])],
    [
      { argument: 0, tolerance: within((i) => 4 * eps * sizeOfStep(i)) },
      ...(velocity === null ? [] : [{ argument: 2, tolerance: within((i) => 4 * eps * sizeOfVelocity(i)) }]),
    ],
  );
}

interface Adam {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly decoupled: number;
  readonly step: number;
}

const plainAdam: Adam = { lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: 0, step: 1 };
const adamVariants: readonly Adam[] = [
  plainAdam,
  { ...plainAdam, step: 1000 },
  { ...plainAdam, weightDecay: 0.1, step: 3 },
  { ...plainAdam, weightDecay: 0.1, decoupled: 1, step: 3 },
  { ...plainAdam, lr: 0.3, beta1: 0.5, beta2: 0.9, epsilon: 1e-3, step: 7 },
];

function adamCall(h: Adam, length: number, random: Random): KernelCall {
  const [param, grad, m] = [random.floats(length), random.floats(length), random.floats(length)];
  const v = random.floats(length, 'positive');
  const [bias1, bias2] = [1 - h.beta1 ** h.step, 1 - h.beta2 ** h.step];
  const sizeOfGrad = (i: number) => Math.abs(grad[i]) + (h.decoupled ? 0 : h.weightDecay * Math.abs(param[i]));
  const sizeOfM = (i: number) => h.beta1 * Math.abs(m[i]) + (1 - h.beta1) * sizeOfGrad(i);
  // The gradient may cancel against its decay before it is squared: its error is relative to sizeOfGrad.
  const sizeOfV = (i: number) => h.beta2 * v[i] + (1 - h.beta2) * sizeOfGrad(i) ** 2;
  const sizeOfStep = (i: number) => ((h.lr / bias1) * sizeOfM(i)) / (Math.sqrt((h.beta2 * v[i]) / bias2) + h.epsilon);
  return callOf(
    'adam',
    `n=${length} ${JSON.stringify(h)}`,
    [param, grad, m, v, new Float64Array([h.lr, h.beta1, h.beta2, h.epsilon, h.weightDecay, h.decoupled, bias1, bias2])],
    [
      { argument: 0, tolerance: within((i) => eps * Math.abs(param[i]) + 10 * eps * sizeOfStep(i)) },
      { argument: 2, tolerance: within((i) => 4 * eps * sizeOfM(i)) },
      { argument: 3, tolerance: within((i) => 6 * eps * sizeOfV(i)) },
    ],
  );
}

export const updateCases: readonly KernelCase[] = [
  { kernel: 'sgd', calls: (random) => sgdVariants.flatMap((h) => lengths.map((length) => sgdCall(h, length, random))) },
  { kernel: 'adam', calls: (random) => adamVariants.flatMap((h) => lengths.map((length) => adamCall(h, length, random))) },
];
