/** Every kernel of the backend with the calls that it is tested with, and how far its results may lie from the reference. */
import { Random } from '../support/random.js';
import type { KernelCall, KernelCase } from './kernels/case.js';
import { convCases } from './kernels/conv.js';
import { elementwiseCases } from './kernels/elementwise.js';
import { gemmCases } from './kernels/gemm.js';
import { indexingCases } from './kernels/indexing.js';
import { movementCases } from './kernels/movement.js';
import { normCases } from './kernels/norm.js';
import { poolCases } from './kernels/pool.js';
import { randomCases } from './kernels/random.js';
import { recurrentCases } from './kernels/recurrent.js';
import { reduceCases } from './kernels/reduce.js';
import { resampleCases } from './kernels/resample.js';
import { softmaxCases } from './kernels/softmax.js';
import { updateCases } from './kernels/update.js';

export { type KernelCall, type KernelCase, type KernelName, mapArrays, run } from './kernels/case.js';

export const kernelCases: readonly KernelCase[] = [
  ...elementwiseCases,
  ...movementCases,
  ...reduceCases,
  ...softmaxCases,
  ...normCases,
  ...gemmCases,
  ...convCases,
  ...poolCases,
  ...recurrentCases,
  ...resampleCases,
  ...indexingCases,
  ...randomCases,
  ...updateCases,
];

export function nameOf({ kernel, op }: KernelCase): string {
  return op === undefined ? kernel : `${kernel} ${op}`;
}

/** The calls of a case. Their data comes from a seed of its own, so that it does not depend on the cases before. */
export function callsOf(kernelCase: KernelCase): readonly KernelCall[] {
  const seed = [...nameOf(kernelCase)].reduce((hash, character) => (hash * 31 + character.charCodeAt(0)) >>> 0, 7);
  return kernelCase.calls(new Random(seed));
}
