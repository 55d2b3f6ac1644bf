import type { UpdateOp } from '../../../src/backend/backend.js';
import type { Random } from '../../support/random.js';
import { sizes, threadedLength } from '../../support/sizes.js';
import { eps, within } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase, type Output } from './case.js';

const lengths = [...sizes, 255, 1000, threadedLength];

/** What every update begins with. */
interface Common {
  readonly scale: number;
  readonly limit: number;
  readonly decay: number;
  readonly shrink: number;
}
const plain: Common = { scale: 1, limit: Infinity, decay: 0, shrink: 1 };
const commons: readonly Common[] = [plain, { scale: 0.25, limit: 0.375, decay: 0.1, shrink: 0.99 }];

/** Data of one call, and the size of the gradient's terms: they may cancel, but their roundings do not. */
interface Data {
  readonly param: Float32Array;
  readonly grad: Float32Array;
  readonly g: (i: number) => number;
}

/** What an update keeps, and by how much its results may differ, in units of eps. The bound of the parameter is on its step. */
interface Kept {
  readonly kept: readonly (Float32Array | null)[];
  readonly step: (i: number) => number;
  readonly bounds: readonly ((i: number) => number)[];
}

interface Variant {
  readonly op: UpdateOp;
  readonly own: readonly number[];
  /** Without a decay, where the sign of the gradient must not depend on roundings. */
  readonly exactSign?: boolean;
  readonly keep: (data: Data, random: Random) => Kept;
}

function updateCall({ op, own, exactSign, keep }: Variant, given: Common, length: number, random: Random): KernelCall {
  const common = exactSign ? { ...given, decay: 0 } : given;
  const { scale, limit, decay, shrink } = common;
  const [param, grad] = [random.floats(length), random.floats(length)];
  const g = (i: number) => Math.min(scale * Math.abs(grad[i]), limit) + decay * Math.abs(param[i]);
  const { kept, step, bounds } = keep({ param, grad, g }, random);
  const [a = null, b = null, c = null] = kept;
  const outputs: Output[] = [{ argument: 1, tolerance: within((i) => eps * (2 * Math.abs(param[i]) + step(i))) }];
  let next = 0;
  for (const [i, array] of [a, b, c].entries()) {
    if (array === null) continue;
    const bound = bounds[next++];
    outputs.push({ argument: 3 + i, tolerance: within((at) => eps * bound(at)) });
  }
  const hyper = Float64Array.of(scale, limit, decay, shrink, ...own);
  return callOf('update', `n=${length} ${JSON.stringify(common)} own=${own}`, [op, param, grad, a, b, c, hyper], outputs);
}

const size = (x: Float32Array | null, i: number) => Math.abs(x?.[i] ?? 0);
/** Of a moving mean. */
const mean = (beta: number, m: Float32Array | null, fresh: number, x: number, i: number) => beta * size(m, i) + fresh * x;
/** How much rounding of a new square matters to a divisor that stands on the old one. */
const unsure = (fresh: number, square: number, old: number) => 1 + (fresh * square) / old;

function sgd(lr: number, momentum: number, fresh: number, nesterov: 0 | 1): Variant {
  return {
    op: 'sgd',
    own: [lr, momentum, fresh, nesterov],
    keep({ param, g }, random) {
      const v = momentum === 0 ? null : random.floats(param.length);
      const sizeOfV = (i: number) => mean(momentum, v, fresh, g(i), i);
      return { kept: [v], step: (i) => 5 * lr * (g(i) + sizeOfV(i)), bounds: [(i) => 4 * sizeOfV(i)] };
    },
  };
}

function adagrad(rate: number): Variant {
  return {
    op: 'adagrad',
    own: [rate, 1e-10],
    keep({ param, g }, random) {
      const sum = random.floats(param.length, 'positive');
      return {
        kept: [sum],
        step: (i) => ((8 * rate * g(i)) / Math.sqrt(sum[i])) * unsure(1, g(i) ** 2, sum[i]),
        bounds: [(i) => 8 * (sum[i] + g(i) ** 2)],
      };
    },
  };
}

function adadelta(lr: number, rho: number, epsilon: number): Variant {
  return {
    op: 'adadelta',
    own: [lr, rho, epsilon],
    keep({ param, g }, random) {
      const [squares, changes] = [random.floats(param.length, 'positive'), random.floats(param.length, 'positive')];
      const sureness = (i: number) => unsure(1 - rho, g(i) ** 2, rho * squares[i]);
      const change = (i: number) => Math.sqrt((changes[i] + epsilon) / (rho * squares[i] + epsilon)) * g(i);
      return {
        kept: [squares, changes],
        step: (i) => 10 * lr * change(i) * sureness(i),
        bounds: [
          (i) => 8 * mean(rho, squares, 1 - rho, g(i) ** 2, i),
          (i) => 20 * mean(rho, changes, 1 - rho, change(i) ** 2, i) * sureness(i),
        ],
      };
    },
  };
}

function rprop(): Variant {
  return {
    op: 'rprop',
    own: [0.5, 1.2, 0.125, 2],
    exactSign: true,
    keep({ param, g }, random) {
      const [last, steps] = [random.floats(param.length), random.floats(param.length, 'positive')];
      return { kept: [last, steps], step: (i) => 4 * steps[i], bounds: [(i) => 2 * g(i), (i) => 2 * steps[i]] };
    },
  };
}

function rmsprop(alpha: number, momentum: number, centered: boolean): Variant {
  const lr = 0.05;
  return {
    op: 'rmsprop',
    own: [lr, alpha, 1e-8, momentum],
    keep({ param, g }, random) {
      const { length } = param;
      const m = centered ? random.floats(length) : null;
      const v = momentum === 0 ? null : random.floats(length);
      // A mean square is at least the square of the mean.
      const variance = random.floats(length, 'positive');
      const squares = Float32Array.from(variance, (x, i) => x + size(m, i) ** 2);
      const newSquare = (i: number) => mean(alpha, squares, 1 - alpha, g(i) ** 2, i);
      const least = (i: number) => (squares[i] - size(m, i) ** 2) * alpha;
      const newMean = (i: number) => mean(alpha, m, 1 - alpha, g(i), i);
      const change = (i: number) => ((8 * g(i)) / Math.sqrt(least(i))) * (1 + (newSquare(i) + newMean(i) ** 2) / least(i));
      const velocity = (i: number) => 4 * momentum * size(v, i) + change(i);
      const bounds = [(i: number) => 8 * newSquare(i)];
      if (centered) bounds.push((i) => 4 * newMean(i));
      if (v !== null) bounds.push(velocity);
      return { kept: [squares, m, v], step: (i) => 2 * lr * velocity(i), bounds };
    },
  };
}

/** Those that divide a mean by the root of a mean square. */
function adamLike(op: UpdateOp, own: readonly number[], settings: AdamLike): Variant {
  const { rateOfNew = 0, rate, beta1, fresh1, beta2, fresh2, root = 1, epsilon, divides = true, top = false } = settings;
  return {
    op,
    own,
    keep({ param, g }, random) {
      const { length } = param;
      const [m, v] = [random.floats(length), random.floats(length, 'positive')];
      const largest = top ? random.floats(length, 'positive') : null;
      const newMean = (i: number) => mean(beta1, m, fresh1, g(i), i);
      const newSquare = (i: number) => mean(beta2, v, fresh2, g(i) ** 2, i);
      const divisor = (i: number) => (divides ? Math.sqrt(beta2 * v[i]) * root + epsilon : 1);
      const bounds = [(i: number) => 4 * newMean(i), (i: number) => 8 * newSquare(i)];
      if (largest !== null) bounds.push((i) => 8 * (newSquare(i) + largest[i]));
      return {
        kept: [m, v, largest],
        step: (i) => ((10 * (rateOfNew * g(i) + rate * newMean(i))) / divisor(i)) * unsure(fresh2, g(i) ** 2, beta2 * v[i]),
        bounds,
      };
    },
  };
}
interface AdamLike {
  readonly rateOfNew?: number;
  readonly rate: number;
  readonly beta1: number;
  readonly fresh1: number;
  readonly beta2: number;
  readonly fresh2: number;
  readonly root?: number;
  readonly epsilon: number;
  readonly divides?: boolean;
  readonly top?: boolean;
}

function adam(lr: number, beta1: number, beta2: number, epsilon: number, step: number, top = false): Variant {
  const [rate, root] = [lr / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)];
  const [fresh1, fresh2] = [1 - beta1, 1 - beta2];
  const own = [rate, beta1, fresh1, beta2, fresh2, epsilon, root];
  return adamLike('adam', own, { rate, beta1, fresh1, beta2, fresh2, epsilon, root, top });
}

function nadam(rateOfNew: number, rate: number, beta1: number, beta2: number, root: number): Variant {
  const own = [rateOfNew, rate, beta1, beta2, 1e-8, root];
  return adamLike('nadam', own, { rateOfNew, rate, beta1, fresh1: 1 - beta1, beta2, fresh2: 1 - beta2, epsilon: 1e-8, root });
}

function radam(rate: number, beta1: number, beta2: number, divides: boolean): Variant {
  const own = [rate, beta1, beta2, 1e-8, divides ? 1 : 0];
  return adamLike('radam', own, { rate, beta1, fresh1: 1 - beta1, beta2, fresh2: 1 - beta2, epsilon: 1e-8, divides });
}

function adamax(rate: number, beta1: number, beta2: number): Variant {
  return {
    op: 'adamax',
    own: [rate, beta1, beta2, 1e-8],
    keep({ param, g }, random) {
      const [m, u] = [random.floats(param.length), random.floats(param.length, 'positive')];
      const newMean = (i: number) => mean(beta1, m, 1 - beta1, g(i), i);
      return {
        kept: [m, u],
        step: (i) => ((10 * rate * newMean(i)) / (beta2 * u[i])) * (1 + g(i) / (beta2 * u[i])),
        bounds: [(i) => 4 * newMean(i), (i) => 4 * (g(i) + u[i])],
      };
    },
  };
}

function lion(lr: number, beta1: number, beta2: number): Variant {
  return {
    op: 'lion',
    own: [lr, beta1, beta2],
    keep({ param, grad, g }, random) {
      const m = random.floats(param.length);
      // Where the direction nearly cancels, its sign is either.
      const undecided = (i: number) => Math.abs(beta1 * size(m, i) - (1 - beta1) * g(i)) < 1e-5 || Math.abs(grad[i]) < 1e-5;
      return {
        kept: [m],
        step: (i) => (undecided(i) ? (2.1 * lr) / eps : 2 * lr),
        bounds: [(i) => 4 * mean(beta2, m, 1 - beta2, g(i), i)],
      };
    },
  };
}

const variants: readonly Variant[] = [
  sgd(0.1, 0, 1, 0),
  sgd(0.1, 0.9, 1, 0),
  sgd(0.1, 0.9, 0.7, 0),
  sgd(0.1, 0.5, 1, 1),
  adagrad(0.05),
  adadelta(1, 0.9, 1e-6),
  adadelta(0.5, 0.95, 1e-2),
  rprop(),
  rmsprop(0.99, 0, false),
  rmsprop(0.9, 0.9, false),
  rmsprop(0.9, 0, true),
  rmsprop(0.99, 0.5, true),
  adam(1e-3, 0.9, 0.999, 1e-8, 1),
  adam(1e-3, 0.9, 0.999, 1e-8, 1000),
  adam(0.3, 0.5, 0.9, 1e-3, 7),
  adam(0.01, 0.9, 0.99, 1e-8, 3, true),
  adamax(0.01, 0.9, 0.999),
  nadam(0.02, 0.01, 0.9, 0.999, 3),
  radam(0.01, 0.9, 0.999, true),
  radam(0.01, 0.9, 0.999, false),
  lion(0.01, 0.9, 0.99),
];

export const updateCases: readonly KernelCase[] = [...new Set(variants.map(({ op }) => op))].map((op) => ({
  kernel: 'update',
  op,
  calls: (random) =>
    variants
      .filter((variant) => variant.op === op)
      .flatMap((variant) => commons.flatMap((common) => lengths.map((n) => updateCall(variant, common, n, random)))),
}));
