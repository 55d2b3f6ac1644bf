import type { FloatArray, UpdateOp } from '../backend.js';

/** Scale and limit of the gradient, decay, shrink. */
const commonHyper = 4;

type Kept = readonly (FloatArray | null)[];
/** What one step does to the parameter p with the gradient g, element i: returns the new p. */
type Step = (p: number, g: number, i: number) => number;
/** `kept` are the arrays a, b, c, null where left out. */
type Rule = (kept: Kept, own: Float64Array) => Step;

const moving = (beta: number, mean: number, x: number): number => beta * mean + (1 - beta) * x;

/** The steps by name. Their hyper-parameters and what they keep stand at `Backend.update`. */
export const updateOps: Readonly<Record<UpdateOp, Rule>> = {
  sgd([a], [lr, momentum, fresh, nesterov]) {
    if (a === null) return (p, g) => p - lr * g;
    return (p, g, i) => {
      const v = momentum * a[i] + fresh * g;
      a[i] = v;
      return p - lr * (nesterov ? g + momentum * v : v);
    };
  },

  adagrad([a], [rate, epsilon]) {
    const sums = a!;
    return (p, g, i) => {
      const sum = sums[i] + g * g;
      sums[i] = sum;
      return p - (rate * g) / (Math.sqrt(sum) + epsilon);
    };
  },

  adadelta([a, b], [lr, rho, epsilon]) {
    const [squares, changes] = [a!, b!];
    return (p, g, i) => {
      const square = moving(rho, squares[i], g * g);
      const change = Math.sqrt((changes[i] + epsilon) / (square + epsilon)) * g;
      squares[i] = square;
      changes[i] = moving(rho, changes[i], change * change);
      return p - lr * change;
    };
  },

  rprop([a, b], [shrink, grow, smallest, largest]) {
    const [lasts, sizes] = [a!, b!];
    return (p, g, i) => {
      const agreement = g * lasts[i];
      const factor = agreement < 0 ? shrink : agreement > 0 ? grow : 1;
      const size = Math.min(Math.max(sizes[i] * factor, smallest), largest);
      const used = agreement < 0 ? 0 : g;
      lasts[i] = used;
      sizes[i] = size;
      return p - Math.sign(used) * size;
    };
  },

  rmsprop([a, b, c], [lr, alpha, epsilon, momentum]) {
    const squares = a!;
    return (p, g, i) => {
      const square = moving(alpha, squares[i], g * g);
      squares[i] = square;
      let spread = square;
      if (b !== null) {
        const mean = moving(alpha, b[i], g);
        b[i] = mean;
        // A variance is not negative, though its rounding may be.
        spread = Math.max(0, square - mean * mean);
      }
      let change = g / (Math.sqrt(spread) + epsilon);
      if (c !== null) {
        change += momentum * c[i];
        c[i] = change;
      }
      return p - lr * change;
    };
  },

  adam([a, b, c], [rate, beta1, fresh1, beta2, fresh2, epsilon, root]) {
    const [means, squares] = [a!, b!];
    return (p, g, i) => {
      const mean = beta1 * means[i] + fresh1 * g;
      let square = beta2 * squares[i] + fresh2 * g * g;
      means[i] = mean;
      squares[i] = square;
      if (c !== null) {
        square = Math.max(c[i], square);
        c[i] = square;
      }
      return p - (rate * mean) / (Math.sqrt(square) * root + epsilon);
    };
  },

  adamax([a, b], [rate, beta1, beta2, epsilon]) {
    const [means, sizes] = [a!, b!];
    return (p, g, i) => {
      const mean = moving(beta1, means[i], g);
      const size = Math.max(beta2 * sizes[i], Math.abs(g) + epsilon);
      means[i] = mean;
      sizes[i] = size;
      return p - (rate * mean) / size;
    };
  },

  nadam([a, b], [rateOfNew, rateOfMean, beta1, beta2, epsilon, root]) {
    const [means, squares] = [a!, b!];
    return (p, g, i) => {
      const mean = moving(beta1, means[i], g);
      const square = moving(beta2, squares[i], g * g);
      means[i] = mean;
      squares[i] = square;
      return p - (rateOfNew * g + rateOfMean * mean) / (Math.sqrt(square) * root + epsilon);
    };
  },

  radam([a, b], [rate, beta1, beta2, epsilon, adaptive]) {
    const [means, squares] = [a!, b!];
    return (p, g, i) => {
      const mean = moving(beta1, means[i], g);
      const square = moving(beta2, squares[i], g * g);
      means[i] = mean;
      squares[i] = square;
      return p - (adaptive ? (rate * mean) / (Math.sqrt(square) + epsilon) : rate * mean);
    };
  },

  lion([a], [lr, beta1, beta2]) {
    const means = a!;
    return (p, g, i) => {
      const direction = Math.sign(moving(beta1, means[i], g));
      means[i] = moving(beta2, means[i], g);
      return p - lr * direction;
    };
  },
};

export function update(
  op: UpdateOp,
  param: FloatArray,
  grad: FloatArray,
  a: FloatArray | null,
  b: FloatArray | null,
  c: FloatArray | null,
  hyper: Float64Array,
): void {
  const step = updateOps[op]([a, b, c], hyper.subarray(commonHyper));
  const [scale, limit, decay, shrink] = hyper;
  for (let i = 0; i < param.length; i++) {
    const p = param[i];
    const g = Math.min(Math.max(scale * grad[i], -limit), limit) + decay * p;
    param[i] = step(shrink * p, g, i);
  }
}
