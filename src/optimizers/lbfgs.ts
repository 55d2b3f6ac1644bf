import { ArgumentError, describe, FormatError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { Parameter } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { strongWolfe } from './lineSearch.js';
import { checkParameters, checkState, doubles, type Evaluate, evaluated, Optimizer, type OptimizerState } from './optimizer.js';
import { type Field, type Fields, number, type Settings } from './settings.js';
import { addScaled, difference, dot, largest, scaled, sumOfSizes } from './vectors.js';

export interface LbfgsSettings extends Settings {
  /** Length of a step along the direction that was found, or the first length that a line search tries; default 1. */
  lr: number;
  /** Directions that one `step` follows; default 20. */
  iterations: number;
  /** Evaluations that one `step` makes at most; default 1.25 times `iterations`. */
  evaluations: number;
  /** Ends a step where no element of the gradient is more; default 1e-7. */
  gradientTolerance: number;
  /** Ends a step where neither parameters nor loss change more; default 1e-9. */
  changeTolerance: number;
  /** Former steps that the curvature is learned from; default 100. */
  history: number;
  /** How far to go along a direction: 'strongWolfe' searches, null takes `lr`; default null. */
  lineSearch: 'strongWolfe' | null;
}

export type LbfgsOptions = Partial<LbfgsSettings>;

function integer(initial: number, low: number): Field<number> {
  return { initial, check: (where, name, value) => checkInteger(where, name, value, low) };
}

const lineSearch: Field<'strongWolfe' | null> = {
  initial: null,
  check(where, name, value) {
    if (value !== null && value !== 'strongWolfe')
      throw new ArgumentError(`[${where}] expected ${name} to be 'strongWolfe' or null, received ${describe(value)}`);
  },
};

/** 0 evaluations: by the number of iterations. */
const fields: Fields<LbfgsSettings> = {
  lr: number(1),
  iterations: integer(20, 1),
  evaluations: integer(0, 1),
  gradientTolerance: number(1e-7),
  changeTolerance: number(1e-9),
  history: integer(100, 1),
  lineSearch,
};

/** A step and what it did to the gradient. */
interface Change {
  readonly step: Float64Array;
  readonly gradient: Float64Array;
}

/** What the directions are made of. */
interface Memory {
  iterations: number;
  direction: Float64Array;
  /** How far the last step went along its direction. */
  t: number;
  gradient: Float64Array;
  /** Scale of the first guess of the inverse curvature. */
  scale: number;
  changes: Change[];
}

/**
 * Limited-memory BFGS (Nocedal, 1980; Liu and Nocedal, 1989), step by step as PyTorch's: directions from the curvature that former
 * steps met. For full batches: `step` evaluates the loss several times. All parameters make one vector, in double.
 */
export class Lbfgs extends Optimizer<LbfgsSettings> {
  private memory: Memory | null = null;

  constructor(options: LbfgsOptions = {}) {
    super('lbfgs', fields, options);
  }

  override step(parameters: readonly Parameter[], gradients: readonly Tensor[]): void;
  override step(parameters: readonly Parameter[], evaluate: Evaluate): number;
  override step(parameters: readonly Parameter[], evaluate: readonly Tensor[] | Evaluate): number {
    if (typeof evaluate !== 'function')
      throw new ArgumentError(
        `[lbfgs] expected a function that gives the loss and the gradients, received ${describe(evaluate)}`,
      );
    if (!Array.isArray(parameters) || !parameters.every((one) => one instanceof Parameter))
      throw new ArgumentError(`[lbfgs] expected a list of parameters, received ${describe(parameters)}`);
    const problem = new Problem(parameters, evaluate);
    const first = problem.evaluate();
    if (this.memory !== null && this.memory.direction.length !== problem.size)
      throw new ArgumentError(
        `[lbfgs] expected ${this.memory.direction.length} elements of parameters as before, received ${problem.size}`,
      );
    this.descend(problem, first.loss, first.gradient);
    return first.loss;
  }

  private descend(problem: Problem, firstLoss: number, firstGradient: Float64Array): void {
    const { lr, iterations, gradientTolerance, changeTolerance } = this.settings;
    const evaluations = this.settings.evaluations || Math.floor((iterations * 5) / 4);
    let [loss, gradient] = [firstLoss, firstGradient];
    if (largest(gradient) <= gradientTolerance) return;
    for (let round = 1; round <= iterations; round++) {
      const memory = this.turn(gradient);
      const { direction } = memory;
      const lossBefore = loss;
      memory.t = memory.iterations === 1 ? Math.min(1, 1 / sumOfSizes(gradient)) * lr : lr;
      const slope = dot(gradient, direction);
      if (slope > -changeTolerance) return;

      const start = problem.position();
      const noise = 2 * problem.precision * Math.abs(loss);
      if (this.settings.lineSearch !== null) {
        const along = (t: number): { loss: number; gradient: Float64Array } => {
          problem.move(start, t, direction);
          return problem.evaluate();
        };
        const { best } = strongWolfe(along, direction, {
          start: { t: 0, loss, gradient, slope },
          first: memory.t,
          tolerance: changeTolerance,
          noise,
          maxTrials: evaluations - problem.evaluations,
        });
        ({ loss, gradient } = best);
        memory.t = best.t;
        problem.move(start, memory.t, direction);
      } else {
        problem.move(start, memory.t, direction);
        if (round < iterations) ({ loss, gradient } = problem.evaluate());
      }

      if (problem.evaluations >= evaluations || largest(gradient) <= gradientTolerance) return;
      // Losses that differ by less than their rounding tell no change; the slopes at both ends of the step still do.
      const seen = Math.abs(loss - lossBefore);
      const gain = seen > noise ? seen : Math.abs((memory.t * (slope + dot(gradient, direction))) / 2);
      if (largest(direction) * Math.abs(memory.t) <= changeTolerance || gain < changeTolerance) return;
    }
  }

  /** The next direction: the gradient, turned by the inverse curvature that the changes show (two loops over them). */
  private turn(gradient: Float64Array): Memory {
    let { memory } = this;
    if (memory === null) {
      memory = { iterations: 1, direction: scaled(gradient, -1), t: 0, gradient: gradient.slice(), scale: 1, changes: [] };
      this.memory = memory;
      return memory;
    }
    memory.iterations++;
    const change = { step: scaled(memory.direction, memory.t), gradient: difference(gradient, memory.gradient) };
    const curvature = dot(change.gradient, change.step);
    if (curvature > 1e-10) {
      if (memory.changes.length === this.settings.history) memory.changes.shift();
      memory.changes.push(change);
      memory.scale = curvature / dot(change.gradient, change.gradient);
    }
    const { changes } = memory;
    const inverse = changes.map((one) => 1 / dot(one.gradient, one.step));
    const shares = new Float64Array(changes.length);
    const direction = scaled(gradient, -1);
    for (let i = changes.length - 1; i >= 0; i--) {
      shares[i] = dot(changes[i].step, direction) * inverse[i];
      addScaled(direction, -shares[i], changes[i].gradient);
    }
    for (let i = 0; i < direction.length; i++) direction[i] *= memory.scale;
    for (const [i, one] of changes.entries())
      addScaled(direction, shares[i] - dot(one.gradient, direction) * inverse[i], one.step);
    memory.direction = direction;
    memory.gradient = gradient.slice();
    return memory;
  }

  override stateDict(_parameters: ReadonlyMap<string, Parameter>): OptimizerState {
    const saved: OptimizerState = new Map();
    this.saveSettings(saved);
    const { memory } = this;
    if (memory === null) return saved;
    saved.set('/memory', doubles([memory.iterations, memory.t, memory.scale, memory.changes.length]));
    saved.set('/direction', doubles(memory.direction));
    saved.set('/gradient', doubles(memory.gradient));
    for (const [i, { step, gradient }] of memory.changes.entries()) {
      saved.set(`/change/${i}/step`, doubles(step));
      saved.set(`/change/${i}/gradient`, doubles(gradient));
    }
    return saved;
  }

  override loadStateDict(parameters: ReadonlyMap<string, Parameter>, saved: ReadonlyMap<string, Tensor>): void {
    checkParameters('lbfgs', parameters);
    checkState('lbfgs', saved);
    const size = [...parameters.values()].reduce((sum, parameter) => sum + (parameter.trainable ? parameter.size : 0), 0);
    const left = new Set(saved.keys());
    const vector = (name: string, length: number): Float64Array => {
      const value = saved.get(name);
      left.delete(name);
      if (value?.size !== length || value.dtype !== 'float64')
        throw new FormatError(`[lbfgs] expected ${name} of ${length} float64 elements, received ${describe(value)}`);
      return value.data() as Float64Array;
    };
    let memory: Memory | null = null;
    if (saved.has('/memory')) {
      const [iterations, t, scale, count] = vector('/memory', 4);
      if (!Number.isInteger(count) || count < 0 || count > this.settings.history)
        throw new FormatError(`[lbfgs] expected at most ${this.settings.history} changes, received ${count}`);
      const changes = Array.from({ length: count }, (_, i) => {
        return { step: vector(`/change/${i}/step`, size), gradient: vector(`/change/${i}/gradient`, size) };
      });
      memory = { iterations, t, scale, changes, direction: vector('/direction', size), gradient: vector('/gradient', size) };
    }
    left.delete('/learningRates');
    if (left.size > 0) throw new FormatError(`[lbfgs] expected state of its own, received ${[...left].join(', ')}`);
    this.loadSettings(saved);
    this.memory = memory;
  }
}

/** The loss as a function of one vector: the elements of all parameters that are trainable. */
class Problem {
  readonly size: number;
  /** Distance of 1 to the next number of the parameters' type. */
  readonly precision: number;
  evaluations = 0;
  private readonly trainable: readonly Parameter[];

  constructor(
    private readonly parameters: readonly Parameter[],
    private readonly given: Evaluate,
  ) {
    this.trainable = parameters.filter((parameter) => parameter.trainable);
    this.size = this.trainable.reduce((sum, parameter) => sum + parameter.size, 0);
    this.precision = this.trainable.every(({ dtype }) => dtype === 'float64') ? 2 ** -52 : 2 ** -23;
  }

  evaluate(): { loss: number; gradient: Float64Array } {
    this.evaluations++;
    const { value, grads } = evaluated('lbfgs', this.given);
    if (grads.length !== this.parameters.length)
      throw new ArgumentError(
        `[lbfgs] expected as many gradients as parameters, received ${grads.length} and ${this.parameters.length}`,
      );
    const loss = value.item();
    const gradient = this.flat(grads.filter((_, i) => this.parameters[i].trainable));
    for (const tensor of [value, ...grads]) tensor.dispose();
    return { loss, gradient };
  }

  position(): Float64Array {
    return this.flat(this.trainable);
  }

  /** Puts the parameters at start + t * direction. */
  move(start: Float64Array, t: number, direction: Float64Array): void {
    const place = start.slice();
    addScaled(place, t, direction);
    let at = 0;
    for (const parameter of this.trainable) {
      parameter.assign(place.subarray(at, at + parameter.size));
      at += parameter.size;
    }
  }

  private flat(tensors: readonly Tensor[]): Float64Array {
    const all = new Float64Array(this.size);
    let at = 0;
    for (const tensor of tensors) {
      all.set(tensor.floats, at);
      at += tensor.size;
    }
    return all;
  }
}

/**
 * L-BFGS, for small problems and full batches. `step` takes a function that gives the loss and the gradients.
 *
 * @example
 * const optimizer = lbfgs({ lineSearch: 'strongWolfe' });
 * const loss = optimizer.step(parameters, () => valueAndGrad(() => lossOf(model), parameters)());
 */
export function lbfgs(options: LbfgsOptions = {}): Lbfgs {
  return new Lbfgs(options);
}
