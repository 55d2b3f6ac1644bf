import type { Random } from '../../support/random.js';
import { sizes, threadedLength } from '../../support/sizes.js';
import { same, ulps } from '../../support/tolerance.js';
import { callOf, type KernelCall, type KernelCase } from './case.js';

const lengths = [...sizes, 2, 4, 5, 63, 64, 1000, threadedLength];
const stateOf = (random: Random) => new Uint32Array([random.word(), random.word(), random.word(), random.word()]);

function dropoutCalls(random: Random): KernelCall[] {
  const call = (length: number, rate: number, inPlace: boolean) => {
    const x = random.floats(length, 'positive');
    return callOf(
      'dropout',
      `n=${length} rate=${rate}${inPlace ? ' in place' : ''}`,
      [x, inPlace ? x : new Float32Array(length).fill(7), rate, stateOf(random)],
      // A quotient, or a product with the rounded reciprocal of 1 - rate.
      [{ argument: 1, tolerance: ulps(2) }],
    );
  };
  return lengths.flatMap((length, i) => [0, 0.1, 0.5, 0.999].map((rate) => call(length, rate, i % 2 === 1)));
}

function uniformCalls(random: Random): KernelCall[] {
  const ranges = [
    [0, 1],
    [-1, 1],
    [-0.05, 0.05],
    [3, 3],
    [-1e30, 1e30],
    [0.1, 0.7],
  ] as const;
  return lengths.flatMap((length) =>
    ranges.map(([low, high]) =>
      callOf(
        'uniform',
        `n=${length} from ${low} to ${high}`,
        [new Float32Array(length).fill(7), low, high, stateOf(random)],
        [{ argument: 0, tolerance: same }],
      ),
    ),
  );
}

export const randomCases: readonly KernelCase[] = [
  { kernel: 'dropout', calls: dropoutCalls },
  { kernel: 'uniform', calls: uniformCalls },
];
